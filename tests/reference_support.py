"""The made-up cohorts of tests/reference as long tables, and what other programs say of them."""

from functools import cache
from pathlib import Path

import pandas as pd

from fsstats.schema import LONG, hemi_of

REFERENCE = Path(__file__).parent / "reference"
_UNITS = {"volume": "mm^3", "thickness": "mm", "area": "mm^2"}


def expected(name):
    """Read what another program said: ``expected("lm_terms")``."""
    return pd.read_csv(REFERENCE / "expected" / f"{name}.csv")


def read(name):
    """Read an input: ``read("cohort")``."""
    return pd.read_csv(REFERENCE / f"{name}.csv")


def _label(column):
    """Take a column's name apart: source, hemi, region, measure."""
    if column.startswith(("lh_", "rh_")):
        hemi, region, measure = column.split("_")
        return "aparc", hemi, region, measure
    return "aseg", hemi_of(column), column, "volume"


def column_of(rows):
    """Give the reference's names of the regions of a results or long table."""
    surface = (rows["source"] == "aparc").to_numpy()
    plain = (
        rows["hemi"].astype("object").fillna("")
        + "_"
        + rows["region"].astype("object")
        + "_"
        + rows["measure"].astype("object")
    )
    return plain.where(surface, rows["region"].astype("object"))


def long_of(wide, regions, further, *, session=None):
    """Make the long table of a wide one, with its further columns."""
    parts = []
    for column in regions:
        source, hemi, region, measure = _label(column)
        parts.append(
            wide[further].assign(
                subject=wide["subject"],
                session=None if session is None else "v" + wide[session].astype(str),
                stream="cross" if session is None else "long",
                source=source,
                hemi=hemi,
                region=region,
                measure=measure,
                value=wide[column].astype(float),
                unit=_UNITS[measure],
            )
        )
    table = pd.concat(parts, ignore_index=True)[[*LONG, *further]]
    text = [name for name in LONG if name != "value"]
    return table.astype(dict.fromkeys(text, "category"))


@cache
def _cohort():
    wide = read("cohort").assign(eTIVc=lambda d: (d["eTIV"] - 1.5e6) / 1e5)
    wide["weight"] = 1 / (1 + wide["lh_euler"].abs() / 50)
    regions = read("regions")["region"].tolist()
    further = ["site", "family", "group", "dx3", "sex", "age", "edu", "mmse", "eTIVc", "lh_euler", "rh_euler", "weight"]
    table = long_of(wide, regions, further)
    head = table.drop_duplicates("subject").assign(
        source="aseg", hemi=None, region="global", measure="eTIV", unit="mm^3", value=wide["eTIV"].to_numpy()
    )
    table = pd.concat([table.astype({name: "str" for name in LONG if name != "value"}), head], ignore_index=True)
    return table.astype(
        {name: "category" for name in LONG if name != "value"} | {"dx3": pd.CategoricalDtype(["CN", "MCI", "AD"])}
    )


def cohort(*, with_head_size=False):
    """Give cohort.csv as a long table: 160 subjects, 30 regions, some values missing.

    eTIV itself is among the rows (aseg, global) on request; eTIVc, centred and scaled, is a column.
    """
    table = _cohort()
    return table.copy() if with_head_size else table[table["measure"] != "eTIV"].reset_index(drop=True)


@cache
def _longitudinal():
    wide = read("longitudinal")
    wide["agec"] = (wide["age_bl"] - 65) / 10
    regions = [name for name in wide.columns if "-" in name or name.endswith("_thickness")]
    further = ["visit", "time", "site", "scanner", "group", "sex", "age_bl", "age", "agec"]
    return long_of(wide, regions, further, session="visit")


def longitudinal():
    """Give longitudinal.csv as a long table: 60 subjects, 2 to 4 visits (sessions v1 …), 10 regions."""
    return _longitudinal().copy()
