"""Measure what a report costs: ``python benchmarks/report.py``; 2,000 subjects, all measures of aseg and aparc.

The cohort is made up in memory, so that only the report is measured. A process of its own each, two cores at most.
"""

import argparse
import os
import resource
import time

import numpy as np
import pandas as pd

import fsstats as fs
from fsstats.schema import LONG, regions

MEASURES = {
    "aparc": {"n_vertices": 1500, "area": 1000, "volume": 2500, "thickness": 2.5, "thickness_std": 0.6}
    | {"mean_curvature": 0.12, "gaussian_curvature": 0.03, "folding_index": 20, "curvature_index": 2},
    "aseg": {"n_voxels": 4000, "volume": 4000, "intensity_mean": 80, "intensity_std": 8}
    | {"intensity_min": 20, "intensity_max": 120, "intensity_range": 100},
}
UNITS = {"area": "mm^2", "volume": "mm^3", "thickness": "mm", "thickness_std": "mm"}
LIMIT_SECONDS, LIMIT_BYTES = 60.0, 2**30


def cells() -> pd.DataFrame:
    """Give source, side, region and measure of all values of a subject."""
    rows = []
    for source, typical in MEASURES.items():
        for region in (one for one in regions() if one.atlas == source):
            sides = [region.hemi] if source == "aseg" else ["lh", "rh"]
            rows += [(source, side, region.name, name, size) for side in sides for name, size in typical.items()]
    rows.append(("aseg", None, "global", "eTIV", 1.5e6))
    names = ["source", "hemi", "region", "measure", "size"]
    return pd.DataFrame(rows, columns=names).drop_duplicates(names[:4]).reset_index(drop=True)


def cohort(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make up the long table and the participants."""
    rng, own = np.random.default_rng(1), cells()
    group = rng.random(n) < 0.5
    values = own["size"].to_numpy() * rng.normal(1.0, 0.1, (n, len(own)))
    values[np.ix_(group, np.arange(0, len(own), 7))] *= 0.97
    whole = own["measure"].str.startswith("n_").to_numpy()
    values[:, whole] = np.round(values[:, whole])
    row, column = (one.ravel() for one in np.indices(values.shape))
    table = pd.DataFrame({name: own[name].astype("category").iloc[column].array for name in own.columns[:4]})
    subjects = pd.Categorical.from_codes(row, [f"sub-{k:05d}" for k in range(n)])
    unit = own["measure"].map(UNITS).where(own["region"] != "global", "mm^3").fillna("unitless").astype("category")
    table = table.assign(subject=subjects, session=pd.Categorical([None] * len(table)), value=values.ravel())
    table = table.assign(stream=pd.Categorical(["cross"] * len(table)), unit=unit.iloc[column].array)
    people = pd.DataFrame({"participant_id": [f"sub-{k:05d}" for k in range(n)], "age": rng.uniform(20, 80, n)})
    people = people.assign(group=np.where(group, "patient", "control"), sex=np.where(rng.random(n) < 0.5, "F", "M"))
    return table[list(LONG)], people


def main() -> None:
    """Make one report and say what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, default=2000)
    parser.add_argument("--usual", action="store_true", help="only volumes of aseg and thickness of aparc")
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    table, people = cohort(asked.subjects)
    every = None if asked.usual else sorted({name for own in MEASURES.values() for name in own})
    start, cpu = time.perf_counter(), time.process_time()
    page = fs.report(table, "value ~ group + age + sex", participants=people, measures=every)
    text = page.to_html()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    kept = {"seconds": seconds < LIMIT_SECONDS, "memory": peak < LIMIT_BYTES}
    print(f"{asked.subjects} subjects, {len(table):,} values, load {os.getloadavg()[0]:.1f}")
    print(f"{seconds:.1f} s ({cpu:.1f} s of CPU), {peak / 2**20:.0f} MiB at the peak, page of {len(text) / 1e6:.1f} MB")
    print(", ".join(f"{name}: {'kept' if is_kept else 'not kept'}" for name, is_kept in kept.items()))


if __name__ == "__main__":
    main()
