"""FIRST's mode parameters: what was written is read, in either order of bytes, and nothing that is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.errors import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import formats

MATRIX = np.array([[1.1, 0, 0.02, -3], [0, 0.97, 0, 12.5], [-0.02, 0, 1.05, 7], [0, 0, 0, 1]], dtype=np.float32)
NAME = "out-L_Hipp_first.bvars"


def bvars(modes, *, image="T1_brain.nii.gz", model="models_336_bin/05mm/L_Hipp_05mm.bmv", order="<", end=b"\n", n=1):
    """Write as FIRST does."""
    numbers = np.concatenate([np.asarray(modes, np.float32), MATRIX.ravel()]).astype(f"{order}f4")
    text = f"this is a bvars file\n{model}\nNumberOfSubjects {n}\n{image} {len(modes)} "
    return text.encode() + numbers.tobytes() + end


MODES = np.linspace(-2, 3, 336, dtype=np.float32)
TEXTLIKE = np.frombuffer(b" 336 15 " * 168, "<f4")

GOOD = {
    "as written today": bvars(MODES),
    "big-endian": bvars(MODES, order=">"),
    "blanks in the path of the image": bvars(MODES, image="my study/sub 1 2 /T1 brain.nii.gz"),
    "no line feed at the end": bvars(MODES, end=b""),
    "the model's name alone": bvars(MODES, model="L_Hipp_bin.bmv"),
    "numbers that look like text": bvars(TEXTLIKE),
}


@pytest.mark.parametrize("data", GOOD.values(), ids=GOOD)
def test_modes_and_matrix_are_those_that_were_written(data):
    stats = parse_stats(data, where=NAME)
    assert (stats.source, stats.names) == ("first.bvars", ("Left-Hippocampus",))
    assert stats.columns[:3] == ("n_modes", "mode_001", "mode_002")
    assert stats.numbers[0, 0] == 336
    modes = TEXTLIKE if data == GOOD["numbers that look like text"] else MODES
    np.testing.assert_array_equal(stats.numbers[0, 1:], modes.astype(np.float64))
    rows = [list(map(float, line.split())) for line in stats.header["flirt_matrix"].split("\n")]
    np.testing.assert_array_equal(np.array(rows, np.float32), MATRIX)


def test_the_image_is_in_the_header():
    assert parse_stats(GOOD["blanks in the path of the image"], where=NAME).header["image"] == (
        "my study/sub 1 2 /T1 brain.nii.gz"
    )


def test_the_long_table_has_a_row_a_mode():
    table = long_table(parse_stats(bvars([0.5, -1.25]), where=NAME), subject="sub-01")
    assert table[["hemi", "region", "measure", "value", "unit"]].to_numpy().tolist() == [
        ["lh", "Left-Hippocampus", "n_modes", 2.0, "unitless"],
        ["lh", "Left-Hippocampus", "mode_001", 0.5, "unitless"],
        ["lh", "Left-Hippocampus", "mode_002", -1.25, "unitless"],
    ]


def test_the_model_tells_the_structure_where_the_name_does_not():
    stats = parse_stats(bvars(MODES, model="BrStem_bin.bmv"), where="bout_name.bvars")
    assert stats.names == ("Brain-Stem",)


WHOLE = bvars(MODES)
BROKEN = {
    "cut in the numbers": (WHOLE[:-5], "as many binary numbers .1408 bytes.*The file is cut short"),
    "cut behind the title": (b"this is a bvars file\n", "expected FIRST's mode parameters"),
    "longer": (WHOLE + b"\0\0", "The file is cut short, or is text"),
    "numbers as text": (
        b"this is a bvars file\nL_Hipp.bmv\nNumberOfSubjects 1\nT1.nii.gz 2 0.5 -1.25 \n",
        "The file is cut short, or is text of another tool",
    ),
    "numbers as FTP's text mode leaves them": (WHOLE[:-2] + b"\x0d" + WHOLE[-1:], "a matrix that ends in 0 0 0 1"),
    "several subjects": (bvars(MODES, n=20), "expected one subject, found 20 subjects"),
    "another structure's model": (
        bvars(MODES, model="R_Thal.bmv"),
        "expected Left-Hippocampus .its name., found Right-Thalamus .its model.",
    ),
    "a mode that is NaN": (bvars([*MODES[:-1], np.nan]), "the file is damaged"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_whole_is_refused(data, said):
    with pytest.raises(StatsFormatError, match=f"^{NAME}: .*{said}"):
        parse_stats(data, where=NAME)


def test_a_structure_that_nothing_names_is_refused():
    with pytest.raises(StatsFormatError, match=r"expected a structure in the file's or the model's name, found the mo"):
        parse_stats(bvars(MODES, model="mine.bmv"), where="mine.bvars")


@given(st.integers(0, len(WHOLE) - 2))
def test_no_cut_is_read_as_whole(length):
    with pytest.raises(StatsFormatError, match=NAME):
        parse_stats(WHOLE[:length], where=NAME)


def test_only_its_own_files_are_recognised():
    (ours,) = (one for one in formats() if one.name == "bvars")
    assert ours.recognises(WHOLE[:4096], "any")
    assert not ours.recognises(b"this is a text\n", NAME)
