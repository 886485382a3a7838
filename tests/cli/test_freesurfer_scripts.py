"""`fsstats asegstats2table` and `aparcstats2table`: what FreeSurfer's scripts write and say, case by case.

The golden tables show the rules of `freesurfer_cases`. FreeSurfer's own scripts (of early 2025) write the same bytes of
the same subjects.
"""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

import fsstats as fs
from freesurfer_cases import CASES, GOLDEN, REFUSED
from freesurfer_support import aparc, aseg, lists, subjects_dir
from tests_support import HERE

TABLES = HERE / "fixtures" / "freesurfer_tables"
BEFORE = "a line that was there\n"


def golden(case):
    return (TABLES / f"{case.name}.txt").read_bytes().decode()


def cases(chosen):
    return pytest.mark.parametrize("case", chosen, ids=[case.name or f"{case.script}-{case.rule}" for case in chosen])


@pytest.fixture
def at_work(tmp_path, monkeypatch):
    """Work in an empty folder but for lists of subjects; SUBJECTS_DIR is the folder sd in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUBJECTS_DIR", "sd")
    lists(tmp_path)


@pytest.fixture
def subjects(at_work, tmp_path):
    """The subjects by hand in the folder sd of the working directory, for tests that may change them."""
    return subjects_dir(tmp_path / "sd")


@pytest.fixture(scope="module")
def same_subjects(tmp_path_factory):
    """The same subjects, written once: nothing changes them."""
    return subjects_dir(tmp_path_factory.mktemp("same") / "sd")


@pytest.fixture
def script(fsstats, at_work, same_subjects):
    """Give a function that runs a case; it gives how that ended, and the table's text if there is one."""
    Path("sd").symlink_to(same_subjects)

    def run(case, *words):
        out = Path("out.txt")
        out.unlink(missing_ok=True)
        if "--append" in case.words:
            out.write_text(BEFORE)
        done = fsstats(case.script, *case.words.split(), *words, "-t", out)
        return done, out.read_bytes().decode() if out.exists() else None

    return run


def test_there_is_a_golden_table_for_every_case_and_a_case_for_every_table():
    assert {path.stem for path in TABLES.iterdir()} == {case.name for case in GOLDEN}
    assert len(GOLDEN) >= 60
    assert len({(case.script, case.words) for case in CASES}) == len(CASES)


@cases(GOLDEN)
def test_writes_the_golden_table(case, script):
    done, text = script(case)
    assert done.status == 0, done.err
    assert text == golden(case)
    assert case.said in done.out
    verb = "Appending" if "--append" in case.words else "Writing"
    assert done.out.endswith(f"Building the table..\n{verb} the table to out.txt\n")
    assert ("SUBJECTS_DIR : sd\n" in done.out) == ("sd/" not in case.words)


@cases(REFUSED)
def test_refuses_what_the_script_refuses_in_its_words(case, script):
    done, text = script(case)
    assert (done.status, text) == (case.status, None)
    assert case.said in done.out if case.status == 1 else done.err


def test_a_table_needs_a_name(fsstats, subjects):
    done = fsstats("asegstats2table", "--subjects", "anna")
    assert (done.status, done.out) == (1, "ERROR: output table name should be specified (use --tablefile FILE)\n")
    done = fsstats("aparcstats2table", "--subjects", "anna", "--hemi", "lh")
    assert (done.status, done.out) == (1, "ERROR: output table name should be specified\n")


def test_subjects_dir_must_be_set(fsstats, subjects, monkeypatch):
    monkeypatch.delenv("SUBJECTS_DIR")
    done = fsstats("asegstats2table", "--subjects", "anna", "-t", "out.txt")
    assert (done.status, done.out) == (1, "ERROR: SUBJECTS_DIR environment variable not defined!\n")


FLAG = r"(?:^| ){}[ =](\S+)"


def flag(case, *names, default):
    found = [re.search(FLAG.format(name), case.words) for name in names]
    return next((one[1] for one in found if one), default)


def spec_of(case):
    """Give the specification of a table as it stands, without what was chosen or made of its numbers."""
    if case.script == "asegstats2table":
        return fs.AsegTable(measure=flag(case, "-m", "--meas", default="volume"), structures="all")
    measure = flag(case, "-m", "--measure", "--meas", "--m", default="area")
    source, hemi = flag(case, "-p", default="aparc"), flag(case, "--hemi", default="")
    return fs.AparcTable(hemi=hemi, measure=measure, source=source, plain_names="--parcid-only" in case.words)


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
@cases(GOLDEN)
def test_a_table_read_into_the_long_table_comes_back_as_it_was(case, tmp_path):
    spec, text = spec_of(case), golden(case)
    before, mark, table = text.rpartition("\n\n")
    read, written = tmp_path / "read.txt", tmp_path / "written.txt"
    read.write_text(table)
    long = fs.read_group_table(read, source=spec.source, hemi=spec.hemi, details=True)
    written.write_text(before + mark[:1])
    made = fs.freesurfer_table(long, spec, missing="zero")
    fs.write_freesurfer_table(
        made,
        written,
        delimiter=flag(case, "-d", "--delimiter", "--delim", default="tab"),
        transpose="--transpose" in case.words,
        append=bool(mark),
    )
    assert written.read_bytes().decode() == text


# What a merged table does not know: files outside the study's folders, numbered rows, and what is no subject.
ONLY_FILES = ("sd/", "--subdir", "jens", "kira", "blank.txt")
FROM_TABLE = tuple(case for case in GOLDEN if not any(word in case.words for word in ONLY_FILES))


@pytest.fixture(scope="module")
def merged(same_subjects, tmp_path_factory):
    return fs.merge(same_subjects, tmp_path_factory.mktemp("merged") / "cohort.parquet").path


@cases(FROM_TABLE)
def test_a_merged_table_gives_the_same_tables(case, script, merged):
    words = case.words.replace("--sd sd ", "").replace("me_1.long.me", "me_1.long.me")
    done, text = script(case._replace(words=words), "--from", merged)
    assert done.status == 0, done.err
    assert text == golden(case)


def test_without_subjects_a_merged_table_gives_all_in_its_order(fsstats, subjects, merged):
    done = fsstats("aparcstats2table", "--from", merged, "--hemi", "lh", "-t", "all.txt")
    rows = [line.split("\t")[0] for line in Path("all.txt").read_text().splitlines()[1:]]
    assert done.status == 0
    assert sorted(rows) == sorted(path.parent.parent.name for path in subjects.glob("*/stats/lh.aparc.stats"))


def test_subjects_that_a_merged_table_does_not_have_are_missing_files(fsstats, subjects, merged):
    words = ("asegstats2table", "--from", merged, "--subjects", "nobody", "anna", "-t", "out.txt")
    done = fsstats(*words)
    assert (done.status, f"ERROR: Cannot find stats file of nobody in {merged}" in done.out) == (1, True)
    done = fsstats(*words, "--skip")
    assert done.status == 0
    assert Path("out.txt").read_text().splitlines()[1].startswith("anna\t")


def test_zeros_for_missing_values_are_named_and_can_be_nan(fsstats, subjects):
    words = ("aparcstats2table", "--subjects", "carl", "anna", "--hemi", "lh", "-t", "out.txt")
    done = fsstats(*words)
    assert (
        "0.0 stands for what is missing (missing='nan' or --missing nan tells): lh_temporalpole_area of carl"
        in done.err
    )
    assert Path("out.txt").read_text().splitlines()[1].endswith("\t0.0")
    done = fsstats(*words, "--missing", "nan")
    assert "stands for" not in done.err
    assert Path("out.txt").read_text().splitlines()[1].endswith("\tnan")


def test_what_the_script_does_not_see_the_honest_table_has(fsstats, subjects):
    words = ("asegstats2table", "--subjects", "elsa", "carl", "dora", "--segno", "17", "53", "-t", "out.txt")
    done = fsstats(*words)
    assert (done.status, "--missing nan" in done.err) == (1, True)
    assert fsstats(*words, "--missing", "nan").status == 0
    rows = [line.split("\t")[:3] for line in Path("out.txt").read_text().splitlines()]
    assert rows[0] == ["Measure:volume", "Left-Hippocampus", "Right-Hippocampus"]
    assert rows[1] == ["elsa", "nan", "nan"]


def test_both_names_of_a_structure_are_columns(fsstats, subjects):
    assert fsstats("asegstats2table", "--subjects", "finn", "anna", "--all-segs", "-t", "out.txt").status == 0
    rows = [line.split("\t") for line in Path("out.txt").read_text().splitlines()]
    old, new = (rows[0].index(name) for name in ("Left-Thalamus-Proper", "Left-Thalamus"))
    assert [(row[old] == "0.0", row[new] == "0.0") for row in rows[1:]] == [(False, True), (True, False)]


def test_an_empty_line_among_the_regions_is_a_column(fsstats, subjects):
    words = ("--subjects", "anna", "--hemi", "lh", "--parcs-from-file", "parcs_blank.txt", "-t", "out.txt")
    assert fsstats("aparcstats2table", *words).status == 0
    heading, row = (line.split("\t") for line in Path("out.txt").read_text().splitlines())
    assert (heading[:3], row[2]) == (["lh.aparc.area", "lh_insula_area", "lh__area"], "0.0")


def test_our_own_flags_do_not_make_theirs_unclear(fsstats, subjects):
    words = ("--subjects", "anna", "--hemi", "lh", "--m", "volume", "--f", "group.fsgd", "-t", "out.txt")
    assert "just one of" in fsstats("aparcstats2table", *words).out  # --m is --measure, and --f is --fsgd


DAMAGE = {
    "cut in a line": (lambda text: text[: text.rindex("Right-Hipp") - 15] + "\n", "expected a number as word 4"),
    "no number": (lambda text: text.replace("1014.5", "1O14.5"), "1O14.5"),
    "an id twice": (lambda text: text + text.splitlines(keepends=True)[-1], "it twice"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_file_that_would_end_the_script_in_a_traceback_is_named_or_skipped(how, fsstats, subjects):
    change, found = DAMAGE[how]
    path = subjects / "anna" / "stats" / "aseg.stats"
    path.write_text(change(path.read_text()))
    words = ("asegstats2table", "--subjects", "anna", "bert", "-t", "out.txt")
    done = fsstats(*words)
    assert done.status == 1
    assert f"ERROR: The stats file {path.relative_to(Path.cwd())} cannot be used" in done.out
    assert found in done.out
    done = fsstats(*words, "--skip")
    assert (done.status, len(Path("out.txt").read_text().splitlines())) == (0, 2)


def test_what_no_program_prints_goes_into_the_table_and_is_said(fsstats, subjects):
    """The script takes a line as it stands; so does this, and says what is odd."""
    path = subjects / "anna" / "stats" / "aseg.stats"
    path.write_text(path.read_text().replace("Left-Hippocampus ", "Left-Hippocampos "))
    done = fsstats("asegstats2table", "--subjects", "anna", "-m", "mean", "-t", "out.txt")
    assert "Left-Hippocampos" in Path("out.txt").read_text()
    assert "found 'Left-Hippocampos'" in done.err


def test_many_subjects_are_read_together_and_come_out_the_same(fsstats, tmp_path, monkeypatch):
    """So many that they are read by a pattern: one odd file among them, and one that the script reads otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUBJECTS_DIR", "sd")
    texts = {f"s{n:02d}": aseg(n, empty=(5,)) for n in range(40)}
    texts["s07"] = texts["s07"].replace("eTIV", "etiv")
    texts["s11"] = texts["s11"].replace("EstimatedTotalIntraCranialVol, eTIV", "EstimatedTotalintracranialVol, eTIV")
    for name, text in texts.items():
        (tmp_path / "sd" / name / "stats").mkdir(parents=True)
        (tmp_path / "sd" / name / "stats" / "aseg.stats").write_text(text)
    names = sorted(texts)
    assert fsstats("asegstats2table", "--subjects", *names, "--all-segs", "-t", "together.txt").status == 0
    alone = []
    for name in names:
        assert fsstats("asegstats2table", "--subjects", name, "-t", "alone.txt").status == 0
        heading, row = (line.split("\t") for line in Path("alone.txt").read_text().splitlines())
        alone.append(dict(zip(heading, row, strict=True)))
    heading, *rows = (line.split("\t") for line in Path("together.txt").read_text().splitlines())
    assert [dict(zip(heading, row, strict=True)) for row in rows] == [
        {name: one.get(name, "0.0") for name in heading} for one in alone
    ]
    assert "EstimatedTotalIntraCranialVol" not in alone[11]


DOUBLED = {
    "a region": ("lh.aparc.stats", lambda text: text + "cuneus 1 2222 1 9.5 0 0 0 0 0\n", ("2222.0", "9.5")),
    "a Measure": (
        "lh.aparc.stats",
        lambda text: text.replace("# hemi", "# Measure Cortex, MeanThickness, Words, 1.5, mm\n# hemi", 1),
        (),
    ),
}


@pytest.mark.parametrize("what", DOUBLED)
def test_what_stands_twice_in_the_cortex_counts_the_second_time_in_the_first_place(what, fsstats, subjects):
    name, change, values = DOUBLED[what]
    path = subjects / "anna" / "stats" / name
    path.write_text(change(path.read_text()))
    found = []
    for measure in ("area", "thickness"):
        words = ("-s", "anna", "--hemi", "lh", "-m", measure, "-t", "out.txt")
        assert fsstats("aparcstats2table", *words).status == 0
        heading, row = (line.split("\t") for line in Path("out.txt").read_text().splitlines())
        assert heading[1:4] == [f"lh_{region}_{measure}" for region in ("bankssts", "cuneus", "insula")]
        found.append(row[2])
    assert not values or tuple(found) == values
    assert row[heading.index("lh_MeanThickness_thickness")] == "3.39891"


def test_damage_in_a_line_that_is_filtered_out_does_not_matter(fsstats, subjects):
    path = subjects / "anna" / "stats" / "aseg.stats"
    text = path.read_text()
    path.write_text(text[: text.rindex("Right-Hipp")] + "\n")
    for words in (("--maxsegno", "49"), ("--no-segno", "53")):
        assert fsstats("asegstats2table", "-s", "anna", "-m", "nvoxels", *words, "-t", "out.txt").status == 0


def test_ids_are_compared_as_texts(fsstats, subjects):
    path = subjects / "anna" / "stats" / "aseg.stats"
    path.write_text(path.read_text().replace("  3  10 ", "  3 010 "))
    done = fsstats("asegstats2table", "-s", "anna", "--segno", "10", "-t", "out.txt")
    assert (done.status, "the id:10 you" in done.out) == (1, True)


def test_usage_of_our_flags(fsstats, subjects, merged):
    for words in (("--missing", "NA"), ("--from",), ("--from", merged, "-i", "x")):
        done = fsstats("asegstats2table", "-s", "anna", "-t", "out.txt", *words)
        assert (done.status, done.out) == (2, "")


def test_a_table_of_chosen_measures_says_what_it_lacks(fsstats, subjects):
    assert fsstats("merge", "sd", "-s", "aparc", "-m", "thickness", "-o", "few.parquet").status == 0
    done = fsstats("aparcstats2table", "--from", "few.parquet", "--hemi", "lh", "-m", "thickness", "-t", "out.txt")
    assert (done.status, "has no eTIV, BrainSegVolNotVent, MeanThickness of aparc" in done.err) == (0, True)


def test_links_are_written_through_and_modes_kept(fsstats, subjects):
    Path("real.txt").write_text("old")
    Path("real.txt").chmod(0o600)
    Path("link.txt").symlink_to("real.txt")
    for name in ("link.txt", "real.txt"):
        assert fsstats("asegstats2table", "-s", "anna", "-t", name).status == 0
        assert Path("link.txt").is_symlink()
        assert Path("real.txt").stat().st_mode & 0o777 == 0o600
    assert Path("real.txt").read_text().startswith("Measure:volume\t")


def test_a_place_that_cannot_be_is_named_as_it_was_given(fsstats, subjects):
    Path("folder").mkdir()
    for name, found in (
        ("nowhere/x.txt", "no such folder, make it first: nowhere"),
        ("folder", "a folder has this name: folder"),
    ):
        done = fsstats("asegstats2table", "-s", "anna", "-t", name)
        assert done.status == 1
        assert found.split(":")[0] in done.err
        assert "partial" not in done.err


def test_runs_of_one_name_are_told_apart(fsstats, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for n, (site, base) in enumerate((("one", "ann"), ("two", "bob"))):
        for m, run in enumerate((base, "tp1", "tp2", f"tp1.long.{base}", f"tp2.long.{base}")):
            stats = tmp_path / site / run / "stats"
            stats.mkdir(parents=True)
            (stats / "aseg.stats").write_text(aseg(10 * n + m))
    assert fsstats("table", "one", "two", "--all", "-o", "tables").status == 0
    table = pd.read_csv("tables/aseg.volume.tsv", sep="\t", index_col=0)
    assert len(table) == 10
    assert table.loc["ann_tp1", "EstimatedTotalIntraCranialVol"] == 1420435.160521
    assert table.loc["bob_tp1", "EstimatedTotalIntraCranialVol"] == 1420445.160521


@pytest.mark.filterwarnings("ignore:.*fsstats.check lists")
def test_library_and_command_are_one(script):
    case = next(case for case in GOLDEN if case.name == "aseg-mixture")
    _, text = script(case)
    spec = fs.AsegTable(structures="all", percent_of="eTIV", without=[5])
    with pytest.warns(fs.FsstatsWarning, match="0.0 stands for what is missing"):
        made = fs.freesurfer_table(long_of("anna", "carl", "dora"), spec, missing="zero")
    fs.write_freesurfer_table(made, "library.txt", delimiter="comma")
    assert Path("library.txt").read_text() == text


def long_of(*names):
    parts = [fs.load(Path("sd", name), details=True) for name in names]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.filterwarnings("ignore::fsstats.FsstatsWarning")
def test_all_tables_are_those_of_single_calls(fsstats, subjects):
    for name in ("kira", "jens", "finn", "hans", "anna/more"):
        shutil.rmtree(subjects / name)
    assert fsstats("table", "sd", "--all", "-o", "tables").status == 0
    names = sorted(path.name for path in subjects.iterdir())
    written = {path.name: path.read_text() for path in Path("tables").iterdir()}
    for measure in ("volume", "nvoxels", "mean", "std", "max"):
        fsstats("asegstats2table", "--subjects", *names, "--all-segs", "-m", measure, "-t", "one.txt")
        assert written[f"aseg.{measure}.tsv"] == Path("one.txt").read_text()
    for hemi in ("lh", "rh"):
        for parc in ("aparc", "aparc.pial"):
            for measure in ("area", "thickness", "thickness.T1", "curvind"):
                words = ("--subjects", *names, "--hemi", hemi, "-p", parc, "-m", measure, "-t", "one.txt")
                fsstats("aparcstats2table", *words)
                assert written[f"{hemi}.{parc}.{measure}.tsv"] == Path("one.txt").read_text()
    assert fsstats("merge", "sd", "-o", "cohort.parquet").status == 0
    assert fsstats("table", "cohort.parquet", "--all", "-o", "again").status == 0
    assert {path.name: path.read_text() for path in Path("again").iterdir()} == written


def test_minus_zero_and_nan_stay_what_they_are(fsstats, subjects):
    path = subjects / "anna" / "stats" / "lh.aparc.stats"
    path.write_text(aparc(1, "lh").replace("    -0.010", "    -0.000"))
    assert fsstats("aparcstats2table", "-s", "anna", "--hemi", "lh", "-m", "gauscurv", "-t", "out.txt").status == 0
    assert Path("out.txt").read_text().splitlines()[1].startswith("anna\t-0.0\t")


def test_help_lists_their_flags_and_ours(fsstats, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for name, flags in {
        "asegstats2table": ("--stiv", "--segids-from-file"),
        "aparcstats2table": ("--parcid-only",),
    }.items():
        done = fsstats(name, "--help")
        assert done.status == 0
        assert max(map(len, done.out.splitlines())) <= 80
        assert done.out.count(f"\n  fsstats {name} ") == 2
        for one in (*flags, "--from FILE", "--missing nan"):
            assert one in done.out
