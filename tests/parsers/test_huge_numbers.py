"""Numbers that no computer can hold, as damage leaves them: never infinity, and never another exception."""

import numpy as np
import pytest

from fsstats import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.stencil import fit, stencil_of
from tests_support import FS6, HANDMADE

HUGE = {"digits": "9" * 400, "very many digits": "9" * 5000, "an exponent": "1e999", "negative": "-1e999"}
PLACES = {
    "a cell": (FS6 / "lh.aparc.stats", " 1193 "),
    "an id": (FS6 / "wmparc.stats", " 3001 "),
    "an id of SAMSEG": (HANDMADE / "deep" / "samseg.fs.stats", " 63 "),
    "a Measure": (FS6 / "lh.aparc.stats", "1529098.631452"),
    "a count": (HANDMADE / "freesurfer8.aseg.stats", "# NRows 3"),
    "a map's mean": (next(HANDMADE.rglob("lh.curv.stats")), " 2.81155 "),
}


@pytest.mark.parametrize("huge", HUGE.values(), ids=HUGE)
@pytest.mark.parametrize(("path", "number"), PLACES.values(), ids=PLACES)
def test_a_number_that_is_too_large_is_none(path, number, huge):
    text = path.read_text(encoding="utf-8")
    assert number in text
    old = number.split()[-1]
    try:
        stats = parse_stats(text.replace(number, number.replace(old, huge)), where=path.name, strict=False)
    except StatsFormatError:
        return
    assert not np.isinf(long_table(stats)["value"]).any()


@pytest.mark.parametrize("huge", ["9" * 400, "9" * 5000])
def test_a_stencil_leaves_it_to_the_parser(huge):
    data = (FS6 / "lh.aparc.stats").read_bytes()
    made = stencil_of(data, parse_stats(data, where="lh.aparc.stats"))
    assert made is not None
    assert not len(fit(made, [data.replace(b"1529098.631452", huge.encode())]).which)


@pytest.mark.parametrize("word", ["inf", "-inf", "0"])
def test_what_is_infinite_or_nothing_is_no_reason_to_warn(word):
    text = (FS6 / "lh.aparc.stats").read_text(encoding="utf-8")
    for number in ("91536.6", "2.5011", "1529098.631452", "509668.845191", "134464"):
        parse_stats(text.replace(f"{number}, ", f"{word}, "), where="lh.aparc.stats", strict=False)
    table = [line for line in text.split("\n") if line and not line.startswith("#")]
    for place in range(1, len(table[0].split())):
        words = table[0].split()
        words[place] = word
        parse_stats(text.replace(table[0], " ".join(words)), where="lh.aparc.stats", strict=False)
