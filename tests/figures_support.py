"""A small made-up study for the figures, with the names of real regions."""

import numpy as np
import pandas as pd

import fsstats as fs
from stats_support import made_up

CORTEX = [(hemi, region) for region in ("insula", "precuneus", "cuneus", "entorhinal") for hemi in ("lh", "rh")]


def study(n=48, seed=3):
    """Give thickness of 8 regions and a header Measure eTIV, with group, age, sex and site."""
    table = made_up(n=n, regions=len(CORTEX) + 1, seed=seed)
    place = table["region"].str.removeprefix("r").astype(int)
    names = [*CORTEX, (None, "global")]
    table["hemi"] = pd.Series([names[at][0] for at in place], dtype="str")
    table["region"] = pd.Series([names[at][1] for at in place], dtype="str")
    head = table["region"] == "global"
    table["source"] = np.where(head, "aseg", "aparc")
    table["measure"] = np.where(head, "eTIV", "thickness")
    table["unit"] = np.where(head, "mm^3", "mm")
    table["value"] = np.where(head, 1.5e6 + 5e4 * (table["value"] - 50), 2.5 + 0.1 * (table["value"] - 50))
    return table


def visits(n=14, times=3, seed=4):
    """Give the left hippocampus of people who come several times, the last of them once."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame([(f"s{k:02}", f"v{visit}", float(visit)) for k in range(n) for visit in range(times)])
    rows.columns = ["subject", "session", "time"]
    level = np.repeat(rng.normal(3800, 300, n), times)
    group = np.where(np.arange(n) % 2, "patient", "control").repeat(times)
    value = level - 60 * rows["time"] * (group == "patient") + rng.normal(0, 20, n * times)
    rows = rows.assign(stream="long", source="aseg", hemi="lh", region="Left-Hippocampus", measure="volume")
    return rows.assign(value=value, unit="mm^3", group=group)[: n * times - times + 1]


def results(table=None):
    """Give a comparison of the groups, corrected, one region without numbers."""
    found = fs.correct(fs.compare(study() if table is None else table, "group", covariates=["age", "sex", "eTIV"]))
    lost = (found["region"] == "cuneus") & (found["hemi"] == "rh")
    numbers = ["estimate", "p_value", "p_adjusted", "effect_size", "effect_low", "effect_high", "ci_low", "ci_high"]
    return found.assign(**{name: found[name].mask(lost) for name in numbers})


def of_sites():
    """Give effects of five sites, one of them too small."""
    rows = pd.DataFrame(
        {"site": list("ABCDE"), "n": [80.0, 120, 60, 200, 8], "effect_size": [-0.1, -0.5, -0.2, -0.4, 1.0]}
    )
    rows = rows.assign(effect_se=[0.22, 0.18, 0.26, 0.14, 0.8], n_first=rows["n"] / 2, n_second=rows["n"] / 2)
    labels = {"source": "aseg", "hemi": "lh", "region": "Left-Amygdala", "measure": "volume", "unit": "mm^3"}
    return rows.assign(**labels, term="patient - control", effect_name="cohens_d")


def judgements():
    """Give judgements of five runs and of the whole cohort."""
    counts = [
        ("s1", "range", "error", 3),
        ("s1", "outlier", "warning", 12),
        ("s2", "outlier", "warning", 4),
        ("s2", "outlier", "note", 1),
        ("s3", "versions", "note", 1),
        ("s4", "outlier", "warning", 1),
        ("s5", "zero", "error", 1),
        (None, "versions", "note", 1),
    ]
    rows = [(subject, rule, severity) for subject, rule, severity, n in counts for _ in range(n)]
    table = pd.DataFrame(rows, columns=["subject", "rule", "severity"])
    return table.assign(stream="cross", says="Look at it.").reindex(columns=list(fs.schema.JUDGEMENTS))
