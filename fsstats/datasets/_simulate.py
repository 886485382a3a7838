"""Put a cohort's brains together: the tables that its stats files print, group effects included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fsstats.datasets._brains import (
    Study,
    Table,
    contrast,
    measured_surface,
    measured_volumes,
    pial,
    surface,
    volumes,
)
from fsstats.datasets._globals import Fields, fields_of_version_6, global_fields
from fsstats.datasets._rows import SURFACE_SOURCES, atlas_of_typical, rows_of
from fsstats.datasets._typical import FloatArray, IntArray, typical

_NO_CLASS: Final = ("CC_",)
"""Rows of ``aseg+DKT`` that are always empty: the network has no such class."""
_CORTEX_INTENSITY: Final = (76.0, 12.0)


@dataclass(frozen=True, slots=True)
class Brains:
    """All that the stats files of a cohort print; arrays with one row a run."""

    tables: dict[str, Table]
    """By source; the columns of surface tables are the left regions, then the right ones."""
    fields: dict[int, Fields]
    """Header Measures by major version of FreeSurfer."""


def simulate(rng: np.random.Generator, study: Study) -> Brains:
    """Draw every table of every run. The draws do not depend on the group effects."""
    own = iter(rng.spawn(20))
    aseg, wmparc = volumes(next(own), study, "aseg"), volumes(next(own), study, "wmparc")
    tables = dict(_volume_tables(study, aseg, wmparc)) | dict(_surface_tables(own, study))
    drawn = contrast(next(own), study)
    tables["w-g.pct"] = _with_area(next(own), drawn, tables["aparc"], "w-g.pct")
    tables["w-g.pct.mapped"] = _with_area(next(own), drawn, tables["aparc.DKTatlas"], "w-g.pct.mapped")
    whole_aseg = measured_volumes(aseg, study.factor("aseg", typical("aseg").regions))
    seven = global_fields(next(own), study, whole_aseg, tables["wmparc"], tables["aparc"])
    tables["aseg+DKT"] = _fastsurfer(next(own), study, aseg, tables["aparc.DKTatlas.mapped"])
    return Brains(tables, {6: fields_of_version_6(next(own), seven), 7: seven})


def _volume_tables(study: Study, aseg: Table, wmparc: Table) -> Iterator[tuple[str, Table]]:
    for source, whole, drawn in (
        ("aseg", "aseg", aseg),
        ("wmparc", "wmparc", wmparc),
        ("wmparc.DKTatlas.mapped", "wmparc", wmparc),
    ):
        names = [row.region for row in rows_of(source)]
        columns = _positions(typical(whole).regions, names)
        chosen = {name: values[:, columns] for name, values in drawn.items()}
        yield source, measured_volumes(chosen, study.factor(source, names))


def _surface_tables(own: Iterator[np.random.Generator], study: Study) -> Iterator[tuple[str, Table]]:
    """Draw each atlas once; files of the same atlas share the draw."""
    drawn = {atlas: surface(next(own), study, atlas) for atlas in dict.fromkeys(map(atlas_of_typical, SURFACE_SOURCES))}
    for source in SURFACE_SOURCES:
        atlas = atlas_of_typical(source)
        table = measured_surface(drawn[atlas], study.factor(source, typical(atlas).regions))
        yield source, pial(next(own), table) if source == "aparc.pial" else table


def _positions(regions: Sequence[str], names: Sequence[str]) -> IntArray:
    return np.array([regions.index(name) for name in names], dtype=np.intp)


def _with_area(rng: np.random.Generator, drawn: Table, atlas: Table, source: str) -> Table:
    """Give a contrast table the vertices and areas of its regions, which the surface table knows."""
    half = len(typical("w-g.pct").regions) // 2
    names = [row.region for row in rows_of(source, "lh")]
    columns = _positions(typical("w-g.pct").regions[:half], names)
    table = {name: values[:, np.concatenate([columns, half + columns])] for name, values in drawn.items()}
    unknown = typical("w-g.pct")["area"][0] * np.exp(0.05 * rng.standard_normal((len(atlas["area"]), 2)))
    table["area"] = _beside(unknown, atlas["area"])
    table["n_vertices"] = _beside(np.rint(unknown / 0.63), atlas["n_vertices"])
    return table


def _beside(unknown: FloatArray, regions: FloatArray) -> FloatArray:
    """Set the unlabelled part before the regions of each hemisphere."""
    left, right = np.split(regions, 2, axis=1)
    return np.hstack([unknown[:, :1], left, unknown[:, 1:], right])


def _fastsurfer(rng: np.random.Generator, study: Study, aseg: Table, cortex: Table) -> Table:
    """Make the table of FastSurfer's own segmentation: aseg's structures and the volumes of the cortex."""
    names = [row.region for row in rows_of("aseg+DKT")]
    inner = [name for name in names if not name.startswith("ctx-")]
    columns = _positions(typical("aseg").regions, inner)
    shape = cortex["volume"].shape
    mean, std = _CORTEX_INTENSITY
    outer = {
        "volume": cortex["volume"] * 0.97 * np.exp(0.02 * rng.standard_normal(shape)),
        "voxels_per_volume": np.exp(0.01 * rng.standard_normal(shape)),
        "intensity_mean": mean * np.exp(study.gain[:, None] + 0.02 * rng.standard_normal(shape)),
        "intensity_std": std * np.exp(0.1 * rng.standard_normal(shape)),
        "intensity_min": rng.integers(15, 35, shape).astype(np.float64),
        "intensity_max": rng.integers(110, 135, shape).astype(np.float64),
    }
    outer["intensity_range"] = outer["intensity_max"] - outer["intensity_min"]
    drawn = {name: np.hstack([aseg[name][:, columns], values]) for name, values in outer.items()}
    empty = np.array([name.startswith(_NO_CLASS) for name in names])
    drawn["volume"] = np.where(empty, 0.0, drawn["volume"])
    return measured_volumes(drawn, study.factor("aseg+DKT", names))
