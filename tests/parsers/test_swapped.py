"""Names, ids, counts and volumes that changed places: refused, never read as the other side's or the other quantity's."""

import pytest

from fsstats import StatsFormatError, parse_stats
from tests_support import HANDMADE

DEEP = HANDMADE / "deep"
OWN = "expected names with their own ids"


def swapped(name, first, second):
    """Give a fixture in which two words have changed places."""
    text = (DEEP / name).read_text(encoding="utf-8")
    assert first in text
    assert second in text
    return text.replace(first, "\0").replace(second, first).replace("\0", second)


def gtm(*rows):
    form = "%3d %4d %-31s %-13s %6d %8.3f   %10.3f   %10.4f\n"
    return "".join(
        form % (i, segid, name, tissue, 500, 1.2, 1.5, 0.1) for i, (segid, name, tissue) in enumerate(rows, 1)
    )


CASES = {
    "gtm, structures": (
        "gtm.stats.dat",
        gtm((17, "Right-Hippocampus", "subcort_gm"), (53, "Left-Hippocampus", "subcort_gm")),
        OWN,
    ),
    "gtm, cortex": ("gtm.stats.dat", gtm((1006, "ctx-rh-entorhinal", "cortex")), OWN),
    "SAMSEG's table": ("samseg.fs.stats", swapped("samseg.fs.stats", "Left-Hippocampus", "Right-Hippocampus"), OWN),
    "WMH-SynthSeg": ("wmh.csv", swapped("wmhsynthseg.csv", "left-thalamus(", "right-thalamus("), OWN),
    "fslstats, columns": (
        "fslstats.txt",
        "L_Hipp 8000.000000 1000\nR_Hipp 8800.000000 1100\nL_Thal 16000.000000 2000\n",
        "expected",
    ),
    "FSL's JSON": (
        "segstats.json",
        '{"Left-Hippocampus": [8000.0, 1000], "Left-Thalamus": [16000.0, 2000]}',
        "expected",
    ),
}


@pytest.mark.parametrize(("where", "text", "message"), CASES.values(), ids=CASES)
def test_what_changed_places_is_refused(where, text, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where=where)
