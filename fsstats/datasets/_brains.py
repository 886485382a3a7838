"""Draw the brains of a cohort: every quantity of every run at once, as arrays of runs by structures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from fsstats.datasets._people import Run
from fsstats.datasets._typical import FloatArray, IntArray, Typical, typical

Effects = Mapping[str | tuple[str, str], float]
Table = dict[str, FloatArray]

AREA_EXPONENT: Final = 2 / 3
MEAN_HEAD_SIZE: Final = 1.5e6
_MIDDLE_AGE: Final = 50.0
_VERTEX_AREA: Final = 0.67
_NOISE: Final = {"cross": 1.0, "long": 0.4, "base": 0.3}
"""Scan-to-scan noise: the longitudinal stream is the steadier one."""


@dataclass(frozen=True, slots=True)
class Study:
    """What all structures of a run have in common; arrays with one element a run."""

    person: IntArray
    age: FloatArray
    size: FloatArray
    """Logarithm of the head size, 0 for a mean head."""
    noise: FloatArray
    affected: FloatArray
    """1 in every group but the first, else 0."""
    tissue: FloatArray
    sheet: FloatArray
    thick: FloatArray
    gain: FloatArray
    """Deviations of all volumes, areas, thicknesses and intensities: of the person and of the scanner."""
    exponent: float
    effects: Effects

    def factor(self, source: str, regions: Sequence[str]) -> FloatArray:
        """Give what the group effects multiply each run and structure by."""
        change = [self.effects.get((source, region), self.effects.get(region, 0.0)) for region in regions]
        return np.asarray(1 + np.outer(self.affected, change), dtype=np.float64)


def study_of(
    rng: np.random.Generator,
    people: pd.DataFrame,
    runs: Sequence[Run],
    *,
    control: str,
    exponent: float,
    effects: Effects,
) -> Study:
    """Draw what a run's structures share, and gather what is known of its person."""
    person = np.array([run.person for run in runs], dtype=np.intp)
    noise = np.array([_NOISE[run.stream] for run in runs])
    head_size = people["head_size"].to_numpy(dtype=np.float64)
    years = np.array([run.year for run in runs])
    spread = {"tissue": (0.03, 0.012), "sheet": (0.035, 0.01), "thick": (0.025, 0.015), "gain": (0.015, 0.04)}
    shared = {
        name: _of_person(rng, len(people), person, of_people) + _of_site(rng, people["site"], of_sites)[person]
        for name, (of_people, of_sites) in spread.items()
    }
    size = np.log(head_size / MEAN_HEAD_SIZE)[person] + 0.004 * noise * rng.standard_normal(len(runs))
    return Study(
        person=person,
        age=people["age"].to_numpy(dtype=np.float64)[person] + years,
        size=size[_registered(runs)],
        noise=noise,
        affected=np.asarray(people["group"] != control, dtype=np.float64)[person],
        exponent=exponent,
        effects=effects,
        **shared,
    )


def _registered(runs: Sequence[Run]) -> IntArray:
    """Give the run whose registration each has: a longitudinal one has that of its base, and so one head size."""
    bases = {run.person: place for place, run in enumerate(runs) if run.stream == "base"}
    places = [bases[run.person] if run.stream == "long" else place for place, run in enumerate(runs)]
    return np.array(places, dtype=np.intp)


def _of_person(rng: np.random.Generator, n: int, person: IntArray, spread: float) -> FloatArray:
    return (spread * rng.standard_normal(n))[person]


def _of_site(rng: np.random.Generator, sites: "pd.Series[str]", spread: float) -> FloatArray:
    """Give each person the shift of the scanner; the first site is the one without."""
    codes, names = pd.factorize(sites, sort=True)
    shift = spread * rng.standard_normal(len(names))
    shift[0] = 0.0
    return np.asarray(shift[codes], dtype=np.float64)


def deviations(
    rng: np.random.Generator,
    study: Study,
    pairs: IntArray,
    spread: FloatArray | float,
    within: float,
) -> FloatArray:
    """Draw how runs deviate from the typical, shape (runs, structures).

    A person keeps the deviation over sessions; left and right are alike (correlation 0.7).
    """
    n_people, n_pairs = int(study.person.max()) + 1, int(pairs.max()) + 1
    common = rng.standard_normal((n_people, n_pairs))[:, pairs]
    own = rng.standard_normal((n_people, len(pairs)))
    steady: FloatArray = (np.sqrt(0.7) * common + np.sqrt(0.3) * own)[study.person] * spread
    return steady + within * study.noise[:, None] * rng.standard_normal(steady.shape)


def volumes(rng: np.random.Generator, study: Study, source: str) -> Table:
    """Draw a volume table as it would be without group effects."""
    usual = typical(source)
    ageing = usual["ageing"] / 100 * (study.age[:, None] - _MIDDLE_AGE)
    shared = study.exponent * study.size + study.tissue
    log = deviations(rng, study, usual.pairs, usual["spread"], 0.012) + ageing + shared[:, None]
    people, exists = int(study.person.max()) + 1, usual["presence"]
    present = (rng.random((people, len(exists))) < exists)[study.person]
    volume = np.where(present, usual["volume"] * np.exp(log), 0.0)
    voxels = np.exp(0.015 * rng.standard_normal(volume.shape))
    return {"volume": volume, "voxels_per_volume": voxels} | intensities(rng, study, usual)


def intensities(rng: np.random.Generator, study: Study, usual: Typical) -> Table:
    """Draw the image intensities of all structures."""
    shape = (len(study.person), len(usual.regions))
    mean = usual["intensity_mean"] * np.exp(study.gain[:, None] + deviations(rng, study, usual.pairs, 0.015, 0.01))
    std = usual["intensity_std"] * np.exp(0.1 * rng.standard_normal(shape))
    least = np.floor(np.maximum(mean - std * rng.uniform(2.5, 4.5, shape), 1.0))
    most = np.ceil(mean + std * rng.uniform(2.0, 3.2, shape))
    return {
        "intensity_mean": mean,
        "intensity_std": std,
        "intensity_min": least,
        "intensity_max": most,
        "intensity_range": most - least,
    }


def measured_volumes(drawn: Table, factor: FloatArray) -> Table:
    """Let group effects act on drawn volumes, then count voxels; no voxels, no intensities."""
    volume = drawn["volume"] * factor
    voxels = np.where(volume > 0, np.maximum(np.rint(volume * drawn["voxels_per_volume"]), 3.0), 0.0)
    table = {name: np.where(voxels > 0, values, np.nan) for name, values in drawn.items() if "intensity" in name}
    return {"n_voxels": voxels, "volume": np.where(voxels > 0, np.maximum(volume, 0.6), 0.0)} | table


def surface(rng: np.random.Generator, study: Study, source: str) -> Table:
    """Draw a cortical table as it would be without group effects."""
    usual = typical(source)
    years = study.age[:, None] - _MIDDLE_AGE

    def vary(quantity: str, spread: FloatArray | float, within: float, log: FloatArray | float = 0.0) -> FloatArray:
        own = deviations(rng, study, usual.pairs, spread, within)
        return np.asarray(usual[quantity] * np.exp(own + log), dtype=np.float64)

    sheet = (AREA_EXPONENT * study.exponent * study.size + study.sheet)[:, None]
    area = vary("area", usual["spread"], 0.008, sheet - 0.0012 * years)
    thickness = vary("thickness", 0.04, 0.008, study.thick[:, None] - 0.0018 * years)
    fill = usual["volume"] / (usual["area"] * usual["thickness"])
    vertex = _VERTEX_AREA * np.exp(0.02 * rng.standard_normal(area.shape))
    return {
        "n_vertices": np.maximum(np.rint(area / vertex), 1.0),
        "area": area,
        "thickness": thickness,
        "thickness_std": vary("thickness_std", 0.08, 0.02),
        "fill": fill * np.exp(0.012 * rng.standard_normal(area.shape)),
    } | _folding(rng, area, vary("mean_curvature", 0.05, 0.015), vary("gaussian_curvature", 0.08, 0.03))


def _folding(rng: np.random.Generator, area: FloatArray, mean: FloatArray, gaussian: FloatArray) -> Table:
    """Make the two folding indices fit area and curvature."""
    return {
        "mean_curvature": mean,
        "gaussian_curvature": gaussian,
        "folding_index": np.rint(0.63 * area * gaussian * np.exp(0.12 * rng.standard_normal(area.shape))),
        "curvature_index": area * gaussian / 16.5 * np.exp(0.06 * rng.standard_normal(area.shape)),
    }


def measured_surface(drawn: Table, factor: FloatArray) -> Table:
    """Let group effects act on the drawn thickness; volume is area times thickness and follows."""
    thickness = drawn["thickness"] * factor
    volume = drawn["area"] * thickness * drawn["fill"]
    kept = {name: values for name, values in drawn.items() if name != "fill"}
    return kept | {"volume": volume, "thickness": thickness}


def pial(rng: np.random.Generator, white: Table) -> Table:
    """Draw the pial surface that belongs to a white one: another area and curvature, else the same."""
    shape = white["area"].shape
    area = white["area"] * 1.22 * np.exp(0.03 * rng.standard_normal(shape))
    mean = white["mean_curvature"] * 1.08 * np.exp(0.05 * rng.standard_normal(shape))
    gaussian = white["gaussian_curvature"] * 1.15 * np.exp(0.06 * rng.standard_normal(shape))
    return white | {"area": area} | _folding(rng, area, mean, gaussian)


def contrast(rng: np.random.Generator, study: Study) -> Table:
    """Draw the grey-white contrast in per cent."""
    usual = typical("w-g.pct")
    shape = (len(study.person), len(usual.regions))
    own = deviations(rng, study, usual.pairs, 0.07, 0.03)
    mean = usual["intensity_mean"] * np.exp(own - 0.002 * (study.age[:, None] - _MIDDLE_AGE) - study.gain[:, None])
    std = usual["intensity_std"] * np.exp(0.12 * rng.standard_normal(shape))
    return {
        "contrast_mean": mean,
        "contrast_std": std,
        "contrast_min": mean - std * rng.uniform(2.5, 6.0, shape),
        "contrast_max": mean + std * rng.uniform(2.2, 3.4, shape),
    }
