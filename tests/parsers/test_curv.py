"""The curvature report: every number of every real file, against regular expressions of its own; and every cut."""

import re
from math import pi

import pytest

from fsstats.errors import StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import format_of
from tests_support import CORPUS, HANDMADE

FIXTURE = HANDMADE / "recon" / "lh.curv.stats"
REAL = sorted(CORPUS.rglob("*.curv.stats")) if CORPUS else []
NO_CORPUS = pytest.param(None, marks=pytest.mark.skip(reason="no real files here: set FSSTATS_CORPUS"), id="corpus")
FILES = [pytest.param(FIXTURE, id="handmade"), *[pytest.param(p, id=f"{p.parts[-3][:30]}-{p.name}") for p in REAL]]
LINES = FIXTURE.read_text(encoding="utf-8").splitlines(keepends=True)
ONE = "".join(LINES[:220])
MAPS = ("curv", "sulc", "K", "H", "k1", "k2", "S", "C", "BE", "FI")
WHAT = {
    "min": r" Min: +(\S+)",
    "max": r" Max: +(\S+)",
    "natural_integral": r" {tag} Natural Surface Integral: +(\S+)",
    "rectified_integral": r" {tag} Rectified Surface Integral: +(\S+)",
    "positive_integral": r" {tag} Positive Surface Integral: +(\S+)",
    "negative_integral": r" {tag} Negative Surface Integral: +(\S+)",
    "natural_integral_mean": r" Mean Natural .*: +(\S+) across",
    "rectified_integral_mean": r" Mean Rectified .*: +(\S+) across",
    "positive_integral_mean": r" Mean Positive .*: +(\S+) across",
    "negative_integral_mean": r" Mean Negative .*: +(\S+) across",
    "natural_integral_areanorm": r" AreaNorm Natural .*: +(\S+) across",
    "rectified_integral_areanorm": r" AreaNorm Rectified .*: +(\S+) across",
    "positive_integral_areanorm": r" AreaNorm Positive .*: +(\S+) across",
    "negative_integral_areanorm": r" AreaNorm Negative .*: +(\S+) across",
    "positive_vertices": r" Mean Positive .* across (\S+)",
    "negative_vertices": r" Mean Negative .* across (\S+)",
    "positive_area": r" AreaNorm Positive .* across (\S+)",
    "negative_area": r" AreaNorm Negative .* across (\S+)",
    "mean": r"<mean> .*: +(\S+) \+-",
    "std": r"<mean> .*: .*\+- (\S+)",
}
SURFACE = {
    "surface_area": r"Total Surface Area: +(\S+)",
    "n_vertices": r"Total Number of Vertices: +(\S+)",
    "vertex_separation_mean": r"Mean Vertex Separation .*: +(\S+) \+-",
    "vertex_separation_std": r"Mean Vertex Separation .*\+- (\S+)",
    "vertex_area_mean": r"Average Vertex Area .*: +(\S+)",
    "FI": r"Folding Index .*: +(\S+)",
    "ICIp": r"positive \(ICIp\): +(\S+)",
    "ICIn": r"negative \(ICIn\): +(\S+)",
    "ICIt": r"natural +\(ICI[nt]\): +(\S+)",
}


def printed(text: str) -> dict[str, float]:
    """Give the numbers of the last report, found by searching for them."""
    text = text[text.rindex("Raw", 0, text.rindex("h.curv'):")) :]
    found = {name: float(re.search(pattern, text)[1]) for name, pattern in SURFACE.items()}
    for name, block in zip(MAPS, re.split(r"\n(?=\S+ <mean>)", "\n" + text)[1:], strict=True):
        tag = block.split()[0]
        found |= {f"{name}_{what}": float(re.search(p.format(tag=tag), block)[1]) for what, p in WHAT.items()}
    return found


@pytest.mark.parametrize("path", FILES if CORPUS else [*FILES, NO_CORPUS])
class TestEveryRealFile:
    def test_is_whole_and_has_every_number(self, path):
        stats = parse_stats(path.read_bytes(), where=str(path))
        assert (stats.source, stats.hemi) == ("curv", path.name[:2])
        assert {line.field: line.value for line in stats.measure_lines} == printed(path.read_text(encoding="utf-8"))
        assert len(stats.measure_lines) == 5 + 10 * 20 + 4

    def test_says_how_many_reports_there_are(self, path):
        stats = parse_stats(path.read_bytes(), where=str(path))
        n = path.read_text(encoding="utf-8").count("h.curv'):")
        assert stats.header["n_reports"] == str(n)
        assert [remark.text[:10] for remark in stats.remarks] == ([f"{n} reports, "[:10]] if n > 1 else [])

    def test_obeys_the_laws_of_its_integrals(self, path):
        value = {m.field: m.value for m in parse_stats(path.read_bytes(), where=str(path)).measure_lines}
        for name in MAPS:
            plus, minus = value[f"{name}_positive_integral"], value[f"{name}_negative_integral"]
            assert value[f"{name}_rectified_integral"] == pytest.approx(plus + minus, rel=1e-6, abs=2e-5)
            assert value[f"{name}_natural_integral"] == pytest.approx(plus - minus, abs=1e-6 * (plus + minus) + 2e-5)
            assert value[f"{name}_positive_vertices"] + value[f"{name}_negative_vertices"] == value["n_vertices"]
        assert value["ICIt"] == pytest.approx(value["K_natural_integral"] / 4 / pi, abs=1e-5)
        assert value["BE_max"] == pytest.approx(2 * value["C_max"] ** 2, rel=1e-3) or path == FIXTURE

    def test_is_one_place_each_in_the_long_table(self, path):
        table = long_table(parse_stats(path.read_bytes(), where=str(path)), subject="s")
        assert not table.duplicated(["source", "hemi", "region", "measure"]).any()
        assert table["region"].eq("global").all()
        assert table["hemi"].eq(path.name[:2]).all()
        unknown = table.loc[table["unit"] == "unknown", "measure"]
        assert unknown.str.startswith("sulc_").all()


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_the_corpus_has_reports_of_every_era():
    assert len(REAL) == 16
    assert sum("natural (ICIn)" in path.read_text(encoding="utf-8") for path in REAL) == 4  # FreeSurfer 4.5


UNITS = {
    "curv_mean": "mm^-1",  # none is printed
    "curv_natural_integral": "mm",
    "sulc_std": "unknown",  # cm up to FreeSurfer 5.3, mm later, and the report does not say which it is of
    "sulc_positive_area": "mm^2",
    "K_std": "mm^-2",
    "K_min": "mm^-2",
    "K_rectified_integral": "unitless",
    "K_positive_integral_mean": "unitless",
    "K_positive_integral_areanorm": "mm^-2",
    "K_positive_vertices": "unitless",
    "k1_max": "mm^-1",
    "k1_natural_integral": "mm",
    "C_mean": "mm^-1",  # printed as mm^-2, but it is the root of a sum of squared curvatures
    "C_natural_integral": "mm",
    "FI_mean": "mm^-2",
    "surface_area": "mm^2",
    "n_vertices": "unitless",
    "vertex_separation_std": "mm",
    "vertex_area_mean": "mm^2",
    "ICIt": "unitless",
}


@pytest.mark.parametrize(("field", "unit"), UNITS.items(), ids=UNITS)
def test_the_unit_is_the_true_one(field, unit):
    table = long_table(parse_stats(ONE, where="lh.curv.stats"), subject="s")
    assert table.loc[table["measure"] == field, "unit"].tolist() == [unit]


@pytest.mark.parametrize("n", range(1, 218))
def test_a_report_cut_behind_any_line_is_a_loss_and_never_wrong(n):
    whole = {line.field: line.value for line in parse_stats(ONE, where="lh.curv.stats").measure_lines}
    try:
        stats = parse_stats("".join(LINES[:n]), where="lh.curv.stats", strict=False)
    except StatsFormatError:
        assert n == 1
        return
    assert not stats.is_whole
    assert {line.field: line.value for line in stats.measure_lines}.items() <= whole.items()


def test_only_blank_lines_can_be_cut_without_a_trace():
    assert [line.strip() for line in LINES[218:220]] == ["", ""]
    assert parse_stats("".join(LINES[:218]), where="lh.curv.stats").is_whole


@pytest.mark.parametrize("n", [*range(222, 438, 9), 437])
def test_if_the_last_report_is_cut_the_one_before_is_used_and_that_is_a_loss(n):
    stats = parse_stats("".join(LINES[:n]), where="lh.curv.stats", strict=False)
    assert {line.field: line.value for line in stats.measure_lines} == printed(ONE)
    losses = [remark.text for remark in stats.remarks if remark.loss]
    assert len(losses) == 1
    assert (
        "expected a whole report, found the last of 2 cut short or damaged. The one that begins in line 2" in losses[0]
    )


@pytest.mark.parametrize("at", range(0, len(ONE.rstrip()), 331))
def test_a_report_cut_within_a_line_is_a_loss_and_never_wrong(at):
    whole = {line.field: line.value for line in parse_stats(ONE, where="lh.curv.stats").measure_lines}
    try:
        stats = parse_stats(ONE[:at], where="lh.curv.stats", strict=False)
    except StatsFormatError:
        assert at < 120
        return
    assert not stats.is_whole
    assert {line.field: line.value for line in stats.measure_lines}.items() <= whole.items()


def edited(old: str, new: str) -> str:
    found = re.sub(old, new, ONE, count=1, flags=re.DOTALL)
    assert found != ONE
    return found


DAMAGED = {
    "a line is lost": (
        edited(r"         K Max:.*?\n", ""),
        r"lh.curv.stats:44: expected 20 lines of K, .* without Max",
    ),
    "a map is lost": (edited(r"H <mean>.*?\n\n", ""), r"expected 10 maps \(Mean across\), found 9: curv, sulc, K, k1"),
    "the head is lost": (ONE[3000:], r"expected a line of a curvature report"),
    "a digit of an integral": (
        edited(r"(K Positive Surface Integral: +)\d", r"\g<1>9"),
        r"numbers of K contradict each other: rectified = positive \+ negative; .*They are left out",
    ),
    "a digit of a count": (
        edited(r"(H Mean Positive Surface Integral: [^\n]* across )\d", r"\g<1>9"),
        "numbers of H contradict each other: vertices of positive and negative add up",
    ),
    "a digit of a mean": (edited(r"(S Mean Natural Surface Integral: +0\.)\d", r"\g<1>9"), "numbers of S contradict"),
    "a digit of the surface": (
        edited(r"(k1 Total Surface Area: +)\d", r"\g<1>9"),
        "expected one surface_area, found 80000 and 90000. None is used",
    ),
    "a digit of an index": (
        edited(r"(\(ICIp\): +)\d", r"\g<1>9"),
        r"expected ICIp = [\d.]+, found 9[\d.]+. It is left out",
    ),
    "a digit of the mean of all": (edited(r"(curvatures: )\d", r"\g<1>9"), "expected maps with the mean 9"),
    "no number": (edited(r"(K Min: +)\S+", r"\g<1>-2,5"), "expected a line of a curvature report, found 'K Min"),
    "another map's line": (edited(r"        H Min:", "        K Min:"), "found 'K Min"),
    "a line twice": (edited(r"( +K Min:.*?\n)", r"\1\1"), "numbers of K contradict each other: min stands twice"),
    "a stranger": (edited(r"\n\nH <mean>", "\n\nhello\n\nH <mean>"), "found 'hello'"),
    "an extreme within": (edited(r"(H Max: +)\S+", r"\1-99.00000"), "min <= mean <= max"),
}


@pytest.mark.parametrize(("text", "message"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_named(text, message):
    with pytest.raises(StatsFormatError, match=message):
        parse_stats(text, where="lh.curv.stats")


def test_the_numbers_that_contradict_each_other_are_left_out_and_others_stay():
    stats = parse_stats(DAMAGED["a digit of an integral"][0], where="lh.curv.stats", strict=False)
    fields = {line.field for line in stats.measure_lines}
    assert not any(field.startswith("K_") for field in fields)
    assert {"H_mean", "surface_area"} <= fields


def test_a_value_that_is_not_a_number_is_missing():
    text = edited(r"(K Max: +)\S+", r"\g<1>nan")
    value = {line.field: line.value for line in parse_stats(text, where="lh.curv.stats").measure_lines}
    assert value["K_max"] != value["K_max"]


def test_lines_about_a_label_join():
    roi = (
        "K ROI Surface Area: 500.0 mm^2\nK ROI Number of Vertices: 00042\nK ROI Surface Area Percentage: 5.00%\n"
        "K ROI Surface Vertex Percentage: 6.00%\nK Average Vertex Area (ROI Surface): 11.9 mm^2\n"
    )
    stats = parse_stats(edited(r"(?= +K Natural)", roi), where="lh.curv.stats")
    value = {line.field: (line.value, line.unit) for line in stats.measure_lines}
    assert value["roi_n_vertices"] == (42.0, "unitless")
    assert value["roi_surface_area_percent"] == (5.0, "percent")


def test_the_shape_index_is_read_where_it_was_asked_for():
    block = ONE[ONE.index("FI <mean>") : ONE.index("\ncurv -- ")].replace("FI", "SI")
    text = ONE.replace("\ncurv -- calc", f"{block}\ncurv -- calc")
    means = [float(mean) for mean in re.findall(r"'\): +(\S+) \+-", text)]
    text = re.sub(r"Mean across 10 curvatures: \S+", f"Mean across 11 curvatures: {sum(means) / 11:.4e}", text)
    value = {line.field: line.unit for line in parse_stats(text, where="lh.curv.stats").measure_lines}
    assert value["SI_mean"] == "unitless"


def test_the_side_is_read_from_the_text_where_the_name_has_none():
    assert parse_stats(ONE, where="<text>").hemi == "lh"
    assert parse_stats(ONE, where="<text>").source == "curv"


def test_a_file_under_a_users_own_name_keeps_it():
    assert parse_stats(ONE, where="lh.pial_curv.stats").source == "pial_curv"


CONFLICTS = {
    "another kind's name": (ONE, "lh.aparc.stats", r"expected aparc \(its name\), found what curv files hold"),
    "both sides": (ONE.replace("lh.sulc", "rh.sulc"), "lh.curv.stats", "expected one hemisphere, found lh and rh"),
}


@pytest.mark.parametrize(("text", "where", "message"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_contradicts_is_a_conflict(text, where, message):
    with pytest.raises(StatsFormatError, match=message) as raised:
        parse_stats(text, where=where, strict=False)
    assert raised.value.status == "conflict"


@pytest.mark.parametrize("where", ["x.stats", "notes.txt", "<text>"])
def test_it_is_recognised_by_its_content(where):
    assert format_of(ONE.encode(), where).name == "curv"


@pytest.mark.parametrize("text", ["curv -- hello\n", "the <mean> is +- 3\n", "participant_id\tage\nsub-01\t3\n"])
def test_other_text_is_not_taken_for_one(text):
    assert format_of(text.encode(), "x.txt").name != "curv"
