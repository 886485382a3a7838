"""The options of ``fsstats merge`` that say who reads, and where to."""

import dask
import distributed  # noqa: F401 - its settings come with it
import pytest

import fsstats as fs
from fsstats.io import _study


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(_study, "AT_ONCE", 1)


def hidden(folder):
    return sorted(path.name for path in folder.parent.glob(".*"))


@pytest.mark.parametrize("words", [["--jobs", "2"], ["-j", "1"]], ids=str)
def test_jobs_give_the_same_table(fsstats, study, words):
    done = fsstats("merge", "sd", "-o", "out.csv", *words)
    assert done.status == 0
    assert "3 subjects, 9 files" in done.err
    assert fs.merge("sd", "alone.csv").table.equals(fs.read_table("out.csv"))
    assert hidden(study) == []


@pytest.mark.parametrize("words", [[], ["--wide"]], ids=str)
def test_anonymised_outputs_name_no_folder(fsstats, study, words):
    done = fsstats("merge", "sd", "-o", "out.csv", "--anonymise", *words)
    assert done.status == 0
    written = [path.read_text(encoding="utf-8") for path in study.parent.glob("out.*")]
    assert len(written) == 4
    assert not [text for text in written if str(study.parent) in text]
    files = fs.read_table("out.files.csv")
    assert all((study / path).is_file() for path in files.loc[files["status"] == "ok", "path"])


def test_parts_and_the_command_without_part_give_the_same_table(fsstats, study):
    for part in ("3/3", "1/3", "2/3"):
        done = fsstats("merge", "sd", "-o", "out.parquet", "--part", part)
        assert (done.status, done.out) == (0, "")
        assert done.err == f"part {part}: 3 files read; the same command without --part puts the parts together\n"
        assert not study.with_name("out.parquet").exists()
    assert fsstats("merge", "sd", "-o", "out.parquet").status == 0
    assert fs.merge("sd", "alone.parquet").table.equals(fs.read_table("out.parquet"))
    assert hidden(study) == [".alone.parquet.ledgers", ".out.parquet.ledgers"]


@pytest.mark.parametrize("part", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/2/3", "", "/"])
def test_a_part_that_is_none_is_a_mistake_in_the_command(fsstats, study, part):
    done = fsstats("merge", "sd", "-o", "out.parquet", f"--part={part}")
    assert done.status == 2
    assert f"expected which part and how many there are, as 3/10, found '{part}'" in done.err
    assert hidden(study) == []


@pytest.mark.parametrize("words", [["--wide"], ["--participants", "p.tsv"]], ids=str)
def test_parts_are_not_read_where_they_would_not_be_used(fsstats, study, words):
    study.with_name("p.tsv").write_text("participant_id\tage\nsub-01\t31\n")
    done = fsstats("merge", "sd", "-o", "out.parquet", "--part", "1/2", *words)
    assert done.status == 2
    assert "parts are of no use to --wide and --participants" in done.err
    assert hidden(study) == []


def test_a_folder_of_parts(fsstats, study):
    done = fsstats("merge", "sd", "-o", "cohort/")
    assert done.status == 0
    assert "-> cohort (" in done.err
    assert sorted(path.name for path in study.with_name("cohort").iterdir()) == [
        f"{number:06d}.parquet" for number in range(3)
    ]
    assert fs.read_table("cohort").equals(fs.merge("sd", "alone.parquet").table)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere.json", "127.0.0.1:0"])
def test_a_cluster_that_is_not_there_is_named(fsstats, study, address):
    with dask.config.set({"distributed.comm.timeouts.connect": "300ms"}):
        done = fsstats("merge", "sd", "-o", "out.parquet", "--dask", address)
    assert (done.status, done.out) == (1, "")
    assert f"no Dask scheduler answers at {address}" in done.err
    assert "Traceback" not in done.err
    assert hidden(study) == []


def test_jobs_and_a_cluster_exclude_each_other(fsstats, study):
    done = fsstats("merge", "sd", "-o", "out.parquet", "--dask", "tcp://127.0.0.1:9", "--jobs", "2")
    assert done.status == 2
    assert "Invalid value for --jobs: the workers of the cluster read" in done.err
    assert hidden(study) == []


def test_the_help_names_them(fsstats):
    done = fsstats("merge", "--help")
    for word in ("--jobs", "--part", "--dask", "I/N", "ADDRESS", "slash", "goes on where it was"):
        assert word in done.out
