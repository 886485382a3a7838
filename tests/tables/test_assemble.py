"""Many files as one long table: each row says what its file and its place in the file's layout say."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.parsers import Layout
from fsstats.schema import DETAIL_COLUMNS, LONG
from fsstats.tables.assemble import ARROW, Block, Names, Room, Run, as_frame, assemble, columns_of, segids_of

SURFACE = Layout(
    hemi=("lh", "lh", "lh"),
    region=("global", "insula", "cuneus"),
    measure=("eTIV", "thickness", "thickness"),
    unit=("mm^3", "mm", "mm"),
    segid=(None, 1035, 1005),
    name_found=("eTIV", "insula", "Cuneus"),
    n_fields=1,
)
VOLUME = Layout(
    hemi=("rh", None),
    region=("Right-Amygdala", "Brain-Stem"),
    measure=("volume", "volume"),
    unit=("mm^3", "mm^3"),
    segid=(54, 16),
    name_found=("Right-Amygdala", "Brain-Stem"),
    n_fields=0,
)
EMPTY = Layout((), (), (), (), (), (), 0)


@st.composite
def blocks(draw):
    """Draw files of three shapes, of some of which only some values are used."""
    layout = draw(st.sampled_from([SURFACE, VOLUME, EMPTY]))
    n = len(layout)
    values = draw(st.lists(st.floats(), min_size=n, max_size=n))
    chosen = draw(st.none() | st.lists(st.integers(0, n - 1), unique=True).map(sorted)) if n else None
    return Block(
        subject=draw(st.sampled_from(["sub-02", "sub-01", "x"])),
        session=draw(st.sampled_from([None, "ses-1", "ses-2"])),
        stream=draw(st.sampled_from(["cross", "long"])),
        source=draw(st.sampled_from(["aseg", "aparc"])),
        layout=layout,
        values=np.array(values, dtype=np.float64),
        chosen=None if chosen is None else np.array(chosen, dtype=np.intp),
    )


def row(block, i):
    """Give the row of one value of a file, in the order of the columns, details behind."""
    who, at = (block.subject, block.session, block.stream, block.source), block.layout
    labels = (at.hemi[i], at.region[i], at.measure[i], block.values[i], at.unit[i])
    return (*who, *labels, at.segid[i], at.name_found[i])


def one_by_one(files):
    """Give the rows of files by going through them."""
    used = [(block, range(len(block.layout)) if block.chosen is None else block.chosen) for block in files]
    return [row(block, i) for block, places in used for i in places]


def rows_of(table):
    """Give a table's rows with None for what is missing, and bits for what is a number."""
    plain = table.astype("object").where(table.notna() | table.columns.isin(["value"]), None)
    return bits(plain.itertuples(index=False, name=None))


def bits(rows):
    """Give rows with the bits of their values, so that NaN is NaN."""
    place = LONG.index("value")
    return [(*one[:place], np.float64(one[place]).tobytes(), *one[place + 1 :]) for one in rows]


@given(st.lists(blocks(), max_size=6))
def test_every_value_has_its_row_and_no_other_is_there(files):
    details, plain = assemble(files, details=True), assemble(files)
    assert details.columns.tolist() == [*LONG, *DETAIL_COLUMNS]
    assert rows_of(details) == bits(one_by_one(files))
    assert plain.columns.tolist() == [*LONG]
    assert rows_of(plain) == [one[: len(LONG)] for one in rows_of(details)]
    assert [len(block) for block in files] == [len(one_by_one([block])) for block in files]


def test_text_is_in_categories_in_order_of_appearance_and_numbers_have_their_types():
    files = [Block(name, None, "cross", "aseg", VOLUME, np.array([1.0, np.nan])) for name in ("b", "a", "b")]
    table = assemble(files, details=True)
    assert table.dtypes.astype(str).tolist() == [*["category"] * 7, "float64", "category", "Int64", "category"]
    assert table["subject"].cat.categories.tolist() == ["b", "a"]
    assert table["hemi"].cat.categories.tolist() == ["rh"]


@pytest.mark.parametrize("layouts", [(), (dataclasses.replace(VOLUME, segid=(None, None)),)], ids=["no file", "no ids"])
def test_ids_are_whole_numbers_also_where_there_are_none(layouts):
    files = [Block("a", None, "cross", "mine", layout, np.zeros(2)) for layout in layouts]
    ids = assemble(files, details=True)["segid"]
    assert str(ids.dtype) == "Int64"
    assert ids.isna().all()


def test_a_layout_is_not_taken_for_one_that_stood_in_the_same_place_in_memory():
    names = Names()
    found = [
        names.of_layout("region", dataclasses.replace(VOLUME, region=(f"a{i}", f"b{i}"))).tolist() for i in range(50)
    ]
    assert found == [[2 * i, 2 * i + 1] for i in range(50)]


RUNS = (
    Run(
        {"subject": ["a", "b"], "session": [None, "1"], "stream": ["cross"] * 2, "source": ["aparc"] * 2},
        SURFACE,
        np.arange(6.0).reshape(2, 3),
    ),
    Run(
        {"subject": ["c", "d"], "session": ["1", "2"], "stream": ["cross", "long"], "source": ["aseg"] * 2},
        VOLUME,
        np.array([[6.0, np.nan], [8.0, 9.0]]),
        np.array([1]),
    ),
)
"""Two files of a shape each; of the second two, one value is used."""


def apart(run):
    """Give the files of a run as blocks."""
    return [
        Block(*(run.who[name][k] for name in ("subject", "session", "stream", "source")), run.layout, one, run.chosen)
        for k, one in enumerate(run.values)
    ]


def test_files_of_one_shape_are_laid_out_together_as_they_would_be_alone():
    names = Names()
    together = as_frame([columns_of(RUNS, names, details=True)], names, segids_of(RUNS))
    assert rows_of(together) == bits(one_by_one([block for run in RUNS for block in apart(run)]))


def test_parts_share_their_names_and_stand_one_behind_the_other():
    names = Names()
    parts = [columns_of([run], names) for run in RUNS]
    whole = Names()
    pd.testing.assert_frame_equal(as_frame(parts, names), as_frame([columns_of(RUNS, whole)], whole))
    assert as_frame([], Names()).columns.tolist() == [*LONG]


@pytest.mark.parametrize("runs", [RUNS, RUNS[1:], ()], ids=["four files", "all with a session", "none"])
def test_in_arrow_the_rows_are_the_same_and_what_is_missing_is_null(runs):
    names = Names()
    columns = columns_of(runs, names)
    table = columns.to_arrow(names)
    table.validate(full=True)
    assert table.schema == ARROW
    expected = [row[: len(LONG)] for row in one_by_one([block for run in runs for block in apart(run)])]
    missing = [tuple(None if isinstance(cell, float) and np.isnan(cell) else cell for cell in one) for one in expected]
    assert [tuple(one.values()) for one in table.to_pylist()] == missing


def test_a_room_may_be_used_again_by_more_and_by_fewer_rows():
    room, names = Room(), Names()
    for runs in (RUNS[1:], RUNS, RUNS[:1], RUNS):
        laid_out = columns_of(runs, names, room=room)
        fresh = columns_of(runs, Names())
        assert laid_out.value.tobytes() == fresh.value.tobytes()
        assert as_frame([laid_out], names).equals(as_frame([columns_of(runs, names)], names))


def test_a_room_takes_no_memory_where_it_has_some():
    room = Room()
    first = room.column("value", 10)
    assert np.shares_memory(first, room.column("value", 10))
    assert np.shares_memory(first, room.column("value", 4))
    assert len(room.column("value", 4)) == 4
    assert not np.shares_memory(first, room.column("value", 11))
    assert (first.dtype, room.column("region", 1).dtype) == (np.float64, np.int32)
