"""The quick question whether two tables are the same has pandas' own answer."""

import pandas as pd
import pytest

from frames_support import assert_frame_equal

TABLE = pd.DataFrame({"hemi": pd.Categorical(["lh", None, "rh"]), "value": [1.0, 2.0, None]})


def with_categories(change):
    return TABLE.assign(hemi=change(TABLE["hemi"].cat))


OTHERS = {
    "another value": TABLE.assign(hemi=pd.Categorical(["rh", None, "rh"], ["lh", "rh"])),
    "a value that is missing": TABLE.assign(hemi=pd.Categorical(["lh", None, None], ["lh", "rh"])),
    "a value that is not missing": TABLE.assign(hemi=pd.Categorical(["lh", "rh", "rh"])),
    "a category more": with_categories(lambda hemi: hemi.add_categories("mid")),
    "other names of categories": with_categories(lambda hemi: hemi.rename_categories({"lh": "left"})),
    "another order of categories": with_categories(lambda hemi: hemi.reorder_categories(["rh", "lh"])),
    "categories in an order": with_categories(lambda hemi: hemi.as_ordered()),
    "plain strings": TABLE.astype({"hemi": "str"}),
    "another number": TABLE.assign(value=[1.0, 2.0, 3.0]),
    "another index": TABLE.set_axis([7, 8, 9]),
    "another order of columns": TABLE[["value", "hemi"]],
    "a column less": TABLE[["value"]],
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_tables_that_differ_are_told_apart_as_by_pandas(other):
    for ask in (assert_frame_equal, pd.testing.assert_frame_equal):
        for pair in ((TABLE, other), (other, TABLE)):
            with pytest.raises(AssertionError):
                ask(*pair)


def test_the_same_table_is_the_same_and_stays_as_it_is():
    copy = TABLE.copy()
    assert_frame_equal(copy, TABLE)
    pd.testing.assert_frame_equal(copy, TABLE)
