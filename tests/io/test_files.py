"""Tables on disk: what is written is what is read, in three formats; whole files or none."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import fsstats
from fsstats import (
    FsstatsError,
    FsstatsWarning,
    TableError,
    UnknownNameError,
    find_stats,
    join,
    read_table,
    to_wide,
    write_table,
)
from fsstats.io import files as io_files
from fsstats.schema import FILES, KEY, LONG
from fsstats.tables.problems import PROBLEMS


def listed(folder="."):
    """Name what lies in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


SUFFIXES = (".parquet", ".csv", ".tsv")
every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
ODD = [
    "a,b",
    'a"b',
    "'a'",
    "a\tb",
    "a\nb",
    "a\n",
    " a ",
    "é",
    "头",
    "007",
    "1e5",
    "NA",
    "nan",
    "None",
    "-",
    "True",
    "#a",
    "N/A",
    "\ufeffa",
    "inf",
]
MISSING = "n/a"
"""The one word that is no name: BIDS keeps it for missing values."""


def as_loaded(rows):
    """Make a long table as `load` gives it: categories in order of first appearance."""
    table = pd.DataFrame(rows, columns=list(LONG)).astype({"value": "float64"})
    for name in LONG:
        if name != "value":
            seen = table[name].dropna().drop_duplicates()
            table[name] = pd.Categorical(table[name], categories=pd.Index(seen.to_list(), dtype="str"))
    return table


def there_and_back(table, folder, suffix):
    write_table(table, folder / f"t{suffix}")
    return read_table(folder / f"t{suffix}")


THREE = as_loaded(
    [
        ("007", None, "cross", "aparc", "lh", "insula", "thickness", 3.012, "mm"),
        ("007", None, "cross", "aseg", None, "5th-Ventricle", "volume", 0.0, "mm^3"),
        ("b", "ses-1", "long", "aseg", "lh", "Left-Hippocampus", "intensity_mean", np.nan, "MR"),
    ]
)


@every_suffix
def test_a_long_table_comes_back_the_same(tmp_path, suffix):
    assert_frame_equal(there_and_back(THREE, tmp_path, suffix), THREE)


@every_suffix
def test_a_long_table_of_plain_strings_comes_back_in_categories(tmp_path, suffix):
    plain = THREE.astype({name: "str" for name in LONG if name != "value"})
    assert_frame_equal(there_and_back(plain, tmp_path, suffix), THREE)


@every_suffix
def test_categories_that_no_row_uses_are_not_kept(tmp_path, suffix):
    found = there_and_back(THREE.iloc[::-1].head(1), tmp_path, suffix)
    assert {name: found[name].cat.categories.tolist() for name in ("subject", "hemi")} == {
        "subject": ["b"],
        "hemi": ["lh"],
    }


@every_suffix
@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_name_is_text_whatever_it_looks_like(tmp_path, suffix, name):
    columns = ["subject", "session", "source", "region"]
    table = as_loaded([("s", "1", "cross", "aseg", None, "r", "volume", 1.0, "mm^3")] * 2)
    table[columns] = pd.DataFrame({column: pd.Categorical([name, "z"]) for column in columns})
    found = there_and_back(table, tmp_path, suffix)
    assert [found[column].astype("object").tolist() for column in columns] == [[name, "z"]] * len(columns)
    assert len(found) == 2


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("name", ["a\rb", "sub-01\r", "a\r\nb"], ids=ascii)
def test_a_name_that_text_cannot_hold_is_refused_and_leaves_nothing(tmp_path, suffix, name):
    with pytest.raises(
        TableError, match=r"in column 'subject' cannot be written to \.[ct]sv and read back; write \.parquet"
    ):
        write_table(THREE.assign(subject=name), tmp_path / f"t{suffix}")
    assert listed(tmp_path) == []
    assert there_and_back(THREE.assign(subject=name), tmp_path, ".parquet")["subject"].tolist() == [name] * 3


@every_suffix
def test_a_name_that_ends_in_a_line_feed_is_not_taken_for_an_open_quotation_mark(tmp_path, suffix):
    table = as_loaded([("a\n", None, "cross", "aseg", None, "r", "volume", 1.0, "mm^3")])
    assert_frame_equal(there_and_back(table, tmp_path, suffix), table)


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
texts = st.text(characters, min_size=1, max_size=5).filter(lambda text: text != MISSING) | st.sampled_from(ODD)
numbers = st.floats() | st.sampled_from(
    [5e-324, 1e-300, 1.7976931348623157e308, -0.0, 0.1, 1e22, float("inf"), float("-inf"), float("nan")]
)
rows = st.tuples(texts, st.none() | texts, texts, texts, st.none() | texts, texts, texts, numbers, texts)


@settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(rows, min_size=1, max_size=5), st.sampled_from(SUFFIXES))
def test_any_long_table_comes_back_the_same(tmp_path_factory, values, suffix):
    table = as_loaded(values)
    assert_frame_equal(there_and_back(table, tmp_path_factory.mktemp("t"), suffix), table, check_exact=True)


@every_suffix
def test_details_come_back_as_whole_numbers_and_categories(tmp_path, suffix):
    table = THREE.assign(
        segid=pd.array([None, 72, 17], dtype="Int64"), name_found=pd.Categorical(["NA", "x", "y"], ["NA", "x", "y"])
    )
    found = there_and_back(table, tmp_path, suffix)
    assert_frame_equal(found, table, check_categorical=False)
    assert found["name_found"].tolist() == ["NA", "x", "y"]


@every_suffix
def test_a_long_table_without_rows_keeps_its_types(tmp_path, suffix):
    found = there_and_back(THREE.iloc[:0], tmp_path, suffix)
    assert found.columns.tolist() == list(LONG)
    assert found.dtypes.map(str).tolist() == THREE.dtypes.map(str).tolist()


@every_suffix
def test_a_wide_table_comes_back_the_same(tmp_path, suffix):
    wide = to_wide(THREE).assign(age=[31, 54])
    assert_frame_equal(there_and_back(wide, tmp_path, suffix), wide)


@every_suffix
def test_participants_columns_come_back_the_same(tmp_path, suffix):
    table = join(
        THREE,
        pd.DataFrame(
            {"subject": ["007", "b"], "age": [31, 54], "score": [0.1, np.nan], "group": ["patient", "control"]}
        ),
    )
    assert_frame_equal(there_and_back(table, tmp_path, suffix), table)


@every_suffix
def test_a_files_table_comes_back_the_same(tmp_path, suffix):
    folder = tmp_path / "sd" / "007" / "stats"
    folder.mkdir(parents=True)
    (folder / "lh.mine.stats").write_text("# ColHeaders StructName ThickAvg\ninsula 3\n")
    files = find_stats(tmp_path / "sd", subjects=["007", "NA"])
    assert_frame_equal(there_and_back(files, tmp_path, suffix), files)


@every_suffix
def test_a_problems_table_comes_back_the_same(tmp_path, suffix):
    table = pd.DataFrame(
        [["error", "missing", "007", None, "cross", "aseg", None, 'a "b", c', "p"]], columns=list(PROBLEMS)
    ).astype("str")
    assert_frame_equal(there_and_back(table, tmp_path, suffix), table)


def test_a_table_with_the_five_levels_of_to_wide_is_refused_or_kept(tmp_path):
    with pytest.raises(TableError, match="sep"):
        write_table(to_wide(THREE, sep=None), tmp_path / "t.parquet")


def test_missing_values_are_written_as_bids_has_it(tmp_path):
    for suffix in (".csv", ".tsv"):
        write_table(pd.DataFrame({"subject": ["a", "b"], "x": [1.5, None]}), tmp_path / f"t{suffix}")
    assert (tmp_path / "t.csv").read_bytes() == b"subject,x\na,1.5\nb,\n"
    assert (tmp_path / "t.tsv").read_bytes() == b"subject\tx\na\t1.5\nb\tn/a\n"


def test_a_table_of_another_program_is_read(tmp_path):
    (tmp_path / "t.tsv").write_bytes("\ufeffparticipant_id\tage\tgroup\r\n01\t31\tNA\r\n02\tn/a\tx\r\n".encode())
    found = read_table(tmp_path / "t.tsv")
    assert found["participant_id"].tolist() == ["01", "02"]
    assert found["age"].isna().tolist() == [False, True]


BROKEN = {
    "t.csv": b"",
    "t.tsv": "participant_id\tname\ns1\tMüller\n".encode("latin-1"),
    "short.parquet": b"PAR1",
    "other.parquet": b"participant_id,age\ns1,31\n" * 9,
    "ragged.csv": b"subject,a\ns1,1\ns2,1,2,3\n",
    "quote.csv": b'subject,a\ns1,"1\n',
    "zip.csv": b"PK\x03\x04\x00\x00\xff\xfe\x00",
}


@pytest.mark.parametrize(("name", "content"), BROKEN.items(), ids=BROKEN)
def test_a_file_that_is_no_such_table_is_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FsstatsError, match=name):
        read_table(tmp_path / name)


def test_rows_of_more_cells_than_the_header_are_not_shifted(tmp_path):
    (tmp_path / "t.csv").write_text("subject,a\ns1,1,2\ns2,1,3\n")
    with pytest.raises(FsstatsError, match=r"t\.csv"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv.gz", "t", "t.PARQUET"])
def test_a_suffix_that_is_no_format_is_refused(tmp_path, name):
    with pytest.raises(UnknownNameError, match=r"expected a name that ends in \.parquet"):
        write_table(THREE, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / name).write_text("subject,a\ns1,1\n")
    with pytest.raises(UnknownNameError, match=r"expected a name that ends in \.parquet") as raised:
        read_table(tmp_path / name)
    assert ("Save the sheet as .csv or .tsv" in str(raised.value)) == name.endswith(".xlsx")


@every_suffix
def test_the_sidecar_describes_every_column_and_its_making(tmp_path, suffix):
    write_table(THREE.assign(age=3), tmp_path / f"t{suffix}", provenance={"Sources": ["sd"]})
    sidecar = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert list(sidecar) == [*LONG, "age", "GeneratedBy"]
    assert all(sidecar[name]["Description"] for name in LONG)
    assert sidecar["GeneratedBy"] == {
        "Name": "fsstats",
        "Version": fsstats.__version__,
        "SchemaVersion": "1",
        "Sources": ["sd"],
    }
    assert sidecar["measure"]["Levels"] == {
        "thickness": "Mean cortical thickness",
        "volume": "Volume",
        "intensity_mean": "Mean image intensity",
    }
    assert list(sidecar["source"]["Levels"]) == ["aparc", "aseg"]


def test_the_sidecar_of_a_wide_table_has_units(tmp_path):
    write_table(to_wide(THREE), tmp_path / "t.csv")
    sidecar = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert sidecar["aparc_lh_insula_thickness"] == {
        "Description": "Mean cortical thickness, lh insula (aparc)",
        "Units": "mm",
    }
    assert sidecar["aseg_5th-Ventricle_volume"]["Units"] == "mm^3"


@pytest.mark.parametrize("columns", [FILES, PROBLEMS], ids=["files", "problems"])
def test_the_sidecars_of_accounts_describe_every_column(tmp_path, columns):
    write_table(pd.DataFrame(columns=list(columns)), tmp_path / "t.csv")
    sidecar = json.loads((tmp_path / "t.json").read_text("utf-8"))
    assert all(sidecar[name]["Description"] for name in columns)


def test_a_status_of_the_participants_is_not_the_status_of_files(tmp_path):
    write_table(THREE.assign(status="ill"), tmp_path / "t.csv")
    assert "Levels" not in json.loads((tmp_path / "t.json").read_text("utf-8"))["status"]


@pytest.mark.parametrize("name", ["lesion_volume", "my_seg_Region_A_volume", "cdr_global_score", "volume", "_volume"])
def test_any_column_name_can_be_written(tmp_path, name):
    write_table(pd.DataFrame({"subject": ["a"], name: [1.0]}), tmp_path / "t.csv")
    assert read_table(tmp_path / "t.csv")[name].tolist() == [1.0]


def test_parquet_holds_the_sidecar_and_encodes_names_by_dictionary(tmp_path):
    write_table(pd.concat([THREE] * 50), tmp_path / "t.parquet")
    file = pq.ParquetFile(tmp_path / "t.parquet")
    assert json.loads(file.schema_arrow.metadata[b"fsstats"]) == json.loads((tmp_path / "t.json").read_text("utf-8"))
    chunks = {
        file.metadata.row_group(0).column(i).path_in_schema: file.metadata.row_group(0).column(i)
        for i in range(len(LONG))
    }
    assert all("RLE_DICTIONARY" in chunks[name].encodings for name in (*KEY, "unit"))
    assert all(pa.types.is_dictionary(file.schema_arrow.field(name).type) for name in KEY)
    assert file.schema_arrow.field("value").type == pa.float64()


FOREIGN = {
    "another program's": '{"GeneratedBy": {"Name": "other"}}',
    "a list of makers, as BIDS has it": '{"GeneratedBy": [{"Name": "fMRIPrep"}]}',
    "a word": '{"GeneratedBy": "fsstats"}',
    "no maker": '{"age": {"Description": "x"}}',
    "no maker, null": '{"GeneratedBy": null}',
    "a list": "[]",
    "no JSON": "hello",
    "not UTF-8": b"\xff",
    "empty": "",
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_sidecar_that_another_wrote_is_never_overwritten(tmp_path, content):
    content = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "t.json").write_bytes(content)
    with pytest.raises(
        TableError, match=r"t\.json is there and was not written by fsstats; choose another name for t\.csv"
    ):
        write_table(THREE, tmp_path / "t.csv")
    assert (tmp_path / "t.json").read_bytes() == content
    assert listed(tmp_path) == ["t.json"]


def test_our_own_files_are_overwritten(tmp_path):
    write_table(THREE.head(1), tmp_path / "t.csv")
    assert_frame_equal(there_and_back(THREE, tmp_path, ".csv"), THREE)
    assert listed(tmp_path) == ["t.csv", "t.json"]


@every_suffix
@pytest.mark.parametrize("old", [False, True], ids=["new", "over an older file"])
def test_a_write_that_fails_midway_leaves_everything_as_it_was(tmp_path, monkeypatch, suffix, old):
    if old:
        write_table(THREE.head(1), tmp_path / f"t{suffix}")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(table, path, *rest):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(io_files, "write_whole", fail)
    with pytest.raises(OSError, match="No space left"):
        write_table(THREE, tmp_path / f"t{suffix}")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_of_the_files_name_leaves_no_sidecar_behind(tmp_path):
    (tmp_path / "t.csv").mkdir()
    with pytest.raises((OSError, FsstatsError), match=r"t\.csv"):
        write_table(THREE, tmp_path / "t.csv")
    assert listed(tmp_path) == ["t.csv"]


@pytest.mark.parametrize("folder", ["not-there", "a-file"])
def test_a_folder_that_cannot_be_written_is_named_without_our_temporary_names(tmp_path, folder):
    (tmp_path / "a-file").write_text("")
    with pytest.raises((OSError, FsstatsError), match=folder) as raised:
        write_table(THREE, tmp_path / folder / "t.csv")
    assert "partial" not in str(raised.value)
    assert listed(tmp_path) == ["a-file"]


def test_the_given_table_is_not_changed(tmp_path):
    before = THREE.copy(deep=True)
    for suffix in SUFFIXES:
        write_table(THREE, tmp_path / f"t{suffix}")
    assert_frame_equal(THREE, before)


def test_text_of_participants_that_do_not_match_comes_back_missing(tmp_path):
    with pytest.warns(FsstatsWarning, match="not in participants: b"):
        table = join(THREE, pd.DataFrame({"subject": ["007"], "group": ["x"]}), unmatched="keep")
    found = there_and_back(table, tmp_path, ".tsv")
    assert found["group"].isna().tolist() == [False, False, True]
