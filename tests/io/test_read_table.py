"""Part of a table is read: the rows that filtering all of it gives, and of Parquet no more than may hold them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from frames_support import assert_frame_equal
from fsstats import ColumnsError, TableError, UnknownNameError, join, merge, read_table, to_wide, write_table
from fsstats.datasets import make_cohort
from fsstats.io import _study
from fsstats.schema import KEY, LONG

SUFFIXES = (".parquet", ".csv", ".tsv")
every_suffix = pytest.mark.parametrize("suffix", SUFFIXES)
BATCH = 2
"""Subjects of a batch in these tests."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Five subjects in three batches, as a table of every form."""
    folder = tmp_path_factory.mktemp("tables")
    made = make_cohort(folder / "sd", n_subjects=5, seed=3, also=["subregions"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_study, "AT_ONCE", BATCH)
        for suffix in SUFFIXES:
            merge(made.root, folder / f"cohort{suffix}")
        merge(made.root, f"{folder / 'parts'}/")
    merge(made.root, folder / "wide.parquet", wide=True)
    merge(made.root, folder / "people.parquet", participants=made.participants)
    return folder


def first_seen(column):
    """Make strings categories in order of first appearance."""
    texts = column.astype("str")
    return pd.Categorical(texts, categories=pd.Index(texts.dropna().unique(), dtype="str"))


def filtered(whole, columns=LONG, **chosen):
    """Filter a whole long table by plain pandas."""
    keep = np.ones(len(whole), dtype=bool)
    for column, names in chosen.items():
        keep &= whole[column].isin([names] if isinstance(names, str) else names).to_numpy()
    rows = whole[keep].reset_index(drop=True)
    return rows.assign(**{name: first_seen(rows[name]) for name in LONG if name != "value"})[list(columns)]


CHOICES = {
    "one atlas": {"source": "aparc"},
    "one measure of one atlas": {"source": "aparc", "measure": "thickness"},
    "several of everything": {
        "source": ["aseg", "aparc"],
        "measure": {"volume", "thickness"},
        "region": ("Left-Hippocampus", "insula", "cuneus"),
        "subject": ["sub-005", "sub-001"],
    },
    "one side": {"hemi": "rh", "measure": ["thickness"]},
    "one subject": {"subject": "sub-004"},
    "a header Measure": {"measure": "eTIV", "source": "aseg", "region": "global"},
    "names that do not meet": {"region": "insula", "measure": "volume", "source": ["aseg", "aparc"], "hemi": "lh"},
    "nothing": {"source": []},
    "nothing of something": {"source": [], "measure": "thickness"},
}


@every_suffix
@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
def test_what_is_chosen_is_what_filtering_everything_gives(tables, suffix, chosen):
    whole = read_table(tables / f"cohort{suffix}")
    found = read_table(tables / f"cohort{suffix}", **chosen)
    assert_frame_equal(found, filtered(whole, **chosen), check_exact=True)
    assert all(found[name].cat.categories.dtype == "str" for name in KEY)


@pytest.mark.parametrize("chosen", CHOICES.values(), ids=CHOICES)
def test_a_folder_of_parts_is_one_table(tables, chosen):
    assert_frame_equal(read_table(tables / "parts", **chosen), read_table(tables / "cohort.parquet", **chosen))


def test_a_folder_is_read_without_a_choice_too(tables):
    assert len(list((tables / "parts").iterdir())) == 3
    assert_frame_equal(read_table(tables / "parts"), read_table(tables / "cohort.parquet"))
    assert_frame_equal(read_table(str(tables / "parts"), columns="value"), read_table(tables / "parts")[["value"]])


@pytest.mark.parametrize("name", ["cohort.parquet", "cohort.csv", "parts"])
def test_a_family_stands_for_its_variants(tables, name):
    found = read_table(tables / name, source="hippoSf")
    variants = [one for one in read_table(tables / name)["source"].cat.categories if one.startswith("hippoSf.")]
    assert found["source"].cat.categories.tolist() == variants != []
    assert_frame_equal(found, read_table(tables / name, source=variants))


@pytest.mark.parametrize("name", ["cohort.parquet", "cohort.tsv", "parts"])
@pytest.mark.parametrize(
    "columns", ["value", ["value", "subject"], {"region", "measure"}, list(LONG)], ids=["one", "two", "a set", "all"]
)
@pytest.mark.parametrize("chosen", [{}, {"source": "aparc", "measure": "thickness"}], ids=["all", "some"])
def test_the_columns_that_are_asked_for_come_in_the_tables_order(tables, name, columns, chosen):
    wanted = [one for one in LONG if one in ([columns] if isinstance(columns, str) else columns)]
    assert_frame_equal(
        read_table(tables / name, columns=columns, **chosen), read_table(tables / name, **chosen)[wanted]
    )


def test_columns_of_participants_keep_their_types(tables):
    whole = read_table(tables / "people.parquet")
    found = read_table(tables / "people.parquet", source="aseg", subject="sub-003")
    expected = whole[(whole["source"] == "aseg") & (whole["subject"] == "sub-003")].reset_index(drop=True)
    texts = [name for name, kind in whole.dtypes.items() if kind == "category"]
    assert set(whole.columns) > set(LONG)
    assert set(texts) > {*KEY, "unit"}
    assert_frame_equal(found.astype(dict.fromkeys(texts, "str")), expected.astype(dict.fromkeys(texts, "str")))
    assert [found[name].cat.categories.tolist() for name in texts if name not in LONG] == [
        found[name].unique().tolist() for name in texts if name not in LONG
    ]


def test_names_may_come_as_any_collection(tables):
    expected = read_table(tables / "cohort.parquet", subject=["sub-001", "sub-002"])
    names = pd.Series(["sub-002", "sub-001"])
    for given in (names, names.to_numpy(), pd.Index(names), dict.fromkeys(names), names.astype("category")):
        assert_frame_equal(read_table(tables / "cohort.parquet", subject=given), expected)
    assert read_table(
        tables / "cohort.parquet", columns=names.replace({"sub-001": "value", "sub-002": "unit"})
    ).columns.tolist() == ["value", "unit"]


@every_suffix
def test_details_are_chosen_from_too(tmp_path, tables, suffix):
    rows = read_table(tables / "cohort.parquet", source="aseg", measure="volume")
    details = rows.assign(segid=pd.array([None, *range(1, len(rows))], dtype="Int64"), name_found=rows["region"])
    write_table(details, tmp_path / f"t{suffix}")
    found = read_table(tmp_path / f"t{suffix}", region="Left-Hippocampus", columns=["segid", "name_found"])
    assert str(found["segid"].dtype) == "Int64"
    assert found["segid"].tolist() == np.flatnonzero(rows["region"] == "Left-Hippocampus").tolist()
    assert found["name_found"].cat.categories.tolist() == ["Left-Hippocampus"]


@pytest.mark.parametrize("index", [range(100, 168), [f"r{i}" for i in range(68)]], ids=["numbers", "names"])
def test_the_rows_that_are_chosen_are_counted_from_0_whatever_index_was_kept(tmp_path, tables, index):
    rows = read_table(tables / "cohort.parquet", source="aparc", measure="thickness", subject="sub-002")
    rows.set_axis(pd.Index(index)).to_parquet(tmp_path / "t.parquet")
    assert_frame_equal(read_table(tmp_path / "t.parquet", hemi="rh"), filtered(rows, hemi="rh"))


UNKNOWN = {
    "source": ({"source": "aparc.a2009"}, r"no source is called 'aparc\.a2009'; did you mean .*aparc\.a2009s"),
    "measure": (
        {"source": "aparc", "measure": "thicknes"},
        "no measure of aparc is called 'thicknes'; did you mean thickness",
    ),
    "of several": ({"source": ["aparc", "asegg"]}, "no source is called 'asegg'; did you mean aseg"),
    "another source's": ({"source": "aseg", "measure": "thickness"}, "no measure of aseg is called 'thickness'; "),
    "region": ({"region": "Left-Hipocampus"}, "no region is called 'Left-Hipocampus'; did you mean .*Left-Hippocampus"),
    "hemi": ({"hemi": "LH"}, "no hemi is called 'LH'; did you mean lh"),
    "subject": ({"subject": ["sub-001", "sub-009"]}, "no subject is called 'sub-009'; did you mean sub-00"),
    "nothing alike": ({"hemi": "?"}, r"no hemi is called '\?'; there are: lh, rh"),
}


@pytest.mark.parametrize("name", ["cohort.parquet", "cohort.csv", "parts"])
@pytest.mark.parametrize(("chosen", "message"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_name_that_is_not_in_the_table_is_refused_with_the_nearest(tables, name, chosen, message):
    with pytest.raises(UnknownNameError, match=message):
        read_table(tables / name, **chosen)


@pytest.mark.parametrize("name", ["wide.parquet", "cohort.files.parquet", "cohort.files.csv", "parts.files.parquet"])
def test_only_a_long_table_is_chosen_from(tables, name):
    with pytest.raises(ColumnsError, match=r"chosen by source, hemi; it lacks .*'region', 'measure', 'value', 'unit'"):
        read_table(tables / name, source="aseg", hemi="lh")


@pytest.mark.parametrize("name", ["wide.parquet", "cohort.csv", "parts"])
def test_a_column_that_is_not_there_is_refused(tables, name):
    with pytest.raises(ColumnsError, match=r"read_table needs the column\(s\) 'age'; the table has 'subject', "):
        read_table(tables / name, columns=["subject", "age"])


@every_suffix
def test_columns_of_any_table_can_be_chosen(tmp_path, suffix):
    table = pd.DataFrame({"subject": ["007"], "age": [31.5], "n_values": [3]})
    write_table(table, tmp_path / f"t{suffix}")
    assert_frame_equal(read_table(tmp_path / f"t{suffix}", columns=["n_values", "subject"]), table[["subject", "n_values"]])  # fmt: skip


@pytest.fixture
def read(monkeypatch):
    """Keep a list of what is read: file, row group, columns."""
    seen = []
    plain = pq.ParquetFile.read_row_group

    def noted(file, i, columns=None, **options):
        seen.extend((i, name) for name in columns)
        return plain(file, i, columns=columns, **options)

    def refused(*args, **options):
        raise AssertionError

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    for name in ("read", "read_row_groups", "iter_batches"):
        monkeypatch.setattr(pq.ParquetFile, name, refused)
    monkeypatch.setattr(pq, "read_table", refused)
    return seen


def groups_of(path):
    """Give the source of every row group, from what the row groups say of themselves."""
    about = pq.ParquetFile(path).metadata
    limits = [about.row_group(i).column(LONG.index("source")).statistics for i in range(about.num_row_groups)]
    assert all(one.min == one.max for one in limits)
    return [one.min for one in limits]


def test_only_the_row_groups_of_a_source_and_the_columns_asked_for_are_read(tables, read):
    groups = groups_of(tables / "cohort.parquet")
    own = [i for i, source in enumerate(groups) if source == "aparc"]
    assert len(own) == 3 < len(groups) / 2
    found = read_table(tables / "cohort.parquet", source="aparc", measure="thickness", columns=["subject", "value"])
    assert len(found) == 5 * 2 * 34  # subjects, sides, regions of the atlas
    assert sorted(read) == sorted((i, name) for i in own for name in ("source", "measure", "subject", "value"))


def test_of_a_family_all_variants_are_read_and_nothing_else(tables, read):
    groups = groups_of(tables / "cohort.parquet")
    read_table(tables / "cohort.parquet", source="hippoSf")
    assert {groups[i] for i, _ in read} == {source for source in groups if source.startswith("hippoSf.")}


def test_where_no_row_is_asked_for_only_the_columns_that_tell_are_read(tables, read):
    groups = groups_of(tables / "cohort.parquet")
    found = read_table(tables / "cohort.parquet", subject="sub-005")
    last = range(2 * len(groups) // 3, len(groups))  # the third of three batches
    assert {i for i, name in read if name == "value"} == set(last)
    assert [i for i, name in read if name == "subject"] == [*range(len(groups))]
    assert found["subject"].unique().tolist() == ["sub-005"]


class Counting:
    """A file that keeps count of the bytes that are read from it."""

    def __init__(self, path):
        self._file, self.n_bytes, self.closed = path.open("rb"), 0, False

    def read(self, size=-1):
        found = self._file.read(size)
        self.n_bytes += len(found)
        return found

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_few_bytes_are_read(tables, monkeypatch):
    counted = []
    plain = pq.ParquetFile

    def opened(path, **options):
        counted.append(Counting(path))
        return plain(counted[-1], **options)

    monkeypatch.setattr(pq, "ParquetFile", opened)
    path = tables / "cohort.parquet"
    read_table(path, source="aseg", columns="value")
    counted[0].close()
    monkeypatch.undo()
    about = pq.ParquetFile(path).metadata
    assert len(counted) == 1
    footer = about.serialized_size
    assert footer < counted[0].n_bytes < footer + 70_000 + (path.stat().st_size - footer) / 4


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_row_groups_of_any_kind_are_searched(tmp_path, tables, size):
    rows = read_table(tables / "cohort.parquet", source=["aparc", "aseg"], subject=["sub-001", "sub-003"])
    rows = rows.groupby(["source", "measure"], observed=True, sort=False).head(8).reset_index(drop=True)
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), tmp_path / "t.parquet", row_group_size=size)
    whole = read_table(tmp_path / "t.parquet")
    for chosen in ({"measure": "thickness"}, {"subject": "sub-003", "source": "aseg"}, {"hemi": "lh"}):
        assert_frame_equal(read_table(tmp_path / "t.parquet", **chosen), filtered(whole, **chosen))


def test_a_name_in_row_groups_that_were_passed_over_is_known(tmp_path):
    rows = [("a", "insula", "area", "aparc"), ("a", "cuneus", "volume", "aparc"), ("b", "cuneus", "volume", "aseg")]
    table = pd.DataFrame(rows, columns=["subject", "region", "measure", "source"])
    table = table.assign(session=None, stream="cross", hemi="lh", value=1.0, unit="mm")[list(LONG)]
    pq.write_table(pa.Table.from_pandas(table), tmp_path / "t.parquet", row_group_size=1)
    assert len(read_table(tmp_path / "t.parquet", region="insula", measure="volume")) == 0
    assert len(read_table(tmp_path / "t.parquet", source="aparc", region="insula", measure="volume")) == 0
    assert len(read_table(tmp_path / "t.parquet", source="aseg", region="cuneus", subject="b")) == 1
    with pytest.raises(UnknownNameError, match="no subject of aparc is called 'b'; there are: a"):
        read_table(tmp_path / "t.parquet", source="aparc", subject="b")


FORMS = {
    "strings": pa.string(),
    "large strings": pa.large_string(),
    "small dictionaries": pa.dictionary(pa.int8(), pa.string()),
    "unsigned dictionaries of large strings": pa.dictionary(pa.uint32(), pa.large_string()),
}


def in_form(rows, form):
    """Give a long table to Arrow with its strings of one type."""
    plain = pa.Table.from_pandas(rows.astype(dict.fromkeys([*KEY, "unit"], "str")), preserve_index=False)
    text = form.value_type if pa.types.is_dictionary(form) else form
    columns = {name: plain[name] if name == "value" else plain[name].cast(pa.string()).cast(text) for name in LONG}
    if pa.types.is_dictionary(form):
        columns |= {name: columns[name].dictionary_encode().cast(form) for name in LONG if name != "value"}
    return pa.table(columns)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_parts_of_other_programs_fit_together_whatever_their_strings_are(tmp_path, tables, form):
    rows = read_table(tables / "cohort.parquet", source="aparc", measure="thickness")
    first, last = rows[rows["subject"] != "sub-005"], rows[rows["subject"] == "sub-005"]
    write_table(first, tmp_path / "a.parquet")
    pq.write_table(in_form(last, form).select([*reversed(LONG)]), tmp_path / "b.parquet")
    assert_frame_equal(read_table(tmp_path), rows)
    assert_frame_equal(read_table(tmp_path, hemi="lh"), filtered(rows, hemi="lh"))
    assert_frame_equal(read_table(tmp_path / "b.parquet", region="insula")[list(LONG)], filtered(last, region="insula"))


def test_what_is_no_part_is_left_out(tmp_path, tables):
    rows = read_table(tables / "cohort.parquet", source="aseg")
    for name, subject in (("b", "sub-001"), ("a", "sub-004")):
        write_table(rows[rows["subject"] == subject], tmp_path / f"{name}.parquet")
    (tmp_path / "within").mkdir()
    (tmp_path / "f.parquet").mkdir()
    for name in ("_c.parquet", ".d.parquet", "a.files.parquet", "b.csv", "within/e.parquet"):
        (tmp_path / name).write_text("no table")
    assert read_table(tmp_path)["subject"].unique().tolist() == ["sub-004", "sub-001"]


def test_an_account_without_its_table_is_a_table(tmp_path, tables):
    files = read_table(tables / "cohort.files.parquet")
    write_table(files, tmp_path / "a.files.parquet")
    assert_frame_equal(read_table(tmp_path), files)


def test_wide_tables_of_equal_columns_are_parts_too(tmp_path, tables):
    wide = read_table(tables / "wide.parquet")
    for n, rows in enumerate((wide.head(2), wide.tail(3))):
        write_table(rows, tmp_path / f"{n}.parquet")
    assert_frame_equal(read_table(tmp_path), wide)


def test_parts_of_different_columns_are_refused_by_name(tmp_path, tables):
    rows = read_table(tables / "cohort.parquet", source="aseg", measure="volume")
    write_table(rows, tmp_path / "a.parquet")
    write_table(rows.assign(age=3), tmp_path / "b.parquet")
    for chosen in ({}, {"source": "aseg"}):
        with pytest.raises(
            TableError, match=r"b\.parquet and .*a\.parquet are no parts of one table: only one .* 'age'"
        ):
            read_table(tmp_path, **chosen)


def test_parts_whose_numbers_and_words_clash_are_refused(tmp_path, tables):
    rows = read_table(tables / "cohort.parquet", source="aseg", measure="volume")
    write_table(rows.assign(age=3), tmp_path / "a.parquet")
    write_table(rows.assign(age="three"), tmp_path / "b.parquet")
    with pytest.raises(TableError, match=r"a\.parquet"):
        read_table(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"subject,value\na,1\n" * 9])
def test_a_damaged_part_is_named(tmp_path, tables, content):
    write_table(read_table(tables / "cohort.parquet", source="aseg"), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(content)
    for chosen in ({}, {"source": "aseg"}):
        with pytest.raises(TableError, match=r"b\.parquet: expected a parquet table, found something else"):
            read_table(tmp_path, **chosen)


def test_a_folder_without_parts_is_no_table(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match=r"expected a table .* found a folder without any\. A folder of"):
        read_table(tmp_path)


def test_the_chosen_rows_go_on_as_a_whole_table_would(tables):
    rows = read_table(tables / "cohort.parquet", source="aparc", measure="thickness")
    wide = to_wide(rows)
    assert len(wide) == 5
    people = pd.DataFrame({"subject": wide["subject"], "age": range(5)})
    assert join(rows, people)["age"].notna().all()
