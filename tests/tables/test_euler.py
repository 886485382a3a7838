"""Holes and Euler numbers: which source they are of is always said."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from fsstats import ColumnsError, FsstatsWarning, TableError, euler
from fsstats.schema import LONG


def table(*runs):
    """Make a long table of (subject, session, stream, source, lh holes, rh holes)."""
    rows = [
        (*run[:4], field[:2], "global", field, float(value), "unitless")
        for run in runs
        for field, value in zip(("lhSurfaceHoles", "rhSurfaceHoles"), run[4:], strict=True)
        if value is not None
    ]
    other = [(*run[:4], None, "global", "eTIV", 1.5e6, "mm^3") for run in runs]
    return pd.DataFrame(other + rows, columns=LONG)


def one(*runs):
    return euler(table(*runs)).iloc[0]


def test_the_euler_number_of_a_hemisphere_is_2_less_two_a_hole():
    found = one(("a", None, "cross", "aseg", 16, 24))  # the log of such a run: lheno =  -30, rheno = -46
    assert found["lh_euler"] == -30
    assert found["rh_euler"] == -46
    assert (found["holes"], found["euler"]) == (40, -76)
    assert (found["taken_from"], found["from_stream"]) == ("aseg", "cross")


def test_a_surface_without_holes_is_a_sphere():
    assert one(("a", None, "cross", "aseg", 0, 0))[["lh_euler", "euler"]].tolist() == [2, 4]


def test_there_is_a_row_for_every_run_in_the_order_of_their_names():
    runs = table(
        ("b", "2", "cross", "aseg", 1, 2), ("a", "1", "cross", "aseg", 3, 4), ("a", None, "base", "aseg", 5, 6)
    )
    found = euler(runs)
    assert found[["subject", "stream"]].to_numpy().tolist() == [["a", "cross"], ["a", "base"], ["b", "cross"]]
    assert found["holes"].tolist() == [7, 11, 3]
    assert found["session"].isna().tolist() == [False, True, False]


def test_a_longitudinal_run_has_those_of_its_own_cross_sectional_run():
    found = euler(
        table(
            ("a", "1", "cross", "aseg", 1, 2),
            ("a", "2", "cross", "aseg", 3, 4),
            ("a", "2", "long", "aseg", None, None),
            ("a", None, "base", "aseg", 9, 9),
        )
    ).set_index("stream")
    assert found.loc["long", ["lh_holes", "rh_holes", "from_stream", "session"]].tolist() == [3, 4, "cross", "2"]
    assert found.loc["base", "from_stream"] == "base"


NOTHING = {
    "of another session": ("a", "1", "cross", "aseg", 1, 2),
    "of another subject": ("b", "2", "cross", "aseg", 1, 2),
    "of the base": ("a", "2", "base", "aseg", 1, 2),
}


@pytest.mark.parametrize("other", NOTHING.values(), ids=NOTHING)
def test_a_longitudinal_run_has_nothing_that_is_another_runs(other):
    found = euler(table(("a", "2", "long", "aseg", None, None), other)).set_index("stream").loc["long"]
    assert found[["lh_holes", "rh_holes", "holes", "euler", "taken_from", "from_stream"]].isna().all()


def test_what_a_longitudinal_run_has_itself_counts():
    found = one(("a", "1", "long", "recon-all", 7, 8), ("a", "1", "cross", "aseg", 1, 2))
    assert found[["lh_holes", "taken_from", "from_stream"]].tolist() == [7, "recon-all", "long"]


def test_one_side_alone_has_no_sum():
    found = one(("a", None, "cross", "aseg", None, 5))
    assert (found["rh_holes"], found["rh_euler"]) == (5, -8)
    assert found[["lh_holes", "lh_euler", "holes", "euler"]].isna().all()


def test_aseg_goes_first_and_sources_are_not_mixed():
    with pytest.warns(FsstatsWarning, match=r"holes of 1 run\(s\): a / cross \(taken from aseg; recon-all: 1 and 9\)"):
        found = one(("a", None, "cross", "recon-all", 1, 9), ("a", None, "cross", "aseg", 1, 2))
    assert found[["rh_holes", "taken_from", "disagreement"]].tolist() == [2, "aseg", "recon-all: 1 and 9"]
    with pytest.warns(FsstatsWarning, match=r"taken from aseg; recon-all: 1 and 9"):  # a side that aseg lacks
        found = one(("a", None, "cross", "recon-all", 1, 9), ("a", None, "cross", "aseg", 1, None))
    assert np.isnan(found["rh_holes"])
    assert found["disagreement"] == "recon-all: 1 and 9"


def test_sources_that_agree_are_nothing_to_speak_of():
    found = one(("a", None, "cross", "recon-surf", 1, 2), ("a", None, "cross", "recon-all", 1, 2))
    assert found["taken_from"] == "recon-all"
    assert pd.isna(found["disagreement"])


def test_categories_are_as_good_as_text():
    rows = table(("a", "1", "cross", "aseg", 1, 2), ("a", "1", "long", "aseg", None, None))
    kinds = dict.fromkeys([name for name in LONG if name != "value"], "category")
    pd.testing.assert_frame_equal(euler(rows.astype(kinds)), euler(rows))


def test_a_table_without_holes_has_rows_and_no_numbers():
    found = euler(table(("a", None, "cross", "aseg", None, None)))
    assert len(found) == 1
    assert found["euler"].isna().all()
    assert euler(table().iloc[:0]).empty


def test_what_cannot_be_is_refused():
    rows = table(("a", None, "cross", "aseg", 1, 2))
    with pytest.raises(TableError, match=r"2 number.*occur twice, the first is a / cross / aseg / lhSurfaceHoles"):
        euler(pd.concat([rows, rows]))
    with pytest.raises(ColumnsError, match=r"euler needs the column.*'subject'"):
        euler(pd.DataFrame({"x": [1]}))


def test_euler_numbers_fall_by_2_with_every_hole():
    """All numbers of the left with a few of the right, each a run of one table."""
    pairs = list(product(range(302), (0, 1, 16, 300)))
    found = euler(table(*((f"s{n:04}", None, "cross", "aseg", lh, rh) for n, (lh, rh) in enumerate(pairs))))
    assert list(zip(found["lh_holes"], found["rh_holes"], strict=True)) == pairs
    totals = found["euler"].to_numpy().reshape(302, 4)
    assert (totals[:-1] - totals[1:] == 2).all()
    assert (found["euler"] == found["lh_euler"] + found["rh_euler"]).all()
    assert (found["euler"] == 4 - 2 * found["holes"]).all()
