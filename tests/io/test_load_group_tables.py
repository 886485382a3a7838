"""Tables of many subjects as roots of load and merge: each value once, contradictions named."""

import pytest

import fsstats as fs

THICKNESS = "lh.aparc.thickness\tlh_insula_thickness\tBrainSegVolNotVent\teTIV\nsub-01\t3.0\t1000000.5\t1500000.5\nsub-02\t2.5\t1100000.5\t1600000.5\n"
AREA = "lh.aparc.area\tlh_insula_area\tBrainSegVolNotVent\teTIV\nsub-01\t2000.0\t1000000.5\t1500000.5\nsub-02\t2100.0\t1100000.5\t{etiv}\n"


@pytest.fixture
def tables(tmp_path):
    def write(etiv="1600000.5"):
        (tmp_path / "thickness.txt").write_text(THICKNESS)
        (tmp_path / "area.txt").write_text(AREA.format(etiv=etiv))
        return [tmp_path / "thickness.txt", tmp_path / "area.txt"]

    return write


def test_two_tables_make_one_long_table_with_each_value_once(tables):
    cohort = fs.load_cohort(tables())
    assert set(cohort.files["status"]) == {"ok"}
    assert not cohort.table.duplicated(["subject", "source", "hemi", "region", "measure"]).any()
    wide = fs.to_wide(cohort.table).set_index("subject")
    assert wide["aparc_lh_insula_thickness"].tolist() == [3.0, 2.5]
    assert wide["aparc_lh_insula_area"].tolist() == [2000.0, 2100.0]
    etiv = cohort.table.query("measure == 'eTIV'")
    assert etiv["value"].tolist() == [1500000.5, 1600000.5]
    assert cohort.files["n_values"].sum() == len(cohort.table)


def test_what_tables_contradict_each_other_in_is_used_from_neither(tables):
    cohort = fs.load_cohort(tables(etiv="1700000.5"))
    etiv = cohort.table.query("measure == 'eTIV'")
    assert etiv["subject"].tolist() == ["sub-01"]
    bad = cohort.files[cohort.files["status"] == "partial"]
    assert len(bad) == 2
    assert bad["problem"].str.contains("sub-02 global eTIV").all()


def test_a_table_beside_its_subjects_own_files_adds_nothing_twice(tmp_path):
    made = fs.datasets.make_cohort(tmp_path / "s", n_subjects=2, seed=1)
    own = fs.load(made.root, sources=["aparc"])
    pick = own.query("hemi == 'lh' and region == 'insula' and measure == 'thickness'")
    lines = [f"{row.subject}\t{row.value}" for row in pick.itertuples()]
    table = tmp_path / "t.txt"
    table.write_text("\n".join(["lh.aparc.thickness\tlh_insula_thickness", *lines, ""]))
    cohort = fs.load_cohort([made.root, table], sources=["aparc"])
    assert cohort.table.equals(own)
    row = cohort.files.set_index("source").loc["group table"]
    assert (row["status"], row["problem"]) == ("skipped", "another file of this subject has the same values")


def test_only_some_subjects_of_a_table(tables):
    cohort = fs.load_cohort(tables(), subjects=["sub-02", "nobody"])
    assert set(cohort.table["subject"]) == {"sub-02"}
    missing = cohort.files[cohort.files["status"] == "missing"]
    assert missing["subject"].tolist() == ["nobody"]


def test_merge_takes_a_table(tables, tmp_path):
    fs.merge(tables(), tmp_path / "out.parquet", measures=["thickness"])
    assert fs.read_table(tmp_path / "out.parquet")["value"].tolist() == [3.0, 2.5]


def test_sources_choose_within_a_table(tmp_path, tables):
    made = fs.datasets.make_cohort(tmp_path / "s", n_subjects=2, seed=1)
    roots = [made.root, *tables()]
    assert set(fs.load_cohort(roots, sources=["aseg"]).table["source"]) == {"aseg"}
    assert set(fs.load_cohort(tables(), sources=["aparc"]).table["source"]) == {"aparc"}
    with pytest.raises(fs.UnknownNameError, match="no source is called 'wmparc'"):
        fs.load_cohort(tables(), sources=["wmparc"])


def test_people_of_a_table_are_those_of_the_study(tmp_path):
    made = fs.datasets.make_cohort(tmp_path / "s", n_subjects=1, sessions=1, layout="longitudinal", seed=1)
    (made.root / "sub-001_ses-1").rename(made.root / "tp1")
    (made.root / "sub-001_ses-1.long.sub-001").rename(made.root / "tp1.long.me")
    (made.root / "sub-001").rename(made.root / "me")
    table = tmp_path / "t.txt"
    table.write_text("lh.aparc.thickness\tlh_insula_thickness\ntp1\t1.5\n")
    cohort = fs.load_cohort([made.root, table], sources=["aparc"], measures=["thickness"])
    insula = cohort.table.query("region == 'insula' and hemi == 'lh' and stream == 'cross'")
    assert not len(insula)  # two values of one person contradict each other
    assert (cohort.files["status"] == "partial").sum() == 2
    assert set(cohort.table["subject"]) == {"me"}


def test_a_session_in_the_name_goes_before_one_in_a_column(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "subject,session,lh_bankssts_thickness,lh_insula_thickness,lh_temporalpole_thickness\nsub-1_ses-1,1,2.5,2.6,2.7\n"
    )
    assert set(fs.load_cohort(path).table["session"]) == {"ses-1"}


def test_a_measure_that_the_table_does_not_have_is_an_error(tables):
    path, _ = tables()
    with pytest.raises(fs.StatsFormatError, match="expected area, as was given, found thickness"):
        fs.read_group_table(path, measure="area")
