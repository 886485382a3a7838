"""Names as a researcher prints them: measures with units, effect sizes, terms, p-values, regions."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import plain_rows
from fsstats.schema import CELL, GLOBAL, regions
from fsstats.schema.groupings import unsided

MINUS: Final = "\N{MINUS SIGN}"
LOG: Final = f"{MINUS}log₁₀"
_TIMES: Final = "\N{MULTIPLICATION SIGN}"
_RHO: Final = "\N{GREEK SMALL LETTER RHO}"
_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER: Final = re.compile(r"\^(-?\d+)")
_LEVEL: Final = re.compile(r"^(?:C\()?`?([^\[\]`():]+)`?\)?\[(?:T\.)?([^\]]*)\]$")

EFFECTS: Final = {
    "cohens_d": "Cohen's d",
    "hedges_g": "Hedges' g",
    "standardised_beta": "standardised β",
    "partial_r": "partial r",
    "pearson_r": "Pearson's r",
    "spearman_r": f"Spearman's {_RHO}",
    "partial_spearman_r": f"partial Spearman's {_RHO}",
    "partial_eta_squared": "partial η²",
    "eta_squared": "η²",
    "omega_squared": "ω²",
    "partial_omega_squared": "partial ω²",
    "cohens_f2": "Cohen's f²",
    "d_model": "d by the residual SD",
}
"""Effect sizes by their ``effect_name``."""
P_VALUES: Final = {
    "p_adjusted": "adjusted p",
    "p_fwe": "family-wise p",
    "p_permutation": "permutation p",
    "p_value": "p",
}
"""Columns of p-values, those that count the number of tests first."""
_MEASURES: Final = {
    "n_vertices": "number of vertices",
    "n_voxels": "number of voxels",
    "thickness_std": "SD of thickness",
    "intensity_std": "SD of intensity",
    "contrast_std": "SD of contrast",
    "z": "z score",
}
_UNITS: Final = {"unitless": "", "percent": "%", "percent/year": "%/year", "sd": "SD"}
_SIDES: Final = {"lh": "left ", "rh": "right "}
_OF_BOTH_SIDES: Final = frozenset(
    {
        *("BrainSegVol", "BrainSegVolNotVent", "BrainSegVolNotVentSurf", "CortexVol", "SupraTentorialVol"),
        *("SupraTentorialVolNotVent", "eTIV"),
    }
)
"""Header Measures of the whole brain, which the files of either hemisphere print too."""
_TISSUES: Final = {"wm-": " white matter", "ctx-": " cortex"}
_REGIONS: Final = {
    "Accumbens-area": "accumbens",
    "Inf-Lat-Vent": "inferior lateral ventricle",
    "VentralDC": "ventral DC",
    "bankssts": "banks of the STS",
    "caudalanteriorcingulate": "caudal anterior cingulate",
    "caudalmiddlefrontal": "caudal middle frontal",
    "corpuscallosum": "corpus callosum",
    "frontalpole": "frontal pole",
    "inferiorparietal": "inferior parietal",
    "inferiortemporal": "inferior temporal",
    "isthmuscingulate": "isthmus cingulate",
    "lateraloccipital": "lateral occipital",
    "lateralorbitofrontal": "lateral orbitofrontal",
    "medialorbitofrontal": "medial orbitofrontal",
    "middletemporal": "middle temporal",
    "parsopercularis": "pars opercularis",
    "parsorbitalis": "pars orbitalis",
    "parstriangularis": "pars triangularis",
    "posteriorcingulate": "posterior cingulate",
    "rostralanteriorcingulate": "rostral anterior cingulate",
    "rostralmiddlefrontal": "rostral middle frontal",
    "superiorfrontal": "superior frontal",
    "superiorparietal": "superior parietal",
    "superiortemporal": "superior temporal",
    "temporalpole": "temporal pole",
    "transversetemporal": "transverse temporal",
}
"""Names that FreeSurfer writes as one word, or cuts short, without their side."""


def unit_text(unit: str | float | None) -> str:
    """Give a unit as it is printed; '' for none.

    Examples
    --------
    >>> [unit_text(unit) for unit in ("mm^3", "mm^-1", "percent/year", "log(mm^3)", "unitless", None)]
    ['mm³', 'mm⁻¹', '%/year', 'log(mm³)', '', '']
    """
    if pd.isna(unit):
        return ""
    text = str(unit)
    return _UNITS.get(text, _POWER.sub(lambda found: found[1].translate(_SUPERSCRIPT), text))


def measure_text(measure: object) -> str:
    """Give a measure as it is printed.

    Examples
    --------
    >>> measure_text("mean_curvature"), measure_text("n_voxels"), measure_text("eTIV")
    ('mean curvature', 'number of voxels', 'eTIV')
    """
    text = str(measure)
    return _MEASURES.get(text, text.replace("_", " "))


def measure_label(measure: object, unit: str | float | None) -> str:
    """Give the label of an axis of values.

    Examples
    --------
    >>> measure_label("thickness", "mm"), measure_label("folding_index", "unitless")
    ('thickness (mm)', 'folding index')
    """
    return with_unit(measure_text(measure), unit_text(unit))


def upper(text: str) -> str:
    """Begin a text with a capital letter, but a single letter with none: p stays p.

    Examples
    --------
    >>> upper("adjusted p"), upper("p"), upper("eTIV")
    ('Adjusted p', 'p', 'eTIV')
    """
    return text[:1].upper() + text[1:] if len(text) > 1 and text[1:2].islower() else text


def with_unit(what: str, unit: str) -> str:
    """Put a unit, or what else stands in parentheses, behind something.

    Examples
    --------
    >>> with_unit("age", "years"), with_unit("age", "")
    ('age (years)', 'age')
    """
    return f"{what} ({unit})" if unit else what


def effect_text(name: str | float | None) -> str:
    """Give an effect size as it is printed.

    Examples
    --------
    >>> effect_text("hedges_g"), effect_text("my_own"), effect_text(None)
    ("Hedges' g", 'my own', 'effect size')
    """
    return "effect size" if pd.isna(name) else EFFECTS.get(str(name), str(name).replace("_", " "))


def term_text(term: object) -> str:
    """Give a term of a model as it is printed.

    Examples
    --------
    >>> term_text("C(site)[T.2]"), term_text("Intercept")
    ('site: 2', 'Intercept')
    """
    parts = re.split(r":(?![^\[]*\])", str(term))
    words = [_LEVEL.sub(r"\1: \2", part.strip()).strip("`") for part in parts]
    return f" {_TIMES} ".join(words).replace(" - ", f" {MINUS} ")


def series_text(by: str | None, name: object) -> str:
    """Give what a column says of a series as it is printed.

    Examples
    --------
    >>> series_text("term", "group[T.patient]"), series_text("measure", "folding_index"), series_text("site", 2)
    ('group: patient', 'folding index', '2')
    """
    return {"term": term_text, "measure": measure_text}.get(by or "", str)(name)


def p_text(p: float, name: str = "p") -> str:
    """Give a p-value as it is printed.

    Examples
    --------
    >>> p_text(0.0213), p_text(0.2), p_text(1e-9), p_text(0.9996), p_text(float("nan"))
    ('p = 0.021', 'p = 0.20', 'p < 0.001', 'p > 0.99', 'no p')
    """
    if np.isnan(p):
        return f"no {name}"
    if p < 0.001:
        return f"{name} < 0.001"
    if p > 0.99:
        return f"{name} > 0.99"
    return f"{name} = {p:.3f}" if p < 0.1 else f"{name} = {p:.2f}"


def number_text(number: float, digits: int = 2) -> str:
    """Give a number with a real minus sign.

    Examples
    --------
    >>> number_text(0.123), number_text(1234.5678), number_text(-0.001), number_text(float("nan"))
    ('0.12', '1235', '0.00', '')
    >>> number_text(-2.5) == MINUS + "2.50"
    True
    """
    if not np.isfinite(number):
        return "" if np.isnan(number) else ("∞" if number > 0 else f"{MINUS}∞")
    text = f"{number:.{digits}f}" if abs(number) < 100 else f"{number:.0f}"
    bare = text.removeprefix("-")
    return f"{MINUS}{bare}" if text != bare and float(bare) else bare


def count_text(counts: Sequence[float] | pd.Series) -> str:
    """Say how many rows numbers rest on; '' if it is not known.

    Examples
    --------
    >>> count_text([40.0, 40.0]), count_text([38.0, 40.0]), count_text([float("nan")])
    ('n = 40', 'n = 38 to 40', '')
    """
    known = [int(one) for one in counts if one == one]  # noqa: PLR0124 - NaN is not itself
    if not known:
        return ""
    low, high = min(known), max(known)
    return f"n = {low}" if low == high else f"n = {low} to {high}"


def region_labels(rows: pd.DataFrame) -> list[str]:
    """Name the region of each row in words, no two alike unless they are the same region, source and measure.

    Parameters
    ----------
    rows : DataFrame
        source, hemi, region and measure.

    Returns
    -------
    list of str
        A name each.

    Examples
    --------
    >>> rows = pd.DataFrame({"region": ["insula", "Left-Accumbens-area", "Brain-Stem", "wm-lh-frontalpole", "global"]})
    >>> region_labels(rows.assign(source="aseg", hemi=["lh", "lh", None, "lh", None], measure="eTIV"))
    ['left insula', 'left accumbens', 'brain stem', 'left frontal pole white matter', 'eTIV']
    """
    cells = plain_rows(rows[list(CELL)].astype("object"))
    known = {region.name for region in regions()}
    names = [_region(str(region), hemi, source, measure, known) for source, hemi, region, measure in cells]
    for place in map(CELL.index, ("source", "measure", "hemi")):
        meant: dict[str, set[object]] = {}
        for name, cell in zip(names, cells, strict=True):
            meant.setdefault(name, set()).add(cell[place])
        names = [
            f"{name} ({cell[place]})" if len(meant[name]) > 1 and cell[place] else name
            for name, cell in zip(names, cells, strict=True)
        ]
    return names


def cell_label(rows: pd.DataFrame) -> str:
    """Give the label of an axis of the values of one region.

    Examples
    --------
    >>> rows = pd.DataFrame({"source": ["aseg"] * 2, "hemi": ["lh", None], "region": ["Left-Amygdala", "global"]})
    >>> rows = rows.assign(measure=["volume", "eTIV"], unit="mm^3")
    >>> cell_label(rows[:1]), cell_label(rows[1:])
    ('left amygdala, volume (mm³)', 'eTIV (mm³)')
    """
    region, measure, unit = (rows[name].iloc[0] for name in ("region", "measure", "unit"))
    name = region_labels(rows.iloc[:1])[0]
    return with_unit(name, unit_text(unit)) if region == GLOBAL else f"{name}, {measure_label(measure, unit)}"


def _region(region: str, hemi: str | None, source: str | None, measure: str | None, known: set[str]) -> str:
    side = _SIDES.get(hemi or "", "")
    if region == GLOBAL:
        text = measure_text(measure)
        is_sided = measure not in _OF_BOTH_SIDES and not text.startswith(("lh", "rh", "Left", "Right"))
        return side + text if is_sided else text
    bare = unsided(region, source) if side else region
    tissue = next((prefix for prefix in _TISSUES if bare.startswith(prefix)), "")
    bare = bare.removeprefix(tissue)
    words = _REGIONS.get(bare) or (_words(bare) if region in known else bare)
    return side + words + _TISSUES.get(tissue, "")


def _words(name: str) -> str:
    """Write a name of FreeSurfer's in words: Lateral-Ventricle is lateral ventricle, CA1-body stays CA1."""
    words = re.split(r"[-_ ]+", name)
    return " ".join(word.lower() if re.fullmatch(r"[A-Z][a-z]+", word) else word for word in words)
