"""One report of a made-up cohort with everything in it that may go wrong, built once."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import fsstats as fs
from fsstats.datasets import make_cohort
from fsstats.reporting.blocks import Text

HOSTILE = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
REGIONS = ("global", "insula", "cuneus", "precuneus", "fusiform", "lingual", "bankssts", "Left-WM-hypointensities")
SIDED = ("Hippocampus", "Amygdala", "Putamen", "Caudate", "Lateral-Ventricle")
"""Few regions, so that the page is small and the tests are quick."""


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """Forty subjects of two sites: two unknown to the participants, one without age, one without eTIV, a bad value."""
    folder = tmp_path_factory.mktemp("report")
    made = make_cohort(
        folder / "subjects",
        n_subjects=40,
        sites=("A", "B"),
        effects={"Left-Hippocampus": -0.2, "insula": -0.06},
        seed=3,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = fs.load_cohort(made.root, sources=["aseg", "aparc"], measures=["volume", "thickness", "eTIV"])
    few = [*REGIONS, *(f"{side}-{name}" for side in ("Left", "Right") for name in SIDED)]
    table = read.table[read.table["region"].isin(few)]
    names = {"sub-005": HOSTILE, "sub-006": FORMULA}
    subjects = table["subject"].astype("str").replace(names)
    table = table.assign(subject=subjects.astype("category"))
    table = table[~((table["subject"] == "sub-007") & (table["measure"] == "eTIV"))]
    table = table[~((table["subject"] == "sub-008") & (table["source"] == "aparc") & (table["region"] == "insula"))]
    bad = (table["subject"] == HOSTILE) & (table["region"] == "Left-Amygdala")
    table = table.assign(value=table["value"].mask(bad, 9000.0))
    people = made.participants.assign(participant_id=made.participants["participant_id"].replace(names))
    people = people[~people["participant_id"].isin(["sub-001", "sub-002"])].reset_index(drop=True)
    people.loc[people["participant_id"] == "sub-009", "age"] = np.nan
    files = read.files.assign(subject=read.files["subject"].astype("str").replace(names))
    return SimpleNamespace(table=table.reset_index(drop=True), people=people, files=files)


@pytest.fixture(scope="session")
def page_and_steps(cohort):
    """The report of it, and how it said how far it was."""
    steps = []
    page = fs.report(
        cohort.table,
        "value ~ group + age + sex",
        participants=cohort.people,
        files=cohort.files,
        site="site",
        date="in June",
        progress=lambda done, n: steps.append((done, n)),
    )
    return page, steps


@pytest.fixture(scope="session")
def page(page_and_steps):
    """The report of it."""
    return page_and_steps[0]


@pytest.fixture(scope="session")
def html(page):
    """Its text."""
    return page.to_html()


@pytest.fixture(scope="session")
def saved(page, tmp_path_factory):
    """Its file."""
    path = tmp_path_factory.mktemp("saved") / "report.html"
    page.save(path)
    return path


@pytest.fixture
def undrawn(monkeypatch):
    """Leave figures and quality control out of pages: they take long, and have no options of their own."""
    for name in ("results.maps_of", "results.effects_of", "results.regions_of", "cohort.quality_of"):
        monkeypatch.setattr(f"fsstats.reporting.{name}", lambda *_, **__: [])
    monkeypatch.setattr("fsstats.reporting.harmonisation._figure", lambda *_: Text(("a figure",)))
