"""A made-up cohort for quality control, and ways to damage single runs of its long table."""

import numpy as np
import pandas as pd

from fsstats.schema import GLOBAL

SOURCES = ["aseg", "aparc"]
_RATIOS = ["BrainSegVol-to-eTIV", "MaskVol-to-eTIV"]
_WELL_KNOWN = ["Hippocampus", "Putamen", "Thalamus", "Caudate", "Amygdala", "Pallidum", "insula", "precuneus"]


def of(table, subject, session=None):
    """Say which rows are a run's, of every stream but the base."""
    rows = (table["subject"] == subject) & (table["stream"] != "base")
    return rows if session is None else rows & (table["session"] == session)


def scaled_region(table, who, rng, other):
    """One region of the right size in the wrong place: half or twice its volume."""
    names = [f"{side}-{name}" for side in ("Left", "Right") for name in _WELL_KNOWN[:6]]
    rows = of(table, *who) & (table["region"] == rng.choice(names)) & table["measure"].isin(["volume", "n_voxels"])
    factor = rng.choice([0.45, 2.2])
    value = table["value"].where(~rows, table["value"] * factor)
    return table.assign(value=value.where(~(rows & (table["measure"] == "n_voxels")), value.round()))


def swapped_hemispheres(table, who, rng, other):
    """Left and right of the cortex in each other's files."""
    rows = of(table, *who) & (table["source"] == "aparc")
    hemi = table["hemi"].astype("str").where(~rows, table["hemi"].astype("str").map({"lh": "rh", "rh": "lh"}))
    return table.assign(hemi=hemi.astype("category"))


def copied_subject(table, who, rng, other):
    """Another subject's values under this name."""
    mine, theirs = of(table, *who), of(table, *other)
    copy = table[theirs].assign(subject=who[0]).astype({"subject": table["subject"].dtype})
    if len(who) > 1:
        copy = copy.assign(session=who[1]).astype({"session": table["session"].dtype})
    return pd.concat([table[~mine], copy], ignore_index=True)


def copied_file(table, who, rng, other):
    """One file of another subject: aparc of the left side."""
    keys = ["source", "hemi", "region", "measure"]
    of_file = (table["source"] == "aparc") & (table["hemi"] == "lh") & (table["region"] != GLOBAL)
    mine = of(table, *who) & of_file
    theirs = table[of(table, *other) & of_file].set_index(keys)["value"]
    value = table["value"].copy()
    value[mine] = theirs.loc[pd.MultiIndex.from_frame(table.loc[mine, keys])].to_numpy()
    return table.assign(value=value)


def same_sides(table, who, rng, other):
    """The left side's numbers on the right."""
    keys = ["region", "measure"]
    of_run = of(table, *who) & (table["source"] == "aparc")
    left = table[of_run & (table["hemi"] == "lh")].set_index(keys)["value"]
    right = of_run & (table["hemi"] == "rh")
    value = table["value"].copy()
    value[right] = left.loc[pd.MultiIndex.from_frame(table.loc[right, keys])].to_numpy()
    return table.assign(value=value)


def zeroed_region(table, who, rng, other):
    """A region that the segmentation did not find."""
    rows = of(table, *who) & (table["region"] == f"Left-{rng.choice(_WELL_KNOWN[:6])}")
    return table.assign(value=table["value"].where(~(rows & table["measure"].isin(["volume", "n_voxels"])), 0.0))


def missing_region(table, who, rng, other):
    """A region without a row."""
    rows = (
        of(table, *who) & (table["region"] == rng.choice(_WELL_KNOWN[6:])) & (table["hemi"] == rng.choice(["lh", "rh"]))
    )
    return table[~rows].reset_index(drop=True)


def missing_side(table, who, rng, other):
    """A hemisphere without a file."""
    rows = of(table, *who) & (table["source"] == "aparc") & (table["hemi"] == "rh")
    return table[~rows].reset_index(drop=True)


def defective_surface(table, who, rng, other):
    """Surfaces with very many holes."""
    rows = of(table, *who)
    value = table["value"].copy()
    left, right = rng.integers(60, 120, 2)
    for name, holes in (("lhSurfaceHoles", left), ("rhSurfaceHoles", right), ("SurfaceHoles", left + right)):
        value[rows & (table["measure"] == name)] = float(holes)
    return table.assign(value=value)


def wrong_head_size(table, who, rng, other):
    """A registration to the atlas that failed: another eTIV wherever it is printed."""
    factor = rng.choice([0.6, 1.5])
    rows = of(table, *who)
    value = table["value"].where(~(rows & (table["measure"] == "eTIV")), table["value"] * factor)
    return table.assign(value=value.where(~(rows & table["measure"].isin(_RATIOS)), value / factor))


def wrong_unit(table, who, rng, other):
    """Centimetres in place of millimetres, or mL in place of mm^3."""
    source, measure, factor = [("aparc", "thickness", 0.1), ("aseg", "volume", 1e-3), ("aparc", "area", 1e-2)][
        rng.integers(3)
    ]
    rows = of(table, *who) & (table["source"] == source) & (table["measure"] == measure)
    return table.assign(value=table["value"].where(~rows, table["value"] * factor))


def failed_brain(table, who, rng, other):
    """A segmentation that went wrong everywhere."""
    rows = (
        of(table, *who) & (table["region"] != GLOBAL) & table["measure"].isin(["volume", "thickness", "area"])
    ).to_numpy()
    noise = np.exp(0.5 * rng.standard_normal(int(rows.sum())))
    value = table["value"].to_numpy().copy()
    value[rows] = np.minimum(value[rows] * noise, np.where(table["measure"][rows] == "thickness", 4.9, np.inf))
    return table.assign(value=value)


def jump(table, who, rng, other):
    """One session in which a region is a fifth smaller or a quarter larger."""
    rows = of(table, *who) & (table["region"] == f"Left-{rng.choice(_WELL_KNOWN[:4])}") & (table["measure"] == "volume")
    return table.assign(value=table["value"].where(~rows, table["value"] * rng.choice([0.8, 1.25])))


def swapped_sessions(table, who, rng, other):
    """A session of one subject and one of another in each other's place."""
    mine, theirs = of(table, *who), of(table, *other)
    one = table[mine].assign(subject=other[0], session=other[1])
    two = table[theirs].assign(subject=who[0], session=who[1])
    kept = table[~mine & ~theirs]
    kinds = {name: table[name].dtype for name in ("subject", "session")}
    return pd.concat([kept, one.astype(kinds), two.astype(kinds)], ignore_index=True)


CROSS = {
    scaled_region: {"outlier", "asymmetry"},
    swapped_hemispheres: {"swapped_sides"},
    copied_subject: {"copy"},
    copied_file: {"copy"},
    same_sides: {"same_sides"},
    zeroed_region: {"zero"},
    missing_region: {"missing"},
    missing_side: {"missing"},
    defective_surface: {"defects"},
    wrong_head_size: {"brain_in_head"},
    wrong_unit: {"unit"},
    failed_brain: {"many_outliers", "multivariate"},
}
"""Damage, and the rules any of which ought to find it."""
LONGITUDINAL = {jump: {"jump"}, swapped_sessions: {"swapped_sessions"}}
