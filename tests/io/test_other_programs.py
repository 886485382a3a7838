"""Other programs open a merged table as it is, and find the same numbers in it."""

import re
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from frames_support import assert_frame_equal
from fsstats import merge, read_table
from fsstats.datasets import make_cohort
from fsstats.io import _study
from fsstats.schema import LONG

PAGE_NAME = "big-cohorts.md"
PAGE = (Path(__file__).parents[2] / "docs" / PAGE_NAME).read_text(encoding="utf-8")


NAMES = [name for name in LONG if name != "value"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study as one file and as a folder of parts, and with a second one in one folder."""
    folder = tmp_path_factory.mktemp("study")
    made = make_cohort(folder / "sd", n_subjects=4, seed=5, also=["subregions"])
    made.participants.to_csv(folder / "participants.tsv", sep="\t", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_study, "AT_ONCE", 2)
        merge(made.root, folder / "cohort.parquet")
        merge(made.root, f"{folder / 'cohort'}/")
    other = make_cohort(folder / "other", n_subjects=2, seed=6).root
    for subject in sorted(other.iterdir()):
        subject.rename(subject.with_name(f"second-{subject.name}"))
    merge(other, folder / "second.parquet")
    (folder / "both").mkdir()
    for name in ("cohort.parquet", "second.parquet"):
        shutil.copy(folder / name, folder / "both")
    return folder


def in_duckdb(study, files, query):
    """Ask DuckDB; `cohort` is the table, `people` are the participants."""
    with duckdb.connect() as connection:
        connection.sql(f"CREATE VIEW cohort AS FROM read_parquet('{study / files}')")
        connection.sql(f"CREATE VIEW people AS FROM read_csv('{study / 'participants.tsv'}', delim = '\t')")
        return connection.sql(query).fetchall()


FILES = ["cohort.parquet", "cohort/*.parquet", "both/*.parquet"]
every_form = pytest.mark.parametrize("files", FILES)


def whole(study, files):
    """Give the same table as fsstats reads it, with plain strings."""
    return read_table(study / files.removesuffix("/*.parquet")).astype(dict.fromkeys(NAMES, "object"))


def insula(study, files):
    """Give the mean thickness of the insula by group and side, by plain pandas."""
    people = pd.read_csv(study / "participants.tsv", sep="\t").set_index("participant_id")
    table = whole(study, files)
    rows = table[(table["source"] == "aparc") & (table["measure"] == "thickness") & (table["region"] == "insula")]
    rows = rows.assign(group=rows["subject"].map(people["group"])).dropna(subset=["group"])
    return [(*key, pytest.approx(mean)) for key, mean in rows.groupby(["group", "hemi"])["value"].mean().items()]


def test_the_two_studies_are_one_table(study):
    first, second = (read_table(study / name) for name in ("cohort.parquet", "second.parquet"))
    both = read_table(study / "both")
    assert len(both) == len(first) + len(second)
    assert both["subject"].nunique() == 6
    assert_frame_equal(
        read_table(study / "both", subject="second-sub-002"),
        read_table(study / "second.parquet", subject="second-sub-002"),
    )


@every_form
def test_duckdb_gives_the_same_numbers(study, files):
    table = whole(study, files)
    assert in_duckdb(study, files, "SELECT count(*), count(value), count(session) FROM cohort") == [
        (len(table), table["value"].count(), 0)
    ]
    means = in_duckdb(
        study,
        files,
        """SELECT "group", hemi, avg(value) FROM cohort JOIN people ON subject = participant_id
        WHERE source = 'aparc' AND measure = 'thickness' AND region = 'insula' GROUP BY ALL ORDER BY ALL""",
    )
    assert means == insula(study, files)
    assert in_duckdb(study, files, "SELECT source, count(*) FROM cohort GROUP BY ALL ORDER BY ALL") == sorted(
        table.groupby("source").size().items()
    )


@every_form
def test_in_duckdb_a_missing_value_is_null_and_no_nan(study, files):
    n = int(whole(study, files)["value"].isna().sum())
    assert n > 0
    assert in_duckdb(
        study, files, "SELECT count(*) FILTER (value IS NULL), count(*) FILTER (isnan(value)) FROM cohort"
    ) == [(n, 0)]
    assert in_duckdb(study, files, "SELECT count(*) FROM cohort WHERE hemi IS NULL") == [
        (whole(study, files)["hemi"].isna().sum(),)
    ]


@every_form
def test_polars_gives_the_same_numbers(study, files):
    table, people = pl.scan_parquet(study / files), pl.scan_csv(study / "participants.tsv", separator="\t")
    rows = table.filter(pl.col("source") == "aparc", pl.col("measure") == "thickness", pl.col("region") == "insula")
    means = (
        rows.with_columns(pl.col("subject", "hemi").cast(pl.String))
        .join(people, left_on="subject", right_on="participant_id")
        .group_by("group", "hemi")
        .agg(pl.col("value").mean())
        .sort("group", "hemi")
        .collect()
    )
    assert means.rows() == insula(study, files)
    assert table.select(pl.len()).collect().item() == len(whole(study, files))


@every_form
def test_in_polars_a_missing_value_is_null_and_no_nan(study, files):
    counts = pl.scan_parquet(study / files).select(
        pl.col("value").null_count(), nan=pl.col("value").is_nan().sum(), hemi=pl.col("hemi").null_count()
    )
    table = whole(study, files)
    assert counts.collect().row(0) == (table["value"].isna().sum(), 0, table["hemi"].isna().sum())


@every_form
def test_polars_and_duckdb_give_the_rows_in_the_same_order(study, files):
    table = whole(study, files)
    found = pl.read_parquet(study / files).with_columns(pl.col(NAMES).cast(pl.String))
    assert found.columns == list(LONG)
    assert [text is None for text in found["hemi"]] == table["hemi"].isna().tolist()
    for name in ("subject", "source", "region", "measure", "unit"):
        assert found[name].to_list() == table[name].tolist()
    regions = in_duckdb(study, files, "SELECT region FROM cohort")
    assert [region for (region,) in regions] == table["region"].tolist()


@pytest.mark.parametrize("written", ["polars", "duckdb"])
def test_what_they_write_is_read_and_chosen_from(study, tmp_path, written):
    if written == "polars":
        pl.read_parquet(study / "cohort.parquet").write_parquet(tmp_path / "t.parquet", row_group_size=5000)
    else:
        duckdb.sql(f"COPY (FROM '{study / 'cohort.parquet'}') TO '{tmp_path / 't.parquet'}' (ROW_GROUP_SIZE 5000)")
    assert_frame_equal(read_table(tmp_path / "t.parquet"), read_table(study / "cohort.parquet"))
    chosen = {"source": "aparc", "measure": "thickness", "hemi": "lh"}
    assert_frame_equal(read_table(tmp_path / "t.parquet", **chosen), read_table(study / "cohort.parquet", **chosen))


def test_the_python_of_the_page_on_big_cohorts_runs_and_agrees(study, monkeypatch):
    monkeypatch.chdir(study)
    names = {}
    for block in re.findall(
        r"^```python\n(.*?)^```", PAGE.partition("## Working with the table")[2], re.MULTILINE | re.DOTALL
    ):
        exec(compile(block, PAGE_NAME, "exec"), names)  # noqa: S102 - our own text
    expected = insula(study, "cohort.parquet")
    assert [(*key, mean) for key, mean in names["means"].items()] == expected
    assert [row[:3] for row in names["means_in_duckdb"].itertuples(index=False, name=None)] == expected
    assert names["means_in_polars"].rows() == expected
    assert names["insula_in_pandas"]["value"].tolist() == names["table"]["value"].tolist()
    assert names["insula"].columns.tolist() == ["subject", "hemi", "measure", "value"]
    assert names["fields"]["source"].cat.categories.str.startswith("hippoSf.").all()
