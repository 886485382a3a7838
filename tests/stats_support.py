"""Made-up tables for the statistics, and what it means for two results to be the same."""

import numpy as np
import pandas as pd

from fsstats.schema import LONG


def NUMBERS(groups):  # noqa: N802 - reads as a coding of the groups
    """Give 1 for patients and 0 for controls."""
    return (np.asarray(groups) == "patient").astype(float)


def long_of_matrix(values, people, *, measure="volume", unit="mm^3"):
    """Make a long table of a matrix (subjects, regions) and the subjects' columns."""
    values, n = np.asarray(values, dtype=float), len(values)
    subjects = [f"s{k:03d}" for k in range(n)]
    regions = [f"r{k}" for k in range(values.shape[1])]
    rows = pd.DataFrame(
        {
            "subject": np.tile(subjects, len(regions)),
            "session": None,
            "stream": "cross",
            "source": "aseg",
            "hemi": None,
            "region": np.repeat(regions, n),
            "measure": measure,
            "value": values.T.ravel(),
            "unit": unit,
        }
    )[list(LONG)]
    further = pd.concat([people.reset_index(drop=True)] * len(regions), ignore_index=True)
    return pd.concat([rows, further], axis=1)


def made_up(n=60, regions=5, gaps=0.0, seed=5):
    """Make up subjects with group, age, sex, weight and site, and regions that depend on them."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            "group": np.where(rng.random(n) < 0.45, "patient", "control"),
            "age": rng.uniform(20, 80, n),
            "sex": np.where(rng.random(n) < 0.5, "F", "M"),
            "weight": rng.normal(70, 12, n),
            "site": rng.choice(["A", "B", "C"], n),
        }
    )
    effect = rng.normal(size=(3, regions))
    values = 50 + np.outer(NUMBERS(people["group"]), effect[0]) + np.outer(people["age"] / 20, effect[1])
    values = values + np.outer(people["sex"] == "M", effect[2]) + rng.normal(size=(n, regions))
    values[rng.random(values.shape) < gaps] = np.nan
    return long_of_matrix(values, people)


def same(ours, theirs, *, rtol=1e-9, but=()):
    """Say whether two results are the same: texts equal, numbers within a relative tolerance, gaps at the same places."""
    assert list(ours.columns) == list(theirs.columns)
    assert len(ours) == len(theirs)
    for name in ours.columns:
        if name in but:
            continue
        one, two = ours[name], theirs[name]
        if pd.api.types.is_numeric_dtype(one.dtype):
            assert np.allclose(one, two, rtol=rtol, atol=1e-300, equal_nan=True), (
                name,
                one[~np.isclose(one, two, rtol=rtol, equal_nan=True)],
                two,
            )
        else:
            assert (
                one.astype("object").where(one.notna(), None).tolist()
                == two.astype("object").where(two.notna(), None).tolist()
            ), name
    return True
