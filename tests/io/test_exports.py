"""What is written for other programs: ENIGMA, BIDS, qdec and FSGD, spreadsheets; and a merged table read back."""

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from bidsschematools.validator import validate_bids

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.datasets import make_cohort
from fsstats.io.cohorts import is_merged
from fsstats.tables.redcap import redcap_names


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("cohort") / "fs", n_subjects=3, sessions=2, seed=4)


@pytest.fixture(scope="module")
def cohort(made):
    return fs.load_cohort(made.root, details=True)


# ENIGMA


def test_enigma_from_files_has_the_version_or_not(cohort, tmp_path):
    written = fs.write_enigma(cohort, tmp_path / "with")
    fs.write_enigma(cohort, tmp_path / "without", version=False)
    assert sorted(written) == sorted(path.name for path in (tmp_path / "with").iterdir())
    for name in written:
        new, old = ((tmp_path / folder / name).read_text().splitlines() for folder in ("with", "without"))
        assert new[0] == f"{old[0]},Freesurfer_Version"
        assert [f"{line},7.4.1" for line in old[1:]] == new[1:]
    assert [line.split(",")[0] for line in new[1:3]] == ["sub-001_ses-1", "sub-001_ses-2"]


@pytest.mark.parametrize("name", ["LandRvolumes", "CorticalMeasuresENIGMA_ThickAvg", "CorticalMeasuresENIGMA_SurfAvg"])
@pytest.mark.filterwarnings("ignore:.*cells are NA")
def test_enigma_comes_back_as_it_was(name, cohort, tmp_path):
    fs.write_enigma(cohort, tmp_path, version=False)
    fs.write_enigma(fs.read_group_table(tmp_path / f"{name}.csv"), tmp_path / "again", version=False)
    assert (tmp_path / "again" / f"{name}.csv").read_text() == (tmp_path / f"{name}.csv").read_text()


def test_enigma_says_what_is_missing(tmp_path):
    fast = fs.load_cohort(make_cohort(tmp_path / "fs", n_subjects=2, tool="fastsurfer-2.2.0", seed=1).root)
    with pytest.warns(fs.FsstatsWarning) as said:
        fs.write_enigma(fast, tmp_path / "out")
    assert any("ThickAvg.csv: 12 cells are NA, in L_bankssts_thickavg" in str(one.message) for one in said)


# BIDS


@pytest.fixture(scope="module")
def bids(cohort, made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bids") / "derivatives"
    fs.write_bids(cohort, folder, participants=made.participants)
    return folder


def rows(path):
    return pd.read_csv(path, sep="\t", dtype="str", keep_default_na=False)


def test_bids_names_are_the_standards(bids):
    found = validate_bids(str(bids))
    assert found["path_tracking"] == []
    assert len(found["path_listing"]) > 20


def test_a_subjects_table_has_the_values_of_the_long_one(bids, cohort):
    path = bids / "sub-001" / "ses-2" / "anat" / "sub-001_ses-2_hemi-L_seg-aparc_morph.tsv"
    long = cohort.table
    own = long[(long["subject"] == "sub-001") & (long["session"] == "ses-2") & (long["source"] == "aparc")]
    own = own[(own["hemi"] == "lh") & (own["region"] != "global")]
    wide = own.pivot_table(index="region", columns="measure", values="value", observed=True, sort=False)
    found = rows(path).set_index("name")
    assert list(found.index) == [str(name) for name in own["region"].unique()]
    assert "index" not in found.columns
    for measure in wide.columns:
        pd.testing.assert_series_equal(
            found[measure].astype("float64"), wide[measure].set_axis(found.index), check_names=False
        )
    assert found["n_vertices"].str.isdecimal().all()


def test_every_column_is_described_and_measures_have_units(bids):
    tables = list(bids.rglob("*.tsv"))
    assert len(tables) > 50
    for path in tables:
        described = json.loads(path.with_suffix(".json").read_text())
        assert set(rows(path).columns) <= set(described), path
    described = json.loads((bids / "phenotype" / "aseg_ses-1.json").read_text())
    assert described["aseg_Left-Hippocampus_volume"] == {"Description": "Volume, lh Left-Hippocampus", "Units": "mm^3"}
    assert "Units" not in described["aseg_Left-Hippocampus_n_voxels"]


def test_ids_sides_and_missing_values(bids):
    aseg = rows(bids / "sub-002" / "ses-1" / "anat" / "sub-002_ses-1_seg-aseg_morph.tsv")
    first = aseg.iloc[0]
    assert (first["index"], first["name"], first["hemisphere"]) == ("4", "Left-Lateral-Ventricle", "lh")
    third = aseg.set_index("name").loc["3rd-Ventricle"]
    assert third["hemisphere"] == "n/a"
    fifth = aseg.set_index("name").loc["5th-Ventricle"]
    assert (fifth["volume"], fifth["intensity_mean"]) == ("0.0", "n/a")
    head = rows(bids / "sub-002" / "ses-1" / "anat" / "sub-002_ses-1_seg-aseg_desc-global_morph.tsv")
    assert len(head) == 1
    assert head["lhSurfaceHoles"].item().isdecimal()


def test_what_varies_within_a_person_goes_to_the_sessions(bids):
    assert list(rows(bids / "participants.tsv").columns) == ["participant_id", "sex", "group", "site"]
    sessions = rows(bids / "sub-001" / "sub-001_sessions.tsv")
    assert sessions["session_id"].tolist() == ["ses-1", "ses-2"]
    assert list(sessions.columns) == ["session_id", "age"]


def test_the_group_has_a_row_a_participant(bids):
    for path in (bids / "phenotype").glob("*.tsv"):
        found = rows(path)
        assert found.columns[0] == "participant_id"
        assert found["participant_id"].is_unique


def test_the_dataset_says_who_made_it(bids):
    about = json.loads((bids / "dataset_description.json").read_text())
    assert about["DatasetType"] == "derivative"
    assert [one["Name"] for one in about["GeneratedBy"]] == ["fsstats", "FreeSurfer"]
    assert (bids / ".bidsignore").read_text().splitlines() == ["*_morph.tsv", "*_morph.json"]


def long_of(*subjects, stream="cross", session=None):
    columns = ["subject", "session", "stream", "source", "hemi", "region", "measure", "value", "unit"]
    data = [(s, session, stream, "aseg", "lh", "Left-Amygdala", "volume", 1500.0, "mm^3") for s in subjects]
    return pd.DataFrame(data, columns=columns)


def test_labels_are_letters_and_digits_and_may_not_meet(tmp_path):
    fs.write_bids(long_of("pat_02", "sub-01"), tmp_path / "a")
    people = rows(tmp_path / "a" / "participants.tsv")
    assert people.to_dict("list") == {"participant_id": ["sub-pat02", "sub-01"], "freesurfer_id": ["pat_02", "sub-01"]}
    for other in ("pat02", "Pat02"):
        with pytest.raises(fs.TableError, match=f"would both be sub-{other}"):
            fs.write_bids(long_of("pat_02", other), tmp_path / "b")


@pytest.mark.parametrize(("one", "other"), [("ses-1.0", "ses-10"), ("ses-pre", "ses-Pre")])
def test_sessions_may_not_meet_either(tmp_path, one, other):
    table = pd.concat([long_of("s", session=one), long_of("s", session=other)])
    with pytest.raises(fs.TableError, match=f"would both be {one.replace('.', '')}"):
        fs.write_bids(table, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_sources_may_not_meet_either(tmp_path):
    table = pd.concat([long_of("s").assign(source=name) for name in ("mine", "Mine")])
    with pytest.raises(fs.TableError, match="'mine' and 'Mine' would both be seg-Mine"):
        fs.write_bids(table, tmp_path / "a")


def test_participants_are_found_in_either_form_of_unicode(tmp_path):
    people = pd.DataFrame({"participant_id": ["M\u00fcller"], "age": [30]})
    fs.write_bids(long_of("Mu\u0308ller"), tmp_path / "a", participants=people)
    assert rows(tmp_path / "a" / "participants.tsv")["age"].tolist() == ["30"]


def test_participants_are_found_by_either_name_and_missed_aloud(tmp_path):
    people = pd.DataFrame({"participant_id": ["sub-pat_02", "sub-03"], "age": [30, 31], "freesurfer_id": ["x", "y"]})
    with pytest.warns(fs.FsstatsWarning, match="no row of sub-04"):
        fs.write_bids(long_of("pat_02", "sub-03", "sub-04"), tmp_path / "a", participants=people)
    found = rows(tmp_path / "a" / "participants.tsv")
    assert found["age"].tolist() == ["30.0", "31.0", "n/a"]
    assert found["freesurfer_id"].tolist() == ["x", "y", "n/a"]


def test_streams_are_descriptions(tmp_path):
    table = pd.concat([long_of("s", stream="long", session="ses-1"), long_of("s", stream="base")])
    written = fs.write_bids(table, tmp_path / "a")
    names = {path.name for path in written if path.suffix == ".tsv"}
    assert {"sub-s_ses-1_seg-aseg_desc-long_morph.tsv", "sub-s_seg-aseg_desc-base_morph.tsv"} <= names
    assert {"aseg_ses-1_desc-long.tsv", "aseg_desc-base.tsv"} <= names


def test_a_strangers_folder_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(fs.TableError, match="not written by fsstats"):
        fs.write_bids(long_of("s"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    fs.write_bids(long_of("s"), tmp_path / "own")
    fs.write_bids(long_of("s"), tmp_path / "own")  # and ours is written again
    with pytest.raises(fs.TableError, match="holds sub-s of an earlier dataset"):
        fs.write_bids(long_of("t"), tmp_path / "own")


def test_participants_with_several_rows_need_sessions(tmp_path):
    people = pd.DataFrame({"participant_id": ["s", "s"], "age": [30, 31]})
    with pytest.raises(fs.TableError, match="session_id"):
        fs.write_bids(long_of("s"), tmp_path / "a", participants=people)


# Models


def test_a_group_descriptor_file_and_back(cohort, made, tmp_path):
    with pytest.warns(fs.FsstatsWarning, match="3 subjects have several rows"):
        people = fs.people_of(cohort, made.participants, ["eTIV", "aseg_Left-Hippocampus_volume"])
    variables = ["age", "eTIV", "aseg_Left-Hippocampus_volume"]
    fs.write_fsgd(people, tmp_path / "a.fsgd", factors=["sex", "group"], variables=variables, title="all")
    found = fs.read_fsgd(tmp_path / "a.fsgd")
    assert found["fsid"].tolist() == [f"sub-00{n}_ses-{m}" for n in (1, 2, 3) for m in (1, 2)]
    assert found["class"].astype("str").tolist() == [
        f"{s}_{g}" for s, g in zip(people["sex"], people["group"], strict=True)
    ]
    assert_frame_equal(found[variables], people[variables].astype("float64"), check_exact=True)
    long = cohort.table
    etiv = long[(long["source"] == "aseg") & (long["measure"] == "eTIV")]["value"]
    assert found["eTIV"].tolist() == etiv.tolist()


def test_a_longitudinal_qdec_table_and_back(made, tmp_path):
    study = make_cohort(tmp_path / "fs", n_subjects=2, sessions=2, layout="longitudinal", seed=4)
    people = fs.people_of(fs.load_cohort(study.root, sources=["aseg"]), study.participants, longitudinal=True)
    assert set(people["stream"]) == {"long"}
    path = tmp_path / "long.qdec.table.dat"
    fs.write_qdec(people, path, variables=["age"], factors=["sex"], longitudinal=True)
    found = fs.read_qdec(path)
    assert list(found.columns) == ["fsid", "fsid-base", "sex", "age"]
    for tp, base in zip(found["fsid"], found["fsid-base"], strict=True):
        assert (study.root / f"{tp}.long.{base}" / "stats" / "aseg.stats").exists()
    assert (tmp_path / "sex.levels").read_text().split() == sorted(set(people["sex"]))


WRONG = {
    "a missing value": ({"age": [30, None]}, "missing for b"),
    "no number": ({"age": ["30", "old"]}, "'old' is no number; is it a factor"),
    "blanks in a level": ({"sex": ["F", "not told"]}, "'not told'"),
    "blanks in a name": ({"fsid": ["a", "b c"]}, "'b c'"),
    "a name that is a comment": ({"fsid": ["a", "#b"]}, "'#b'"),
    "a run twice": ({"fsid": ["a", "a"]}, "several rows"),
}


@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize("kind", ["qdec", "fsgd"])
def test_what_freesurfer_would_misread_is_an_error_that_names_it(how, kind, tmp_path):
    change, found = WRONG[how]
    people = pd.DataFrame({"fsid": ["a", "b"], "sex": ["F", "M"], "age": [30, 31]} | change)
    write = {"qdec": fs.write_qdec, "fsgd": fs.write_fsgd}[kind]
    with pytest.raises(fs.TableError, match=found):
        write(people, tmp_path / "x", variables=["age"], factors=["sex"])
    assert not list(tmp_path.iterdir())


def test_a_measure_of_both_sides_must_say_which(cohort, made):
    with pytest.raises(fs.TableError, match="aparc_lh_global_MeanThickness, aparc_rh_global_MeanThickness"):
        fs.people_of(cohort, made.participants, ["MeanThickness"])


@pytest.mark.filterwarnings("ignore:.*in participants but not")
def test_a_longitudinal_table_needs_longitudinal_runs_and_several_of_each(cohort, made, tmp_path):
    with pytest.raises(fs.TableError, match="no run of the stream long"):
        fs.people_of(cohort, made.participants, longitudinal=True)
    study = make_cohort(tmp_path / "fs", n_subjects=2, sessions=2, layout="longitudinal", seed=4)
    long = fs.load_cohort(study.root, sources=["aseg"]).table
    runs = long["subject"].astype("str") + long["session"].astype("str")
    with pytest.warns(fs.FsstatsWarning, match="1 subjects have one time point"):
        fs.people_of(long[runs != runs[long["session"].notna()].iloc[0]], study.participants, longitudinal=True)


def test_no_subject_in_common_is_an_error(cohort):
    with pytest.raises(fs.TableError, match="no subject of the table is in participants"):
        fs.people_of(cohort, pd.DataFrame({"participant_id": ["x"], "age": [1]}))


@pytest.mark.filterwarnings("ignore:.*several rows")
def test_a_table_merged_with_participants_needs_them_no_more(made, tmp_path):
    path = fs.merge(made.root, tmp_path / "cohort.parquet", participants=made.participants).path
    people = fs.people_of(fs.read_cohort(path), variables=["eTIV"])
    assert people["age"].tolist() == made.participants.sort_values(["participant_id", "session_id"])["age"].tolist()
    assert people["eTIV"].notna().all()


def test_combinations_of_levels_are_classes_of_their_own(tmp_path):
    people = pd.DataFrame({"fsid": ["a", "b"], "g": ["a_b", "a"], "h": ["c", "b_c"]})
    with pytest.raises(fs.TableError, match="a_b_c"):
        fs.write_fsgd(people, tmp_path / "x.fsgd", factors=["g", "h"])


def test_levels_that_are_numbers_have_no_decimals(tmp_path):
    people = pd.DataFrame({"fsid": ["a", "b"], "g": [1.0, 2.0]})
    fs.write_fsgd(people, tmp_path / "x.fsgd", factors="g")
    assert fs.read_fsgd(tmp_path / "x.fsgd")["class"].tolist() == ["1", "2"]


def test_levels_of_another_table_are_left_alone(tmp_path):
    (tmp_path / "g.levels").write_text("x\n")
    people = pd.DataFrame({"fsid": ["a"], "g": ["y"]})
    with pytest.raises(fs.TableError, match="holds other levels"):
        fs.write_qdec(people, tmp_path / "q.dat", factors=["g"])
    assert [path.name for path in tmp_path.iterdir()] == ["g.levels"]


WRITERS = {
    "bids": lambda where: fs.write_bids(long_of("s"), where),
    "enigma": lambda where: fs.write_enigma(long_of("s"), where),
    "redcap": lambda where: fs.write_redcap(fs.to_wide(long_of("s")), where),
    "spreadsheet": lambda where: fs.write_spreadsheet(pd.DataFrame({"a": [1]}), f"{where}.csv"),
    "tables": lambda where: fs.write_freesurfer_tables(long_of("s"), where),
    "fsgd": lambda where: fs.write_fsgd(pd.DataFrame({"fsid": ["a"]}), where),
}


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
@pytest.mark.parametrize("name", WRITERS)
def test_an_address_is_no_folder_here(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(fs.TableError, match="this machine only"):
        WRITERS[name]("s3://bucket/x")
    assert not list(tmp_path.iterdir())


def test_unknown_variables_are_named_with_the_nearest(cohort, made):
    with pytest.raises(fs.UnknownNameError, match="eTIV"):
        fs.people_of(cohort, made.participants, ["eTVI"])


READ_WRONG = {
    "no qdec table": ("read_qdec", "subject age\na 30\n", "fsid"),
    "a short row": ("read_qdec", "fsid age\na\n", "line 2"),
    "no fsgd": ("read_fsgd", "Input a F 30\n", "GroupDescriptorFile"),
    "a long input": ("read_fsgd", "GroupDescriptorFile 1\nClass F\nInput a F 30\n", "line 3"),
    "an unknown class": ("read_fsgd", "GroupDescriptorFile 1\nClass F\nInput a M\n", "a class"),
    "no number": ("read_fsgd", "GroupDescriptorFile 1\nClass F\nVariables age\nInput a F x\n", "numbers in age"),
}


@pytest.mark.parametrize("how", READ_WRONG)
def test_what_is_no_such_file_is_named(how, tmp_path):
    reader, text, found = READ_WRONG[how]
    (tmp_path / "x").write_text(text)
    with pytest.raises(fs.StatsFormatError, match=found):
        getattr(fs, reader)(tmp_path / "x")


def test_comments_markers_and_capitals_of_a_group_descriptor_file(tmp_path):
    text = "GroupDescriptorFile 1\n# words\nTitle x\nCLASS A plus blue\n\nvariables age\ninput s A 30\n#Input t A 31\n"
    (tmp_path / "x.fsgd").write_text(text)
    assert fs.read_fsgd(tmp_path / "x.fsgd").to_dict("list") == {"fsid": ["s"], "class": ["A"], "age": [30.0]}


# Spreadsheets

DANGEROUS = ["=1+1", "+1", "-1", "@x", "sub-01"]


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    wide = pd.DataFrame({"subject": DANGEROUS, "=x": [1.5, None, 3.0, 4.0, -5.0]})
    fs.write_spreadsheet(wide, tmp_path / "wide.csv")
    lines = (tmp_path / "wide.csv").read_text().splitlines()
    assert lines == ["subject,'=x", "'=1+1,1.5", "'+1,", "'-1,3.0", "'@x,4.0", "sub-01,-5.0"]
    fs.write_spreadsheet(wide, tmp_path / "other.tsv")
    assert (tmp_path / "other.tsv").read_text().splitlines()[2] == "'+1\tn/a"


def test_the_sidecar_of_another_table_is_left_alone(made, tmp_path):
    path = fs.merge(made.root, tmp_path / "cohort.parquet", sources=["aseg"]).path
    with pytest.raises(fs.TableError, match=r"describes cohort\.parquet"):
        fs.write_spreadsheet(pd.DataFrame({"a": [1]}), tmp_path / "cohort.csv")
    (tmp_path / "cohort.json").unlink()
    assert "name_found" in fs.read_cohort(path, details=True).table  # which a Parquet file has within


def test_an_excel_file_holds_texts_as_texts_and_explains_its_columns(cohort, tmp_path):
    long = cohort.table[(cohort.table["source"] == "aparc") & (cohort.table["measure"] == "thickness")]
    wide = fs.to_wide(long[list(long.columns[:9])])
    wide["subject"] = ["=1+1", *wide["subject"][1:]]
    fs.write_spreadsheet(wide, tmp_path / "wide.xlsx")
    book = openpyxl.load_workbook(tmp_path / "wide.xlsx")
    values, columns = book["values"], book["columns"]
    assert (values["A2"].value, values["A2"].data_type) == ("=1+1", "s")
    assert [cell.value for cell in values[1]] == list(wide.columns)
    assert values.cell(2, 4).value == wide.iloc[0, 3]
    described = {row[0].value: (row[1].value, row[2].value) for row in columns.iter_rows(min_row=2)}
    assert described["aparc_lh_insula_thickness"][1] == "mm"


def test_redcap_gets_names_that_it_takes_and_a_dictionary(cohort, tmp_path):
    wide = fs.to_wide(cohort.table[list(cohort.table.columns[:9])])
    dictionary, records = (pd.read_csv(path, keep_default_na=False) for path in fs.write_redcap(wide, tmp_path / "r"))
    assert list(dictionary["Variable / Field Name"]) == list(records.columns)
    assert all(pd.Series(records.columns).str.fullmatch(r"[a-z][a-z0-9_]{0,99}"))
    assert records["record_id"].tolist()[:2] == ["sub-001_ses-1", "sub-001_ses-2"]
    field = dictionary.set_index("Variable / Field Name").loc["aseg_left_hippocampus_volume"]
    assert field["Field Note"] == "mm^3 (aseg_Left-Hippocampus_volume)"
    assert field["Text Validation Type OR Show Slider Number"] == "number"
    values = records["aseg_left_hippocampus_volume"].tolist()
    assert values == wide["aseg_Left-Hippocampus_volume"].tolist()
    with pytest.raises(fs.TableError, match="My Form"):
        fs.write_redcap(wide, tmp_path / "r", form="My Form")


def test_fields_of_one_name_get_numbers():
    assert list(redcap_names(["a.b", "a-b", "A B", "x" * 120, "x" * 121]).values()) == [
        *("a_b", "a_b_2", "a_b_3"),
        *("x" * 100, "x" * 96 + "_2"),
    ]


def test_a_suffix_that_is_none_is_named(tmp_path):
    with pytest.raises(fs.UnknownNameError, match=r"'\.ods'; did you mean"):
        fs.write_spreadsheet(pd.DataFrame({"a": [1]}), tmp_path / "x.ods")


# A merged table


@pytest.fixture(scope="module")
def merged(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("merged")
    return {suffix: fs.merge(made.root, f"{folder}/cohort{suffix}").path for suffix in (".parquet", ".csv", "/")}


@pytest.mark.parametrize("suffix", [".parquet", ".csv", "/"])
def test_a_merged_table_is_read_with_its_account(suffix, merged, cohort):
    assert is_merged(merged[suffix])
    found = fs.read_cohort(merged[suffix], sources=["aseg"], subjects=["sub-002"])
    own = (cohort.files["source"] == "aseg") & (cohort.files["subject"] == "sub-002")
    assert found.files["directory"].tolist() == cohort.files.loc[own, "directory"].tolist()
    assert set(found.table["source"]) == {"aseg"}


def test_a_study_and_other_tables_are_no_merged_ones(made, tmp_path):
    (tmp_path / "t.csv").write_text("subject,age\na,1\n")
    assert not any(map(is_merged, (made.root, tmp_path / "t.csv", made.root / "sub-001_ses-1" / "stats")))


def test_without_an_account_there_are_no_files(merged, tmp_path):
    copy = tmp_path / "alone.parquet"
    copy.write_bytes(Path(merged[".parquet"]).read_bytes())
    found = fs.read_cohort(copy, details=True)
    assert len(found.files) == 0
    assert len(found.table) > 0


@pytest.mark.parametrize("whole", [False, True])
def test_names_of_old_files_come_back_with_the_details(whole, tmp_path):
    tools = ("freesurfer-6.0.0", "freesurfer-7.4.1")
    study = make_cohort(tmp_path / "fs", n_subjects=6, tool=tools, seed=2)
    people = study.participants if whole else None  # with participants a table is made in memory
    path = fs.merge(study.root, tmp_path / "cohort.parquet", participants=people).path
    cohort = fs.load_cohort(study.root, details=True)
    keys = ["subject", "source", "hemi", "region", "measure"]
    both = [
        one[[*keys, "name_found"]].astype("str") for one in (cohort.table, fs.read_cohort(path, details=True).table)
    ]
    assert_frame_equal(*both)
    assert {"Left-Thalamus", "Left-Thalamus-Proper"} <= set(both[0]["name_found"])


# Laws, on everything that a study may hold


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    also = [kind for kind in fs.datasets.ALSO if kind != "recon-all"]
    return make_cohort(tmp_path_factory.mktemp("everything") / "fs", n_subjects=2, also=also, seed=5)


@pytest.fixture(scope="module")
def long_of_everything(everything):
    return fs.load_cohort(everything.root, details=True).table


def test_every_value_is_in_one_place_of_the_bids_dataset(long_of_everything, tmp_path):
    long = long_of_everything
    fs.write_bids(long, tmp_path / "bids")
    found = []
    for path in (tmp_path / "bids").glob("sub-*/**/*_morph.tsv"):
        table = rows(path).drop(columns=["index", "name", "hemisphere"], errors="ignore")
        found += [float(cell) for cell in table.to_numpy().ravel() if cell != "n/a"]
    assert sorted(found) == sorted(long["value"].dropna())


def test_current_names_make_one_column_of_two(tmp_path):
    study = make_cohort(tmp_path / "fs", n_subjects=4, tool=("freesurfer-6.0.0", "freesurfer-7.4.1"), seed=2)
    fs.write_freesurfer_tables(study.root, tmp_path / "now", current_names=True, missing="nan", sources=["aseg"])
    table = pd.read_csv(tmp_path / "now" / "aseg.volume.tsv", sep="\t")
    assert "Left-Thalamus-Proper" not in table.columns
    assert table["Left-Thalamus"].notna().all()


def test_every_volume_is_in_one_table_of_freesurfers(everything, long_of_everything, tmp_path):
    long = long_of_everything
    written = fs.write_freesurfer_tables(everything.root, tmp_path / "a", missing="nan")
    again = fs.write_freesurfer_tables(long, tmp_path / "b", missing="nan")
    assert [path.name for path in written.paths] == [path.name for path in again.paths]
    for path, other in zip(written.paths, again.paths, strict=True):
        assert path.read_text() == other.read_text()
    structures = long[(long["measure"] == "volume") & (long["region"] != "global")]
    found = []
    for path in written.paths:
        if path.name.endswith(".volume.tsv"):
            table = pd.read_csv(path, sep="\t", index_col=0)
            extras = [name for name in table.columns if name in set(long["measure"]) or name.endswith("ranialVol")]
            found += table.drop(columns=extras).to_numpy().ravel().tolist()
    assert sorted(v for v in found if v == v) == sorted(structures["value"].dropna())  # noqa: PLR0124 - no NaN
