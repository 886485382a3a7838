"""Tables that earlier versions wrote stay readable: one folder of fixtures for each version of the schema."""

from pathlib import Path

import pandas as pd
import pytest

import fsstats as fs
from fsstats.schema import FILES, LONG, SCHEMA_VERSION

FOLDERS = sorted((Path(__file__).parent.parent / "fixtures").glob("tables-*"))
NEWEST = {"0.1": "1"}
"""The version of the schema with which each of them was written."""


def plain(folder):
    """What stands in the table, as nobody but pandas reads it."""
    table = pd.read_csv(folder / "cohort.csv", dtype="str")
    return table.assign(**{name: table[name].map(float) for name in ("value", "age")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", ["cohort.parquet", "cohort.csv"])
def test_a_table_of_an_earlier_version_says_what_it_said(folder, name):
    table, expected = fs.read_table(folder / name), plain(folder)
    assert list(table.columns) == list(expected.columns)
    for column in expected:
        known = expected[column].notna()
        assert table[column].notna().equals(known), column
        assert table.loc[known, column].tolist() == expected.loc[known, column].tolist(), column


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_account_and_its_columns_are_those_of_today(folder):
    cohort = fs.read_cohort(folder / "cohort.parquet")
    assert set(LONG) <= set(cohort.table.columns)
    assert set(FILES) <= set(cohort.files.columns)
    assert (cohort.files["status"] == "ok").all()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_statistics_take_it(folder):
    found = fs.asymmetry(fs.read_table(folder / "cohort.parquet", measure="volume"))
    assert found["value"].notna().any()


def test_every_version_of_the_schema_has_its_tables():
    assert sorted(NEWEST) == [folder.name.removeprefix("tables-") for folder in FOLDERS]
    assert SCHEMA_VERSION in NEWEST.values()
