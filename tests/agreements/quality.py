"""Quality control against R: deviations by the MAD, and Mahalanobis distances."""

import numpy as np

from agreements._case import Agreement, relative
from fsstats.qc import outliers
from fsstats.qc.multivariate import squared_mahalanobis
from fsstats.tables.panel import panel_of
from reference_support import cohort, expected

_FILE = "qc_outliers"


def _deviations():
    """Compare both regions at once; what is missing here is missing there."""
    table = cohort()
    other = expected(_FILE).set_index("subject")
    regions = ["Left-Hippocampus", "Right-Lateral-Ventricle"]
    own = table[table["region"].isin(regions)]
    z = outliers(own, skewed="plain")["z"]
    ours = (
        own.assign(z=z).astype({"subject": "str", "region": "str"}).pivot_table("z", "subject", "region", dropna=False)
    )
    return relative(ours.loc[other.index, regions], other[regions])


def _distances():
    """Take mean and covariance of the complete cases, as there."""
    table = cohort()
    panel = panel_of(table[table["measure"] == "thickness"], needed_by="the comparison")
    complete = ~np.isnan(panel.values).any(axis=1)
    values = panel.values[complete]
    ours = np.full(len(complete), np.nan)
    ours[complete] = squared_mahalanobis(values - values.mean(axis=0), np.cov(values, rowvar=False))
    other = expected(_FILE).set_index("subject").loc[panel.people["subject"]]
    return relative(ours, other["maha2_thickness"])


AGREEMENTS = [
    Agreement("outliers", "deviation from the median", "R 4.2.2 median and mad", _FILE, 1e-8, "relative", _deviations),
    Agreement("qc, multivariate", "squared distance", "R 4.2.2 mahalanobis", _FILE, 1e-8, "relative", _distances),
]
