"""The main job: what lies beside the table, what is chosen, and that a failure leaves nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from frames_support import assert_frame_equal
from fsstats import (
    FsstatsWarning,
    NothingFoundError,
    TableError,
    UnknownNameError,
    find_stats,
    load,
    merge,
    problems,
    read_table,
    to_wide,
)
from fsstats.io import _sinks
from fsstats.schema import FILES, LONG, SUBJECT_KEY


def listed(folder="."):
    """Name what lies in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


SURFACE = "# hemi {hemi}\n# subjectname {subject}\n# ColHeaders StructName NumVert ThickAvg\ninsula {n} 3.0{n}\ncuneus 1{n} 1.8{n}\n"
VOLUME = "# ColHeaders Index SegId NVoxels Volume_mm3 StructName\n1 17 4{n} 4{n}.5 Left-Hippocampus\n2 53 5{n} 5{n}.5 Right-Hippocampus\n"


@pytest.fixture
def root(tmp_path):
    """Three subjects with a surface table a side and a volume table each."""
    for n, subject in enumerate(("a", "b", "007"), start=1):
        stats = tmp_path / "sd" / subject / "stats"
        stats.mkdir(parents=True)
        for m, hemi in enumerate(("lh", "rh")):
            (stats / f"{hemi}.mine.stats").write_text(SURFACE.format(hemi=hemi, subject=subject, n=10 * n + m))
        (stats / "seg.stats").write_text(VOLUME.format(n=n))
    return tmp_path / "sd"


PEOPLE = pd.DataFrame({"participant_id": ["b", "a", "007"], "age": [54, 31, 40], "group": ["x", "y", "x"]})


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv"])
def test_the_table_the_account_and_their_sidecars_are_written_and_given_back(root, tmp_path, suffix):
    cohort = merge(root, tmp_path / f"out{suffix}")
    assert sorted(p.name for p in tmp_path.glob("out*")) == sorted(
        [f"out{suffix}", f"out.files{suffix}", "out.json", "out.files.json"]
    )
    assert_frame_equal(read_table(tmp_path / f"out{suffix}"), cohort.table)
    assert_frame_equal(read_table(tmp_path / f"out.files{suffix}"), cohort.files)
    assert_frame_equal(cohort.table, load(root))
    assert len(cohort.table) == 3 * (2 * 2 * 2 + 2 * 2)
    assert cohort.files["n_values"].sum() == len(cohort.table)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv"])
def test_the_account_that_was_written_tells_the_same_problems(root, tmp_path, suffix):
    (root / "a" / "stats" / "seg.stats").unlink()
    (root / "b" / "stats" / "seg.stats").write_text("")
    cohort = merge(root, tmp_path / f"out{suffix}")
    found = problems(read_table(tmp_path / f"out.files{suffix}"))
    assert_frame_equal(found, problems(cohort.files))
    assert found["rule"].tolist() == ["missing", "empty"] or set(found["rule"]) == {"empty"}


SUBSETS = {
    "subjects": ({"subjects": ["b"]}, lambda t: t["subject"] == "b"),
    "sources": ({"sources": ["seg"]}, lambda t: t["source"] == "seg"),
    "measures": ({"measures": ["thickness", "volume"]}, lambda t: t["measure"].isin(["thickness", "volume"])),
    "all three": (
        {"subjects": ["a", "007"], "sources": ["mine"], "measures": ["n_vertices"]},
        lambda t: t["subject"].isin(["a", "007"]) & (t["source"] == "mine") & (t["measure"] == "n_vertices"),
    ),
}


@pytest.mark.parametrize(("options", "chosen"), SUBSETS.values(), ids=SUBSETS)
def test_a_subset_is_what_filtering_everything_gives(root, tmp_path, options, chosen):
    everything = load(root).astype({name: "object" for name in LONG if name != "value"})
    table = merge(root, tmp_path / "out.csv", **options).table
    expected = everything[chosen(everything)].reset_index(drop=True)
    assert_frame_equal(table.astype({name: "object" for name in LONG if name != "value"}), expected)


def test_a_filtered_files_table_is_a_study_too(root, tmp_path):
    files = find_stats(root)
    cohort = merge(files[files["hemi"] == "lh"], tmp_path / "out.parquet")
    assert cohort.table["hemi"].unique().tolist() == ["lh"]
    assert cohort.files.columns.tolist() == list(FILES)


def test_participants_stand_on_every_row(root, tmp_path):
    table = merge(root, tmp_path / "out.parquet", participants=PEOPLE).table
    ages = dict(zip(PEOPLE["participant_id"], PEOPLE["age"], strict=True))
    assert table["age"].tolist() == [ages[name] for name in table["subject"]]
    assert_frame_equal(read_table(tmp_path / "out.parquet"), table)


def test_participants_without_a_match_are_named_and_nobody_is_dropped(root, tmp_path):
    with pytest.warns(
        FsstatsWarning, match="1 in the table but not in participants: 007; 1 in participants but not in the table: z"
    ):
        table = merge(root, tmp_path / "out.csv", participants=PEOPLE.replace({"007": "z"})).table
    assert len(table) == len(load(root))
    assert table.loc[table["subject"] == "007", "age"].isna().all()


def test_wide_is_one_row_a_subject_with_the_participants_in_front(root, tmp_path):
    table = merge(root, tmp_path / "out.csv", participants=PEOPLE, wide=True).table
    assert table.columns.tolist()[:5] == [*SUBJECT_KEY, "age", "group"]
    assert_frame_equal(table.drop(columns=["age", "group"]), to_wide(load(root)))
    assert read_table(tmp_path / "out.csv")["subject"].tolist() == table["subject"].tolist()


def test_wide_can_be_written_for_an_atlas_of_ones_own_with_underscores(root, tmp_path):
    (root / "a" / "stats" / "my_seg.stats").write_text(VOLUME.format(n=7).replace("Left-Hippocampus", "Region_A"))
    merge(root, tmp_path / "out.csv", wide=True)
    assert "my_seg_Region_A_volume" in read_table(tmp_path / "out.csv").columns


def test_the_sidecar_tells_where_the_values_come_from(root, tmp_path):
    merge([root, root / "a" / ".." / "b"], tmp_path / "out.parquet", subjects=["a"])
    about = json.loads((tmp_path / "out.json").read_text("utf-8"))["GeneratedBy"]
    assert about["Sources"] == [str(root), str(root / "a" / ".." / "b")]
    assert (about["NumberOfSubjects"], about["NumberOfFiles"]) == (1, 3)
    assert about["Tools"] == ["FreeSurfer"]
    assert json.loads((tmp_path / "out.files.json").read_text("utf-8"))["GeneratedBy"] == about


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are no text")
def test_a_folder_whose_name_is_no_text_costs_no_traceback(root, tmp_path):
    odd = root.rename(tmp_path / os.fsdecode(b"sd-\xff"))
    cohort = merge(odd, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").exists()
    assert set(cohort.files["status"]) <= {"ok", "unreadable"}


def test_progress_is_told_now_and_then_and_at_the_end(root, tmp_path, monkeypatch):
    told = []
    merge(root, tmp_path / "out.csv", progress=lambda done, total: told.append((done, total)))
    assert told[0] == (1, 9)
    assert told[-1] == (9, 9)
    told.clear()
    monkeypatch.setattr("fsstats.io._study._PAUSE", 0.0)
    merge(root, tmp_path / "out.csv", progress=lambda done, total: told.append((done, total)))
    assert told == [(i, 9) for i in range(1, 10)]


def never(done, total):
    pytest.fail("a file was read before the mistake was found")


MISTAKES = {
    "no format": ({}, "out.xlsx", UnknownNameError, r"expected a name that ends in \.parquet, .*, found \.xlsx"),
    "no such source": (
        {"sources": ["sge"]},
        "out.csv",
        UnknownNameError,
        "no source is called 'sge'; did you mean seg",
    ),
    "a sidecar that is another's": ({}, "taken.csv", TableError, "taken.json is there and was not written by fsstats"),
    "a folder that is not there": ({}, "no/out.csv", (OSError, TableError), "no"),
    "participants without names": (
        {"participants": PEOPLE[["age"]]},
        "out.csv",
        KeyError,
        "needs the column.*'participant_id'",
    ),
    "participants twice": (
        {"participants": pd.concat([PEOPLE] * 2)},
        "out.csv",
        TableError,
        "more than once: b, a, 007",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_call_is_found_before_anything_is_read_and_leaves_nothing(root, tmp_path, mistake):
    options, name, error, message = mistake
    (tmp_path / "taken.json").write_text("{}")
    with pytest.raises(error, match=message):
        merge(root, tmp_path / name, progress=never, **options)
    assert listed(tmp_path) == ["sd", "taken.json"]


def test_a_measure_that_does_not_exist_leaves_nothing(root, tmp_path):
    with pytest.raises(UnknownNameError, match="no measure is called 'thicknes'; did you mean thickness"):
        merge(root, tmp_path / "out.csv", measures=["thicknes"])
    assert listed(tmp_path) == ["sd"]


def test_nothing_found_leaves_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingFoundError, match="empty"):
        merge(tmp_path / "empty", tmp_path / "out.csv")
    assert listed(tmp_path) == ["empty"]


@pytest.mark.parametrize("failing", ["the account", "the table"])
def test_a_failing_write_leaves_the_older_four_files(root, tmp_path, monkeypatch, failing):
    merge(root, tmp_path / "out.csv", subjects=["a"])
    before = {path.name: path.read_bytes() for path in tmp_path.glob("out*")}
    io_merge = sys.modules["fsstats.io.merge"]  # the package has the function under this name
    module, name = (io_merge, "write_whole") if failing == "the account" else (_sinks, "write_delimited")

    def fail(table, path, *rest, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(OSError, match="No space left"):
        merge(root, tmp_path / "out.csv")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_folder_in_the_tables_place_leaves_nothing_else(root, tmp_path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises((OSError, TableError), match=r"out\.csv"):
        merge(root, tmp_path / "out.csv")
    assert listed(tmp_path) == ["out.csv", "sd"]


def test_a_damaged_file_costs_only_itself(root, tmp_path):
    whole = load(root)
    (root / "a" / "stats" / "seg.stats").write_bytes(b"\0\1\2")
    cohort = merge(root, tmp_path / "out.csv")
    lost = (whole["subject"] == "a") & (whole["source"] == "seg")
    assert_frame_equal(cohort.table.astype("object"), whole[~lost].reset_index(drop=True).astype("object"))
    row = cohort.files[cohort.files["status"] != "ok"].iloc[0]
    assert (row["subject"], row["source"], row["status"], row["n_values"]) == ("a", "seg", "unreadable", 0)
    assert "binary" in row["problem"]


def test_the_table_is_written_even_if_every_file_is_damaged(root, tmp_path):
    for path in root.rglob("*.stats"):
        path.write_text("")
    for name, wide in (("long.csv", False), ("wide.csv", True)):
        cohort = merge(root, tmp_path / name, wide=wide)
        assert set(cohort.files["status"]) == {"empty"}
        assert len(read_table(tmp_path / name)) == 0


@pytest.mark.parametrize("kind", ["a pipe", "an endless device"])
def test_what_is_no_file_is_never_opened(root, tmp_path, kind):
    path = root / "a" / "stats" / "rh.other.stats"
    if kind == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    code = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31)); import fsstats; fsstats.merge({str(root)!r}, {str(tmp_path / 'out.csv')!r})"
    done = subprocess.run([sys.executable, "-c", code], timeout=10, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    files = read_table(tmp_path / "out.files.csv")
    assert files.loc[files["source"] == "other", "status"].iloc[0] == "unreadable"
