"""A cohort from disk: whole, damaged, contradictory; what is lost is what is damaged, and no more."""

import shutil
import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.datasets import DAMAGE, make_cohort
from fsstats.schema import KEY

HARMLESS = {"crlf", "latin1", "doubled"}
TOOLS = ("freesurfer-6.0.0", "freesurfer-7.4.1", "fastsurfer-2.2.0")
LAYOUTS = ("subjects_dir", "bids", "longitudinal")
STUDIES = [pair for pair in product(TOOLS, LAYOUTS) if pair != ("fastsurfer-2.2.0", "longitudinal")]


def same_values(one, other):
    """Assert that two long tables hold the same rows, in whatever order."""
    labels = [*KEY, "unit"]
    assert len(one) == len(other)
    both = pd.concat([one[labels].astype("str"), other[labels].astype("str")])
    codes = np.stack([pd.factorize(both[name])[0] for name in labels])
    halves = codes[:, : len(one)], codes[:, len(one) :]
    orders = [np.lexsort(half) for half in halves]
    assert np.array_equal(*(half[:, order] for half, order in zip(halves, orders, strict=True)))
    values = [table["value"].to_numpy()[order] for table, order in zip((one, other), orders, strict=True)]
    assert np.array_equal(*values, equal_nan=True)


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged") / "subjects"
    return make_cohort(folder, n_subjects=200, damaged=0.05, seed=20)


@pytest.fixture(scope="module")
def read(damaged):
    return fs.load_cohort(damaged.root)


class TestTwoHundredSubjectsWithFiveInAHundredDamaged:
    def test_every_kind_of_damage_is_there(self, damaged):
        assert set(damaged.damage["kind"]) == set(DAMAGE)
        assert len(damaged.damage) > 150

    def test_every_undamaged_value_is_there_and_right_and_nothing_else(self, damaged, read):
        same_values(read.table, damaged.readable)

    def test_the_values_lost_are_the_values_damaged(self, damaged, read):
        assert len(damaged.table) - len(read.table) == damaged.damage["n_lost"].sum()

    def test_every_damaged_file_is_in_the_files_table_with_its_reason(self, damaged, read):
        rows = read.files.set_index("path").loc[damaged.damage["path"]]
        assert rows["problem"].notna().all()
        kinds = damaged.damage["kind"].to_numpy()
        assert set(rows["status"][np.isin(kinds, list(HARMLESS))]) == {"ok"}
        assert not rows["status"][~np.isin(kinds, list(HARMLESS))].isin(["ok", "found", "skipped"]).any()

    def test_no_whole_file_is_accused(self, damaged, read):
        others = read.files[~read.files["path"].isin(damaged.damage["path"])]
        assert set(others["status"]) == {"ok"}
        assert others["problem"].isna().all()

    def test_the_account_of_values_is_right(self, read):
        assert read.files["n_values"].sum() == len(read.table)

    def test_merge_writes_the_same(self, damaged, read, tmp_path):
        fs.merge(damaged.root, tmp_path / "cohort.parquet")
        again = fs.read_table(tmp_path / "cohort.parquet")
        assert again.dtypes.equals(read.table.dtypes)
        assert again.equals(read.table)
        assert_frame_equal(fs.read_table(tmp_path / "cohort.files.parquet"), read.files)

    def test_problems_are_errors_where_values_are_lost_and_notes_where_none_are(self, damaged, read):
        found = fs.problems(read.files)
        assert (found["level"] == "error").sum() == (~damaged.damage["kind"].isin(HARMLESS)).sum()
        assert (found["level"] == "note").sum() == damaged.damage["kind"].isin(HARMLESS).sum()
        assert len(found) == len(damaged.damage)


@pytest.mark.parametrize(("tool", "layout"), STUDIES)
def test_what_was_written_is_what_is_read(tmp_path, tool, layout):
    made = make_cohort(tmp_path / "s", n_subjects=3, sessions=2, tool=tool, layout=layout, seed=3)
    cohort = fs.load_cohort(made.root)
    same_values(cohort.table, made.table)
    assert set(cohort.files.loc[cohort.files["subject"].notna(), "status"]) == {"ok"}
    assert len(fs.problems(cohort.files)) == 0


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**31),
    n_subjects=st.integers(1, 3),
    sessions=st.integers(1, 2),
    study=st.sampled_from(STUDIES),
    groups=st.lists(st.text("abcXYZ", min_size=1, max_size=6), min_size=1, max_size=3, unique=True),
    exponent=st.floats(0, 1),
)
def test_law_what_make_cohort_wrote_is_what_load_reads(
    tmp_path_factory, seed, n_subjects, sessions, study, groups, exponent
):
    tool, layout = study
    folder = tmp_path_factory.mktemp("law") / "s"
    made = make_cohort(
        folder,
        n_subjects=n_subjects,
        sessions=sessions,
        tool=tool,
        layout=layout,
        groups=tuple(groups),
        head_size_exponent=exponent,
        seed=seed,
    )
    same_values(fs.load_cohort(made.root).table, made.table)
    shutil.rmtree(folder)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**31), tool=st.sampled_from(TOOLS))
def test_law_what_is_lost_is_what_is_damaged(tmp_path_factory, seed, tool):
    folder = tmp_path_factory.mktemp("law") / "s"
    made = make_cohort(folder, n_subjects=8, tool=tool, damaged=0.12, seed=seed)
    same_values(fs.load_cohort(made.root).table, made.readable)
    shutil.rmtree(folder)


@pytest.fixture
def small(tmp_path):
    return make_cohort(tmp_path / "s", n_subjects=3, seed=5)


def file_of(made, subject: str, name: str) -> Path:
    return Path(made.root, subject, "stats", name)


class TestChoosing:
    def test_measures(self, small):
        table = fs.load(small.root, measures=["thickness", "eTIV"])
        assert set(table["measure"]) == {"thickness", "eTIV"}
        expected = small.table[small.table["measure"].isin(["thickness", "eTIV"])]
        same_values(table, expected)

    def test_sources_and_subjects(self, small):
        table = fs.load(small.root, sources=["aseg"], subjects=["sub-002"])
        assert table["subject"].unique().tolist() == ["sub-002"]
        assert table["source"].unique().tolist() == ["aseg"]

    def test_a_filtered_files_table(self, small):
        files = fs.find_stats(small.root)
        table = fs.load(files[(files["hemi"] == "lh") & (files["source"] == "aparc")])
        assert set(table["hemi"]) == {"lh"}

    def test_details(self, small):
        table = fs.load(small.root, sources=["aseg"], details=True)
        row = table[(table["region"] == "Left-Thalamus") & (table["measure"] == "volume")].iloc[0]
        assert (row["segid"], row["name_found"]) == (10, "Left-Thalamus")
        assert table.loc[table["region"] == "global", "segid"].isna().all()

    def test_one_name_is_as_good_as_a_list_of_one(self, small):
        one = fs.load(small.root, subjects="sub-002", sources="aseg", measures="volume")
        assert one.equals(fs.load(small.root, subjects=["sub-002"], sources=["aseg"], measures=["volume"]))

    def test_a_merged_table_is_not_a_folder(self, small, tmp_path):
        fs.merge(small.root, tmp_path / "cohort.parquet", sources=["aseg"])
        with pytest.raises(
            fs.NothingFoundError,
            match=r"cohort\.parquet: expected a folder of .*, found a table .*Read it with read_table",
        ):
            fs.load(tmp_path / "cohort.parquet")

    def test_a_measure_that_does_not_exist(self, small):
        with pytest.raises(fs.UnknownNameError, match="no measure is called 'thicknes'; did you mean thickness"):
            fs.load(small.root, measures=["thicknes"])

    def test_a_source_that_does_not_exist(self, small):
        with pytest.raises(fs.UnknownNameError, match=r"no source is called 'aparc.a2005s'; did you mean aparc.a2009s"):
            fs.load(small.root, sources=["aparc.a2005s"])

    def test_a_table_that_is_no_files_table(self):
        with pytest.raises(fs.ColumnsError, match="load needs the column"):
            fs.load(pd.DataFrame({"path": []}))


class TestContradictions:
    def test_two_files_for_one_place_that_differ_are_both_refused(self, small, tmp_path):
        other = make_cohort(tmp_path / "other", n_subjects=1, seed=6)
        cohort = fs.load_cohort([small.root, other.root], sources=["aseg"])
        rows = cohort.files[cohort.files["subject"] == "sub-001"]
        assert rows["status"].tolist() == ["conflict", "conflict"]
        assert rows["problem"].str.contains("several that differ: ").all()
        assert all(rows["problem"].str.contains(path, regex=False).all() for path in rows["path"])
        found = fs.problems(cohort.files)
        assert found.loc[found["rule"] == "conflict", "subject"].tolist() == ["sub-001"]
        assert "sub-001" not in set(cohort.table["subject"])
        assert "sub-002" in set(cohort.table["subject"])

    def test_two_files_for_one_place_that_are_equal_are_one(self, small, tmp_path):
        shutil.copytree(small.root, tmp_path / "again", symlinks=True)
        cohort = fs.load_cohort([small.root, tmp_path / "again"])
        same_values(cohort.table, small.table)
        n = len(cohort.files) // 2
        assert cohort.files["status"].value_counts().to_dict() == {"ok": n, "skipped": n}
        found = fs.problems(cohort.files)
        assert found[["level", "rule", "subject"]].to_numpy().tolist() == [
            ["note", "copy", f"sub-00{k}"] for k in (1, 2, 3)
        ]
        of_one = [str(tmp_path / "again" / "sub-001"), str(small.root / "sub-001")]
        assert found["problem"][0].startswith("found the same file in two places: ")
        assert found["problem"][0].endswith(f"; {n // 3 - 1} more of this subject likewise")
        assert all(one in found["problem"][0] for one in of_one)

    def test_a_copy_of_another_subject_is_refused_and_the_original_kept(self, small):
        shutil.copy(file_of(small, "sub-001", "aseg.stats"), file_of(small, "sub-002", "aseg.stats"))
        cohort = fs.load_cohort(small.root, sources=["aseg"])
        assert cohort.files["status"].tolist() == ["ok", "conflict", "ok"]
        assert "byte for byte" in cohort.files["problem"][1]

    def test_two_copies_that_name_nobody_here_are_both_refused(self, small):
        text = (
            file_of(small, "sub-003", "aseg.stats").read_text().replace("# subjectname sub-003", "# subjectname other")
        )
        for subject in ("sub-001", "sub-002"):
            file_of(small, subject, "aseg.stats").write_text(text)
        cohort = fs.load_cohort(small.root, sources=["aseg"])
        assert cohort.files["status"].tolist() == ["conflict", "conflict", "ok"]

    def test_the_other_hemisphere_under_this_name_is_refused(self, small):
        shutil.copy(file_of(small, "sub-001", "rh.aparc.stats"), file_of(small, "sub-001", "lh.aparc.stats"))
        cohort = fs.load_cohort(small.root, sources=["aparc"])
        assert cohort.files["status"].tolist()[:2] == ["conflict", "ok"]
        assert "expected hemisphere lh (its name), found rh (its header)" in cohort.files["problem"][0]

    def test_another_kind_of_file_under_this_name_is_refused(self, small):
        shutil.copy(file_of(small, "sub-001", "lh.aparc.a2009s.stats"), file_of(small, "sub-001", "lh.aparc.stats"))
        cohort = fs.load_cohort(small.root, sources=["aparc"])
        assert cohort.files["status"].tolist()[:2] == ["conflict", "ok"]
        assert "found aparc.a2009s (its header's command line)" in cohort.files["problem"][0]

    def test_a_file_of_another_subject_that_has_a_newer_one_is_said(self, small):
        text = file_of(small, "sub-002", "aseg.stats").read_text()
        file_of(small, "sub-001", "aseg.stats").write_text(text.replace("# hostname ", "# hostname x"))
        found = fs.check(small.root)
        assert found[["level", "rule", "subject"]].to_numpy().tolist() == [["warning", "subject", "sub-001"]]
        assert "found in their headers sub-001 (BA_exvivo" in found["problem"][0]
        assert found["problem"][0].endswith("sub-002 (aseg)")

    def test_a_region_of_a_custom_atlas_that_one_file_lacks_is_named(self, small):
        text = "# hemi lh\n# ColHeaders StructName NumVert ThickAvg\none 10 2.5\ntwo {} 2.5\nthree 10 2.5\n"
        for i, subject in enumerate(("sub-001", "sub-002", "sub-003")):
            body = text.format(i) if i != 1 else text.format(i).replace("three 10 2.5\n", "")
            file_of(small, subject, "lh.mine.stats").write_text(body)
        cohort = fs.load_cohort(small.root, sources=["mine"])
        read = cohort.files[cohort.files["hemi"] == "lh"]
        assert read["status"].tolist() == ["ok", "partial", "ok"]
        assert read["problem"].iloc[1].endswith("found none of three")


def test_load_warns_of_every_problem_once(small):
    file_of(small, "sub-002", "aseg.stats").unlink()
    file_of(small, "sub-003", "lh.aparc.stats").write_bytes(b"")
    with pytest.warns(fs.FsstatsWarning, match=r"2 problem\(s\).*\n- .*sub-002.*aseg.*no such file") as caught:
        fs.load(small.root)
    assert "sub-003 lh aparc: expected a stats file, found an empty file" in str(caught[0].message)
    assert "with_versions" not in str(caught[0].message)
    assert len(caught) == 1


def test_load_is_silent_where_all_is_well(small):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fs.load(small.root)


def test_the_same_folder_gives_the_same_frame(small):
    assert fs.load(small.root).equals(fs.load(small.root))


def test_regions_are_one_across_versions(tmp_path):
    made = make_cohort(tmp_path / "s", n_subjects=4, tool=TOOLS[:2], seed=4)
    mixed = "mixes releases of FreeSurfer: 6.0.0 .2 subjects., 7.4.1 .2 subjects"
    with pytest.warns(fs.FsstatsWarning, match=mixed) as caught:
        table = fs.load(made.root)
    assert "with_versions(cohort.table, cohort.files)" in str(caught[0].message)
    per_subject = (
        table[table["region"] != "global"]
        .groupby(["source", "hemi", "region", "measure"], observed=True, dropna=False)
        .size()
    )
    assert set(per_subject) == {4}


def test_versions_and_meanings_are_in_the_files_table(tmp_path):
    made = make_cohort(tmp_path / "s", n_subjects=2, tool=TOOLS[:2], seed=4)
    files = fs.load_cohort(made.root).files
    aseg = files[files["source"] == "aseg"]
    assert aseg["version"].tolist() == ["6.0.0", "7.4.1"]
    assert "CerebralWhiteMatterVol=surface" in aseg["definitions"].iloc[0]
    assert "CerebralWhiteMatterVol=voxels" in aseg["definitions"].iloc[1]
    rules = fs.problems(files)[["rule", "source"]].drop_duplicates()
    assert {"versions", "definitions"} == set(rules["rule"])


def test_uncorrected_brain_volumes_are_said(tmp_path):
    made = make_cohort(tmp_path / "s", n_subjects=2, tool="freesurfer-6.0.0", seed=4)
    path = file_of(made, "sub-001", "aseg.stats")
    path.write_text(path.read_text().replace("# VoxelVolume_mm3 1 ", "# VoxelVolume_mm3 0.343 "))
    found = fs.problems(fs.load_cohort(made.root).files)
    row = found[found["rule"] == "uncorrected volumes"].iloc[0]
    assert (row["level"], row["subject"], row["source"]) == ("warning", "sub-001", "aseg")
    assert "voxels that are not 1 mm^3" in row["problem"]


def test_a_failed_recon_is_said_though_its_files_are_read(small):
    Path(small.root, "sub-001", "scripts", "recon-all.done").write_text("1\n")
    cohort = fs.load_cohort(small.root)
    assert set(cohort.files.loc[cohort.files["subject"] == "sub-001", "state"]) == {"failed"}
    found = fs.problems(cohort.files)
    assert found[["level", "rule", "subject"]].to_numpy().tolist() == [["warning", "recon-all", "sub-001"]]
    same_values(cohort.table, small.table)
