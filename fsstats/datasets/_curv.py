"""The curvature reports of ``mris_curvature_stats``: ten maps of each hemisphere, and four indices.

How the maps are spread is made up; vertices, area and integrals fit each other as the program makes them fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fsstats.datasets._brains import Study, Table, deviations
from fsstats.datasets._further import Further, Label, Line, Number, text_file
from fsstats.datasets._people import Run
from fsstats.datasets._simulate import Brains
from fsstats.datasets._typical import FloatArray
from fsstats.schema import GLOBAL, HEMIS

_SPHERE: Final = 4 * np.pi
"""Integral of the Gaussian curvature over any closed surface."""
_INTEGRAL_OF: Final = {"mm^-1": "mm", "mm^-2": "unitless"}
_DECIMALS: Final = 5
_Numbers = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class _Map:
    """What is usual for one map of a hemisphere."""

    tag: str
    file: str
    printed_unit: str
    unit: str
    """The true one."""
    mean: float
    std: float
    least: float
    greatest: float
    rectified: float
    """Mean over the area of the absolute value."""
    positive_area: float = 1.0
    """Share of the area where it is positive."""
    positive: float = 1.0
    """Share of the absolute values that are positive ones."""

    @property
    def name(self) -> str:
        """What the map is called in measures: two are tagged ``Raw``."""
        return self.file if self.tag == "Raw" else self.tag


_MAPS: Final = (
    _Map("Raw", "curv", "", "mm^-1", -0.034, 0.18, -2.8, 2.1, 0.13, 0.51, 0.42),
    _Map("Raw", "sulc", "", "unknown", 0.0, 5.4, -14.2, 16.8, 4.4, 0.49, 0.53),
    _Map("K", "smoothwm", "mm^-2", "mm^-2", 0.045, 1.3, -38.0, 260.0, 0.066, 0.34, 0.5),
    _Map("H", "smoothwm", "mm^-1", "mm^-1", -0.066, 0.42, -31.0, 22.0, 0.18, 0.555, 0.45),
    _Map("k1", "smoothwm", "mm^-1", "mm^-1", -0.14, 0.75, -58.0, 41.0, 0.39, 0.55, 0.44),
    _Map("k2", "smoothwm", "mm^-1", "mm^-1", 0.006, 0.19, -11.0, 12.0, 0.1, 0.535, 0.56),
    _Map("S", "smoothwm", "mm^-2", "mm^-2", 0.95, 14.0, 0.0, 2700.0, 0.55),
    _Map("C", "smoothwm", "mm^-2", "mm^-1", 0.19, 0.55, 0.0, 47.0, 0.26),
    _Map("BE", "smoothwm", "mm^-2", "mm^-2", 0.36, 4.9, 0.0, 1150.0, 0.23),
    _Map("FI", "smoothwm", "mm^-2", "mm^-2", 0.28, 4.1, 0.0, 930.0, 0.18),
)


def curv(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make the report of each hemisphere; every stream has them."""
    for own, hemi, cortex in zip(rng.spawn(2), HEMIS, _sides(brains.tables["aparc"]), strict=True):
        lines = _lines(own, study, hemi, cortex)
        yield text_file("curv", f"stats/{hemi}.curv.stats", np.arange(len(runs), dtype=np.intp), lines, hemi=hemi)


def _sides(cortex: Table) -> list[Table]:
    split = {name: np.split(cortex[name], 2, axis=1) for name in ("n_vertices", "area", "gaussian_curvature")}
    return [{name: sides[number] for name, sides in split.items()} for number in range(2)]


def _lines(rng: np.random.Generator, study: Study, hemi: str, cortex: Table) -> Iterator[Line]:
    pairs = np.arange(2 * len(_MAPS), dtype=np.intp)
    varied = np.exp(deviations(rng, study, pairs, 0.06, 0.02))
    surface = _surface(rng, cortex)
    integrals: dict[str, _Numbers] = {}
    means = []
    for number, one in enumerate(_MAPS):
        integrals[one.name] = _integrals(one, surface["surface_area"], varied[:, 2 * number])
        means.append(np.round(one.mean * varied[:, 2 * number + 1], _DECIMALS))
        yield from _extremes(rng, one, hemi, means[-1], surface["n_vertices"])
        yield from _of_surface(one, surface)
        yield from _of_integrals(rng, one, integrals[one.name], surface)
    yield from _ending(integrals, np.stack(means))


def _surface(rng: np.random.Generator, cortex: Table) -> _Numbers:
    vertices = np.rint(1.05 * cortex["n_vertices"].sum(axis=1))
    area = np.round(1.04 * cortex["area"].sum(axis=1), _DECIMALS)
    separation = 1.08 * np.sqrt(area / vertices)
    return {
        "vertex_separation_mean": separation,
        "vertex_separation_std": 0.2 * separation * np.exp(0.1 * rng.standard_normal(len(area))),
        "surface_area": area,
        "n_vertices": vertices,
        "vertex_area_mean": area / vertices,
    }


def _integrals(one: _Map, area: FloatArray, varied: FloatArray) -> _Numbers:
    """Give the four integrals over the surface, rounded as printed so that they fit each other."""
    rectified = one.rectified * varied * area
    if one.name == "K":
        positive, negative = (rectified + _SPHERE) / 2, (rectified - _SPHERE) / 2
    else:
        positive, negative = one.positive * rectified, (1 - one.positive) * rectified
    positive, negative = np.round(positive, _DECIMALS), np.round(negative, _DECIMALS)
    natural, rectified = positive - negative, positive + negative
    return {"natural": natural, "rectified": rectified, "positive": positive, "negative": negative}


def _label(one: _Map, what: str, unit: str | None = None) -> Label:
    return GLOBAL, f"{one.name}_{what}", unit or one.unit


def _labelled(one: _Map, label: str, form: str) -> str:
    head = f"{one.tag:>10s} {label}:"
    return f"{head:<50s}{form}"


def _extremes(rng: np.random.Generator, one: _Map, hemi: str, mean: FloatArray, vertices: FloatArray) -> Iterator[Line]:
    """Write the first lines of a map, and the empty one before them."""
    std, least, greatest = (
        usual * np.exp(0.15 * rng.standard_normal(len(mean))) for usual in (one.std, one.least, one.greatest)
    )
    head = f"{one.tag} <mean> +- <std> (using '{hemi}.{one.file}'):"
    yield "", ()
    numbers = Number(mean, _DECIMALS, _label(one, "mean")), Number(std, 4, _label(one, "std"))
    yield f"{head:<50s}%12.5f +- %6.4f {one.printed_unit}", numbers
    for what, values in (("min", least), ("max", greatest)):
        vertex = Number(rng.integers(1, vertices.astype(np.int64)).astype(np.float64), 0)
        numbers = Number(values, _DECIMALS, _label(one, what)), vertex
        yield _labelled(one, what.title(), "%12.5f at vertex %-8d"), numbers
    yield _labelled(one, "Curvature Calculation Type", f"{'discrete':>12s}"), ()


def _of_surface(one: _Map, surface: _Numbers) -> Iterator[Line]:
    """Write what every map says of the surface; it is told once."""

    def told(name: str, unit: str, decimals: int = _DECIMALS) -> Number:
        return Number(surface[name], decimals, (GLOBAL, name, unit) if one is _MAPS[0] else None)

    separation = told("vertex_separation_mean", "mm"), told("vertex_separation_std", "mm")
    yield _labelled(one, "Mean Vertex Separation (Whole Surface)", "%12.5f +- %.5f mm"), separation
    yield _labelled(one, "Total Surface Area", "%12.5f mm^2"), (told("surface_area", "mm^2"),)
    yield _labelled(one, "Total Number of Vertices", "%12.5d"), (told("n_vertices", "unitless", 0),)
    yield _labelled(one, "Average Vertex Area (Whole Surface)", "%12.5f mm^2"), (told("vertex_area_mean", "mm^2"),)


def _of_integrals(rng: np.random.Generator, one: _Map, integrals: _Numbers, surface: _Numbers) -> Iterator[Line]:
    """Write the integrals, and their means across vertices and area; what all of these are is told above."""
    unit = _INTEGRAL_OF.get(one.unit, "unknown")
    for part, values in integrals.items():
        number = Number(values, _DECIMALS, _label(one, f"{part}_integral", unit))
        yield _labelled(one, f"{part.title()} Surface Integral", "%12.5f"), (number,)
    share = one.positive_area * np.exp(0.03 * rng.standard_normal(len(surface["n_vertices"])))
    share = np.minimum(share, 0.9) if one.positive_area < 1 else np.ones_like(share)
    kinds = (
        ("Mean", "mean", unit, np.rint, "n_vertices", "vertices", "unitless", "%d"),
        ("AreaNorm", "areanorm", one.unit, _to_millionths, "surface_area", "area", "mm^2", "%f"),
    )
    for word, what, mean_unit, rounded, whole, across, across_unit, form in kinds:
        everything = surface[whole]
        positive = rounded(share * everything)
        parts = {"positive": positive, "negative": rounded(everything - positive)}
        for part, values in integrals.items():
            extent = parts.get(part, everything)
            numbers = (
                Number(_divided(values, extent), _DECIMALS, _label(one, f"{part}_integral_{what}", mean_unit)),
                Number(extent, 6, _label(one, f"{part}_{across}", across_unit) if part in parts else None),
                Number(100 * extent / everything, 2),
            )
            tail = "vertices" if across == "vertices" else "mm^2"
            label = f"{word} {part.title()} Surface Integral"
            yield _labelled(one, label, f"%12.5f across {form} (%05.2f%%) {tail}"), numbers


def _to_millionths(values: FloatArray) -> FloatArray:
    return np.round(values, 6)


def _divided(values: FloatArray, extent: FloatArray) -> FloatArray:
    return np.divide(values, extent, out=np.zeros_like(values), where=extent > 0)


def _ending(integrals: Mapping[str, _Numbers], means: FloatArray) -> Iterator[Line]:
    """Write the indices, and the mean of all maps."""
    yield "", ()
    yield f"{'curv -- calculation type:':<53s}{'discrete':>12s}", ()
    for index, name, one, part in (
        ("FI", "Folding Index (FI)", "FI", "natural"),
        ("ICIp", "Intrinsic Curvature Index - positive (ICIp)", "K", "positive"),
        ("ICIn", "Intrinsic Curvature Index - negative (ICIn)", "K", "negative"),
        ("ICIt", "Intrinsic Curvature Index - natural  (ICIt)", "K", "natural"),
    ):
        number = Number(integrals[one][part] / (4 * np.pi), _DECIMALS, (GLOBAL, index, "unitless"))
        yield f"{f'curv -- {name}:':<53s}%12.5f", (number,)
    yield "", ()
    last = Number(means.mean(axis=0)), Number(means.std(axis=0, ddof=1))
    yield f"Mean across {len(means)} curvatures: %8.4e +- %8.4e", last
    yield "\n", ()
