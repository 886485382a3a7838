"""Two speeds, one parser: whatever a stencil reads is what `parse_stats` reads; a hostile reader tries to part them."""

import re
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats import FsstatsError
from fsstats.parsers import contradiction, definitions, layout_of, parse_stats, shape_of, values_of
from fsstats.parsers.stencil import Stencil, fit, stencil_of
from tests_support import CORPUS, FS6, HANDMADE

MINE = "lh.mine.stats"
HEAD = (
    "# Title Segmentation Statistics \n# generating_program {program}\n# cvs_version {version}\n"
    "# cmdline {program} {options} --seg mri/aseg.mgz --subject {subject} \n# sysname Linux\n# hostname {host}\n"
    "# machine x86_64\n# user {user}\n# anatomy_type volume\n# SUBJECTS_DIR {folder}\n# subjectname {subject}\n"
)
TABLE = "# NRows 2 \n# NTableCols 4 \n# ColHeaders  StructName NumVert GrayVol ThickAvg \ninsula      2210   4500   3.012\ncuneus       310    250  -0.500\n"


def content(table=TABLE, **said):
    """Give a stats file that says what is ordinary, but for what is said."""
    usual = {"program": "mris_anatomical_stats", "version": "7.4.1", "options": "-th3", "subject": "bert"}
    return (HEAD.format(**(usual | {"host": "here", "user": "me", "folder": "/data"} | said)) + table).encode()


def made_of(data, where=MINE):
    """Give the stencil of a file, or None where it must be read alone."""
    try:
        return stencil_of(data, parse_stats(data, where=where, strict=False))
    except FsstatsError:
        return None


def facts(stats):
    """Give all that depends on a file's text, for `==`; values as bits."""
    values, layout = values_of(stats).tobytes(), layout_of(shape_of(stats))
    about = (stats.subject, stats.tool, stats.version, definitions(stats), "NRows" in stats.header)
    return (values, layout, about, stats.remarks, contradiction(stats))


def agreeing(made: Stencil, contents, where=MINE):
    """Assert that what fits a stencil is what the parser gives; say what fits."""
    fitted = fit(made, contents)
    assert len(fitted.which) == len(fitted.subjects) == len(fitted.values)
    shared = facts(made.stats)
    for k, subject, values in zip(fitted.which.tolist(), fitted.subjects, fitted.values, strict=True):
        slow = facts(parse_stats(contents[k], where=where, strict=False))
        assert (values.tobytes(), subject) == (slow[0], slow[2][0]), contents[k]
        assert (made.layout, shared[2][1:], made.stats.remarks, None) == (slow[1], slow[2][1:], *slow[3:]), contents[k]
    return fitted.which.tolist()


def agree(one, other, where=MINE):
    """Assert that neither file is misread by the other's stencil; say whether the second fits the first's."""
    made, back = made_of(one, where), made_of(other, where)
    if back is not None:
        agreeing(back, [one], where)
    return made is not None and bool(agreeing(made, [other], where))


FIT = {
    "the same file": content(),
    "another subject": content(subject="sub-02_x.y+z"),
    "a subject whose name has the length of none before": content(subject="s" * 300),
    "other machines and folders": content(host="there-7", user="you and me", folder="/else where/$HOME"),
    "other numbers": content(TABLE.replace("3.012", "2.001").replace("   310", "-99310")),
    "numbers of other lengths": content(TABLE.replace("  2210", "     0").replace("   250", "123250")),
    "a minus and nothing": content(TABLE.replace("-0.500", "-0.000")),
    "zeros in front": content(TABLE.replace("  2210", "002210")),
}


@pytest.mark.parametrize("other", FIT.values(), ids=FIT)
def test_what_looks_alike_is_read_by_the_stencil(other):
    assert agree(content(), other)


DECIDES = {
    "another version": content(version="5.3.0"),
    "another option": content(options="-no-th3"),
    "no option": content(options=""),
    "another program": content(program="mri_segstats"),
    "another subject in the command line only": content().replace(b"--subject bert", b"--subject ernie"),
    "a side": content("# hemi lh\n" + TABLE),
    "the other side": content("# hemi rh\n" + TABLE),
    "partial volumes": content("# PVVolFile mri/norm.mgz\n" + TABLE),
    "a size of voxels": content("# VoxelVolume_mm3 2 \n" + TABLE),
    "an annotation": content("# AnnotationFile bert/label/lh.aparc.annot\n" + TABLE),
    "another count of rows": content(TABLE.replace("NRows 2", "NRows 3")),
    "another count of columns": content(TABLE.replace("NTableCols 4", "NTableCols 5")),
    "columns that changed places": content(TABLE.replace("NumVert GrayVol", "GrayVol NumVert")),
    "another region": content(TABLE.replace("cuneus", "bankss")),
    "a unit": content("# TableCol  3 Units      mm^3\n" + TABLE),
    "a Measure more": content("# Measure Cortex, NumVert, Number of Vertices, 5, unitless\n" + TABLE),
    "a user who is not ASCII": content(user="Zoë"),
    "a user with a number sign": content(user="me # Measure Cortex, NumVert, x, 5, mm"),
    "a line feed as on Windows": content().replace(b"\n", b"\r\n"),
    "no line feed at the end": content().removesuffix(b"\n"),
    "a tab between numbers": content().replace(b"   4500", b"  \t4500"),
    "a number behind another's place": content(TABLE.replace("  2210 ", "  22100")),
    "more decimals": content(TABLE.replace("3.012", "3.0125")),
    "a number in two": content(TABLE.replace("2210", "2 10")),
    "two minuses": content(TABLE.replace(" -0.500", "--0.500")),
    "a minus inside": content(TABLE.replace("  2210", "  2-10")),
    "a plus": content(TABLE.replace("  2210", " +2210")),
    "no number": content(TABLE.replace("2210", " nan")),
    "nothing": content(TABLE.replace("2210", "    ")),
    "a hidden zero byte": content(TABLE.replace("2210", "2\x0010")),
    "digits of another script": content(TABLE.replace("  2210", "221٢")),
    "a blank line at the end": content() + b"\n",
    "a row more": content() + TABLE.encode().splitlines(keepends=True)[-1],
    "an empty file": b"",
}


@pytest.mark.parametrize("other", DECIDES.values(), ids=DECIDES)
def test_what_decides_something_does_not_fit(other):
    assert not agree(content(), other)


ODD_SUBJECTS = (
    "-th3",
    "-no-th3",
    "lh.aparc.stats",
    "x.stats",
    "w-g.pct",
    "a b",
    "ä",
    "(x",
    "[a-z]",
    "x/y",
    "",
    "#",
    ".",
)


@pytest.mark.parametrize("subject", ODD_SUBJECTS)
def test_a_subject_that_may_be_more_than_a_name_does_not_fit(subject):
    assert not agree(content(subject="bert"), content(subject=subject))


WORDS = (
    "7.4.1",
    "1",
    "mri",
    "me",
    "here",
    "subjectname",
    "cmdline",
    "lh",
    "hemi",
    "PVVolFile",
    "mris_anatomical_stats",
)


@pytest.mark.parametrize("subject", WORDS)
@pytest.mark.parametrize("other", ["bert", *WORDS])
def test_a_subject_whose_name_stands_elsewhere_too_is_told_from_what_stands_there(subject, other):
    agree(content(subject=subject), content(subject=other))


PAIRS = {
    "a subject that is called as a field": (
        "# subjectname subjectname\n{}",
        "# hemi hemi\n{}",
    ),
    "a subject that is called as the field that decides": (
        "# subjectname cmdline\n# cmdline x -th3\n{}",
        "# subjectname b\n# b x -th3\n{}",
    ),
    "a name behind two blanks": (
        "# subjectname  bert\n# cmdline x bert\n{}",
        "# subjectname  bert\n# cmdline x ernie\n{}",
    ),
    "a name in a line without a blank": (
        "#subjectname bert\n# cmdline x bert\n{}",
        "#subjectname bert\n# cmdline x ernie\n{}",
    ),
    "a date twice, of which one line begins oddly": (
        "# CreationTime a\n#CreationTime a\n{}",
        "# CreationTime b\n#CreationTime a\n{}",
    ),
    "a date twice, once behind a no-break space": (
        "# CreationTime a\n#\u00a0CreationTime a\n{}",
        "# CreationTime b\n#\u00a0CreationTime a\n{}",
    ),
    "an annotation twice, of which one name has a no-break space in front": (
        "# subjectname a\n# AnnotationFile a\n# AnnotationFile \u00a0a\n{}",
        "# subjectname b\n# AnnotationFile b\n# AnnotationFile \u00a0a\n{}",
    ),
    "a header line among the rows": ("{}#uneus       310    250  -0.500\n", "{}#uneus       311    250  -0.500\n"),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_headers_that_only_look_as_if_they_fitted(one, other):
    assert not agree(one.format(TABLE).encode(), other.format(TABLE).encode())


@pytest.mark.parametrize("blank", ["\t", "\x0b", "\x0c", "\x1c", "\x1f"])
def test_words_that_are_parted_by_no_blank_make_no_stencil(blank):
    table = "# ColHeaders Index SegId NVoxels Volume_mm3 StructName\n1{}2 40 {} 40\n"  # a structure that is called 40
    assert not agree(table.format(blank, 40).encode(), table.format(blank, 50).encode(), "my.stats")


MEASURES = {
    "-0": True, "-0.000": True, "-7.5": True, "123456789012345678901234567890": True, "0.1000000000000000055511": True,
    "9" * 400: False, "007": True, "1e5": False, "+1": False, ".5": False, "5.": False, "nan": False, "inf": False,
    "1_0": False, "1,5": False, "": False, "0x10": False, "1 2": False, "٢": False,
}  # fmt: skip


@pytest.mark.parametrize(("printed", "fits"), MEASURES.items())
def test_a_measure_is_the_float_that_python_reads(printed, fits):
    line = "# Measure Cortex, NumVert, Number of Vertices, {}, unitless\n"
    one, other = (line.format(value).encode() + TABLE.encode() for value in ("12", printed))
    assert agree(one, other) == fits


def measures(**values):
    """Give a file of Measures alone."""
    return "".join(f"# Measure {name}, {name}, what it is, {value}, mm^3\n" for name, value in values.items()).encode()


SUM = {"lhCortexVol": "2.0", "rhCortexVol": "3.0", "CortexVol": "5.0"}
RATIO = {"BrainSegVol": "8.0", "eTIV": "10.0", "BrainSegVol-to-eTIV": "0.8"}
LAWS = {
    "a sum that holds": (SUM, SUM | {"lhCortexVol": "4.0", "CortexVol": "7.0"}, True),
    "a sum that does not": (SUM, SUM | {"CortexVol": "7.0"}, False),
    "a ratio that holds": (RATIO, RATIO | {"BrainSegVol": "4.0", "BrainSegVol-to-eTIV": "0.4"}, True),
    "a ratio that does not": (RATIO, RATIO | {"BrainSegVol": "4.0"}, False),
    "no volume of the head": ({"eTIV": "10.0"}, {"eTIV": "0.000"}, False),
    "less than no volume of the head": ({"eTIV": "10.0"}, {"eTIV": "-0"}, False),
    "a ratio to nothing": (RATIO, RATIO | {"eTIV": "0"}, False),
    "a sum of numbers too large to be held": (SUM, dict.fromkeys(SUM, "9" * 400), False),
}


@pytest.mark.parametrize(("one", "other", "fits"), LAWS.values(), ids=LAWS)
def test_measures_are_held_against_each_other(one, other, fits):
    assert agree(measures(**one), measures(**other), "mine.stats") == fits


VOXELS = "# generating_program {}\n# ColHeaders Index SegId NVoxels Volume_mm3 StructName normMean normStdDev normMin normMax normRange\n"
ROW = "  1  17 {:8d} {:10.1f} Left-Hippocampus {:9.4f} {:9.4f} {:9.4f} {:9.4f} {:9.4f}\n"
USUAL = (4000, 4100.5, 70, 8, 12, 110, 98)
ROWS = {
    "intensities in order": ((9, 9.5, 50, 1, 50, 50, 0), True),
    "a range that is another": ((4000, 4100.5, 70, 8, 12, 110, 99), False),
    "a mean below the minimum": ((4000, 4100.5, 7, 8, 12, 110, 98), False),
    "a mean above the maximum": ((4000, 4100.5, 170, 8, 12, 110, 98), False),
    "a rounded range": ((4000, 4100.5, 70, 8, 12, 110, 98.0001), True),
    "no voxels": ((0, 0, 0, 0, 0, 0, 0), True),
    "no voxels, and an intensity": ((0, 0, 0, 1, 0, 0, 0), True),
    "less than no voxels": ((-0, -0.0, -0.0, 0, 0, 0, 0), True),
    "voxels without intensities": ((5, 5, 0, 0, 0, 0, 0), True),
}


@pytest.mark.parametrize(("numbers", "fits"), ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("program", ["mri_segstats", None])
def test_rows_are_held_against_the_same_laws(program, numbers, fits):
    head = VOXELS.format(program) if program else VOXELS.partition("\n")[2]
    one, other = ((head + ROW.format(*row)).encode() for row in (USUAL, numbers))
    assert agree(one, other, "mine.stats") == (fits or not program)  # only a program's ranges are held to be right


@pytest.mark.parametrize(("off", "fits"), [("0.001", True), ("0.1", False)])
def test_the_mean_thickness_is_held_against_the_regions(off, fits):
    text = (FS6 / "lh.aparc.stats").read_text(encoding="utf-8")
    printed = re.search(r"MeanThickness, Mean Thickness, ([\d.]+)", text)[1]
    other = text.replace(f"Thickness, {printed}", f"Thickness, {float(printed) + float(off):.5f}")
    assert agree(text.encode(), other.encode(), "lh.aparc.stats") == fits


def test_without_the_mean_there_is_no_thickness_to_hold_against_the_regions():
    text = (FS6 / "lh.aparc.stats").read_text(encoding="utf-8")
    without = "".join(line for line in text.splitlines(keepends=True) if "MeanThickness" not in line)
    assert agree(without.encode(), without.encode(), "lh.aparc.stats")


# ---- real files, and what accidents make of them


REAL = sorted(CORPUS.rglob("*.stats")) if CORPUS else []
FILES = [*sorted(FS6.glob("*.stats")), *sorted(HANDMADE.glob("*.stats")), *REAL]
CASES = [pytest.param(path, id=str(path)[-60:]) for path in FILES]
NO_CORPUS = pytest.param(None, marks=pytest.mark.skip(reason="no real files here: set FSSTATS_CORPUS"), id="corpus")
ALL = CASES if CORPUS else [*CASES, NO_CORPUS]
BYTES = b" -0123456789.,#+e_\t\r\n\0aZ\xc3\xa9/"


@cache
def of_same_name(name):
    return [path.read_bytes() for path in FILES if path.name == name]


def chance(path):
    """Give a generator of random numbers that is the same for the same file."""
    return np.random.default_rng([*path.name.encode()])


def mutated(data, rng, n):
    """Change, put in or take away a byte, n times over; half of the times within a number."""
    numbers = [found.start() for found in re.finditer(rb"\d", data)] or [0]
    for k in range(n):
        at = int(rng.choice(numbers)) if k % 2 else int(rng.integers(len(data)))
        new = bytes(rng.choice([*BYTES], size=1).astype(np.uint8))
        yield (data[:at] + new + data[at + 1 :], data[:at] + new + data[at:], data[:at] + data[at + 1 :])[k % 3]


def cuts(data):
    return [data[: len(data) * k // 20] for k in range(20)]


def shuffled(data, others, rng, n):
    """Double, drop and exchange lines, also for those of other files of the kind."""
    lines = data.splitlines(keepends=True)
    for k in range(n):
        i, j = (int(place) for place in rng.integers(len(lines), size=2))
        other = others[k % len(others)].splitlines(keepends=True)
        changed = [*lines]
        yield b"".join(lines[: i + 1] + lines[i:])
        yield b"".join(lines[:i] + lines[i + 1 :])
        changed[i], changed[j] = lines[j], lines[i]
        yield b"".join(changed)
        changed = [*lines]
        changed[i] = other[min(i, len(other) - 1)]
        yield b"".join(changed)


def attacks(path, n=40):
    data, rng = path.read_bytes(), chance(path)
    others = of_same_name(path.name)
    return [*others, *cuts(data), *mutated(data, rng, n), *shuffled(data, others, rng, n // 4)]


@pytest.mark.parametrize("path", ALL)
class TestEveryFile:
    def test_reads_itself_if_it_makes_a_stencil(self, path):
        made = made_of(path.read_bytes(), path.name)
        assert made is None or agreeing(made, [path.read_bytes()], path.name) == [0]

    def test_misreads_no_other_and_nothing_damaged(self, path):
        made = made_of(path.read_bytes(), path.name)
        if made is not None:
            agreeing(made, attacks(path), path.name)

    def test_is_misread_by_none_that_is_damaged(self, path):
        data = path.read_bytes()
        for other in attacks(path, n=8):
            made = made_of(other, path.name)
            if made is not None:
                agreeing(made, [data, other], path.name)


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_most_real_files_make_a_stencil():
    tables = [path for path in REAL if re.match(r"[lr]h\.aparc|aseg\.stats|wmparc", path.name)]
    made = [made_of(path.read_bytes(), path.name) is not None for path in tables]
    assert sum(made) > 0.5 * len(made)


# ---- a law: files that nobody wrote


SUBJECTS = st.sampled_from(["bert", "bert", "sub-02", *WORDS, *ODD_SUBJECTS, "a.c", "a+b", "x\\d", "$", "bert "])
IDLE = st.sampled_from(["x", "", "y z", "# Measure Cortex, NumVert, x, 5, mm", "#", "é", "\t", "\x0b", "-th3", "bert"])
NUMBERS = st.one_of(
    st.integers(-99, 10**6).map(str),
    st.decimals(-1000, 10**6, places=3).map(str),
    st.sampled_from(
        [
            "0",
            "-0",
            "-0.000",
            "0.000",
            "007",
            "+1",
            "1e5",
            "nan",
            "-nan",
            "inf",
            "1.",
            ".5",
            "1_0",
            "123456789012345",
            "1234567890.123456",
            "1,5",
            "-",
        ]
    ),
)
LINES = (
    "# generating_program mris_anatomical_stats", "# cvs_version 7.4.1", "# cvs_version 5.3.0", "# cmdline x -th3 {subject}",
    "# cmdline x {subject}/y -o stats/lh.mine.stats", "# cmdline -th3 {subject} -f {subject} b", "# subjectname {subject}",
    "# subjectname  {subject}", "#subjectname {subject}", "# subjectname {subject} ", "# user {idle}", "#user {idle}",
    "# CreationTime {idle}", "#CreationTime x", "# hemi lh", "# AnnotationFile {subject}/lh.annot", "# PVVolFile {subject}",
    "# InVolFile /a/{subject}/w-g.pct.mgh", "# VoxelVolume_mm3 {number}", "# NRows 2", "# TableCol 1 ColHeader StructName",
    "# TableCol {number} Units mm", "# Measure lhCortex, lhCortexVol, x, {number}, mm^3", "# Measure A, eTIV, b, c, {number} , mm^3",
    "# Measure rhCortex, rhCortexVol, x, {number}, mm^3", "# Measure Cortex, CortexVol, x, {number}, mm^3", "#", "# # user x",
)  # fmt: skip
COLUMNS = {
    "StructName NumVert ThickAvg": "{name:12}{0:>8}{1:>9}",
    "StructName NumVert  Mean StdDev Min Max Range": "{name:<9}{0:>8}{1:>9}{1:>9}{1:>9}{1:>9}{2:>9}",
    "Index SegId NVoxels Volume_mm3 StructName normMean": "{index:3}{index:4}{0:>8}{1:>9} {name:9}{2:>9}",
    "StructName GrayVol": "{name} {0}",
}
NAMES = ("insula", "cuneus", "bankss", "precuneus", "lingual", "#insula", "x y", "é", "5")
ORDINARY = st.sampled_from(["1", "22", "-3", "4444", "0"])
ENDS = (lambda text: text, lambda text: text.removesuffix("\n"), lambda text: text.replace("\n", "\r\n"))


@st.composite
def alike(draw):
    """Draw files that share their lines, and differ in what stands in the lines."""
    header = draw(st.lists(st.sampled_from(LINES), max_size=6, unique=draw(st.booleans())))
    columns = draw(st.sampled_from([*COLUMNS]))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    usual = draw(NUMBERS)
    files = []
    for _ in range(3):
        said = {"subject": draw(SUBJECTS), "idle": draw(IDLE), "number": draw(st.one_of(ORDINARY, NUMBERS))}
        number = draw(st.sampled_from([*[ORDINARY] * 4, st.just(usual), NUMBERS]))
        rows = [
            COLUMNS[columns].format(*(draw(number) for _ in range(3)), name=name, index=i)
            for i, name in enumerate(names, start=1)
        ]
        lines = [*(line.format(**said) for line in header), f"# ColHeaders {columns}", *rows]
        end = draw(st.sampled_from([ENDS[0], ENDS[0], ENDS[0], *ENDS]))
        files.append(end("\n".join(lines) + "\n").encode())
    return files


@given(files=alike(), where=st.sampled_from([MINE, "mine.stats", "lh.aparc.stats", "lh.w-g.pct.stats"]))
def test_law_no_file_is_misread_by_the_stencil_of_another(files, where):
    for one in files:
        made = made_of(one, where)
        if made is not None:
            assert agreeing(made, [one], where) == [0]
            agreeing(made, files, where)
