"""Marks of versions: put on once, kept by the statistics, left out where one row cannot hold them."""

import pandas as pd
import pytest

from fsstats.datasets import make_cohort
from fsstats.errors import FsstatsWarning, TableError
from fsstats.io.load import load_cohort
from fsstats.stats.change import change
from fsstats.tables.join import join
from fsstats.tables.shape import to_long, to_wide
from fsstats.tables.versions import with_versions


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    tools = ["freesurfer-6.0.0", "freesurfer-7.4.1"]
    made = make_cohort(tmp_path_factory.mktemp("versions") / "fs", n_subjects=4, tool=tools, seed=3)
    return load_cohort(made.root, sources=["aseg", "aparc"]), made.participants


def test_each_value_has_the_version_of_its_file(cohort):
    read, _ = cohort
    table = with_versions(read.table, read.files)
    assert set(table["version"]) == {"FreeSurfer 6.0.0", "FreeSurfer 7.4.1"}
    assert table.groupby("subject", observed=True)["version"].nunique().eq(1).all()
    assert set(table.loc[table["measure"] == "volume", "definition"].dropna()) == {"th3"}
    assert table.drop(columns=["version", "definition"]).equals(read.table)


def test_marks_are_put_on_once(cohort):
    read, _ = cohort
    with pytest.raises(TableError, match="the table has a column 'version' already"):
        with_versions(with_versions(read.table, read.files), read.files)


def test_files_of_another_study_are_refused(cohort):
    read, _ = cohort
    other = read.files.assign(subject="other-" + read.files["subject"].astype("str"))
    with pytest.raises(TableError, match="no run of the table is in the files table"):
        with_versions(read.table, other)


def test_a_wide_table_leaves_out_what_varies_and_says_so(cohort):
    read, _ = cohort
    table = with_versions(read.table, read.files)
    with pytest.warns(FsstatsWarning, match="definition vary within a subject and are left out"):
        wide = to_wide(table)
    assert "version" in wide.columns
    assert "definition" not in wide.columns


@pytest.mark.parametrize("name", ["version", "definition", "segid", "name_found"])
def test_a_participants_column_may_not_be_called_like_ours(name, cohort):
    read, people = cohort
    with pytest.raises(TableError, match=f"participants has a column '{name}', which means something else"):
        join(read.table, people.assign(**{name: "x"}))


@pytest.mark.parametrize("method", ["rate", "symmetrised", "average"])
def test_changes_come_back_from_a_plain_wide_table(method):
    table = pd.DataFrame(
        {"subject": ["a", "a", "b", "b"], "session": ["1", "2"] * 2, "stream": "long", "source": "aseg"}
    )
    table = table.assign(hemi="lh", region="Left-Amygdala", measure="volume", value=[9.0, 8, 7, 7], unit="mm^3")
    found = change(table.assign(time=[0.0, 1.0] * 2), time="time", method=method)
    back = to_long(to_wide(found))
    assert back["measure"].astype("str").tolist() == found["measure"].astype("str").tolist()
    assert back["unit"].astype("str").tolist() == found["unit"].astype("str").tolist()
