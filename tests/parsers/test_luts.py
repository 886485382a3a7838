"""Tables that name labels: each form gives the same names, and what is none is refused."""

import pytest

from fsstats.errors import StatsFormatError
from fsstats.parsers.luts import freesurfer_names, read_colours, read_lut

XML = """<?xml version="1.0" encoding="ISO-8859-1"?>
<atlas version="1.0"><header><name>Made up</name><type>{kind}</type></header>
<data><label index="0" x="48" y="94" z="35">Frontal Pole</label>
<label index="1" x="25" y="70" z="32">Insula &amp; Operculum</label></data></atlas>
"""

GOOD = {
    "FreeSurfer": (
        (
            "#$Id: FreeSurferColorLUT.txt\n\n#No. Label Name:   R   G   B   A\n"
            "0   Unknown           0   0   0   0\n17  Left-Hippocampus  220 216 20  0\n"
        ),
        {0: "Unknown", 17: "Left-Hippocampus"},
    ),
    "FreeSurfer, three colours, blanks in names": (
        "1 Area 44 left 1 2 3\n2 Yeo 7 1 2 3 0\n",
        {1: "Area 44 left", 2: "Yeo 7"},
    ),
    "without colours": ("1 one\n2 Area 44\n", {1: "one", 2: "Area 44"}),
    "with Windows' line ends": ("1 one 0 0 0 0\r\n2 two 0 0 0 0\r\n", {1: "one", 2: "two"}),
    "BIDS": ("index\tname\tcolor\n17\tLeft Hippocampus\t#ff0000\n0\tn\t\n", {17: "Left Hippocampus", 0: "n"}),
    "BIDS, other order": ("name\tmapping\tindex\nGM\t1\t4\n", {4: "GM"}),
    "FSL, a probabilistic atlas: its labels count from 1": (
        XML.format(kind="Probabalistic"),  # codespell:ignore - as FSL has it
        {1: "Frontal Pole", 2: "Insula & Operculum"},
    ),
    "FSL, labels": (XML.format(kind="Label"), {0: "Frontal Pole", 1: "Insula & Operculum"}),
}


@pytest.mark.parametrize(("text", "names"), GOOD.values(), ids=GOOD)
def test_every_form_of_table_is_read(text, names):
    assert read_lut(text.encode(), "my.lut") == names


BAD = {
    "empty": (b"", "an empty file"),
    "prose": (b"These are the labels.\n", "my.lut:1: expected a table of labels .*, found 'These are"),
    "an image": (bytes(400), "binary data"),
    "only comments": (b"# nothing\n", "found none in it"),
    "a page of the web": (b"<html><body>Not found</body></html>", "found none in it"),
    "one label, two names": (b"1 one 0 0 0 0\n1 two 0 0 0 0\n", "expected one name of label 1, found one and two"),
    "BIDS without a number": (b"index\tname\nn/a\tGM\n", "expected whole numbers and names, found another in line 2"),
    "BIDS, a short row": (b"index\tname\n1\n", "found another in line 2"),
}


@pytest.mark.parametrize(("data", "said"), BAD.values(), ids=BAD)
def test_what_is_no_table_of_labels_is_refused(data, said):
    with pytest.raises(StatsFormatError, match=said):
        read_lut(data, "my.lut")


def test_freesurfers_labels_are_called_as_in_its_colour_table():
    names = freesurfer_names()
    # FreeSurferColorLUT.txt of FreeSurfer 7.4.1
    expected = {
        10: "Left-Thalamus",
        16: "Brain-Stem",
        53: "Right-Hippocampus",
        1035: "ctx-lh-insula",
        2002: "ctx-rh-caudalanteriorcingulate",
        4035: "wm-rh-insula",
        12101: "ctx_rh_G_and_S_frontomargin",
    }
    assert {label: names[label] for label in expected} == expected


COLOURED = {
    "with alpha": ("17 Left-Hippocampus 220 216 20 0\n", {17: (220, 216, 20)}),
    "without": ("17\tLeft-Hippocampus\t220\t216\t20\r\n", {17: (220, 216, 20)}),
    "a name with a number": ("4 CA 1 10 20 30 0", {4: (10, 20, 30)}),
    "comments and names only": ("# 1 x 1 2 3\n\n5 name\n6 other 1 2", {}),
}


@pytest.mark.parametrize(("text", "colours"), COLOURED.values(), ids=COLOURED)
def test_colours_are_read(text, colours):
    assert read_colours(text.encode(), "my.lut") == colours


def test_a_colour_that_is_none_is_said():
    with pytest.raises(StatsFormatError, match=r"my.lut: expected colours of 0 to 255, found \(1, 300, 2\) of label 5"):
        read_colours(b"5 x 1 300 2 0", "my.lut")
