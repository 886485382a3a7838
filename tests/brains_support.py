"""Made-up results of every region that has an outline."""

import numpy as np
import pandas as pd

from fsstats.plots._brain_places import drawn_places

VENTRICLE = ("lh", "Left-Lateral-Ventricle")
STEM = (None, "Brain-Stem")


def results(source="aparc", measure="thickness", unit="mm", seed=0, also=()):
    """Give a comparison of two groups in every region of an atlas that has an outline, and in others."""
    rng = np.random.default_rng(seed)
    places = [*drawn_places(source), *also]
    d = np.round(rng.normal(-0.1, 0.3, len(places)), 3)
    return pd.DataFrame(
        {
            "source": source,
            "hemi": pd.Series([hemi for hemi, _ in places], dtype="str"),
            "region": [region for _, region in places],
            "measure": measure,
            "term": "patient - control",
            "estimate": d / 4,
            "unit": unit,
            "p_value": np.exp(-9 * np.abs(d)),
            "effect_size": d,
            "effect_name": "hedges_g",
            "effect_low": d - 0.3,
            "effect_high": d + 0.3,
            "n": 80.0,
        }
    )


def deep(seed=1):
    """Give volumes of the structures of the aseg, one of them without an outline."""
    return results("aseg", "volume", "mm^3", seed, also=[VENTRICLE])


def long(n=5, source="aparc", seed=2):
    """Give the thickness of every region of some subjects."""
    rng = np.random.default_rng(seed)
    own = drawn_places(source)
    rows = pd.DataFrame([(f"s{k}", hemi, region) for k in range(n) for hemi, region in own])
    rows.columns = ["subject", "hemi", "region"]
    rows = rows.assign(session=None, stream="cross", source=source, measure="thickness", unit="mm")
    return rows.assign(value=rng.normal(2.5, 0.2, len(rows)))


def at(table, hemi, region):
    """Mark the rows of a region."""
    return (table["hemi"].fillna("") == (hemi or "")) & (table["region"] == region)
