"""FreeSurfer's tools for images, stats files and tables: their lines, and the files that they name."""

import csv
import itertools
from pathlib import Path

import pytest

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners._flags import options_of
from fsstats.runners.programs import fastsurfer, freesurfer, recon, stats2table, synthseg, viewers
from fsstats.runners.programs.freesurfer import (
    ants_n4_bias_field_correction_fs,
    mri_convert,
    mri_segstats,
    mris_anatomical_stats,
)
from fsstats.runners.programs.stats2table import AparcOptions, AsegOptions, aparcstats2table, asegstats2table
from fsstats.runners.programs.viewers import OverlayOptions
from fsstats.tables.freesurfer import APARC_WORDS, ASEG_WORDS, DELIMITERS
from tests_support import HERE

TOOLS = {
    tool.program: tool
    for module in (freesurfer, recon, stats2table, fastsurfer, synthseg, viewers)
    for tool in module.TOOLS
}


@pytest.fixture(autouse=True)
def no_subjects_dir(monkeypatch):
    monkeypatch.delenv("SUBJECTS_DIR", raising=False)


def shown():
    """Give the options that the notes of the project show: program, spelling, number of values."""
    with (HERE / "fixtures" / "tools" / "options.tsv").open(encoding="utf-8", newline="") as file:
        return [(row["tool"], row["spelling"], row["n_values"]) for row in csv.DictReader(file, delimiter="\t")]


@pytest.mark.parametrize(("program", "spelling", "n_values"), shown())
def test_the_options_that_are_shown_are_there_with_as_many_values(program, spelling, n_values):
    options = [*options_of(TOOLS[program].options).values()]
    options += options_of(OverlayOptions).values() if program == "fsleyes" else []
    [option] = [one for one in options if spelling in {one.flag.spelling, *one.flag.also}]
    is_open = option.is_many and not option.flag.is_repeated
    assert n_values == ("1+" if is_open else str(len(option.kinds)))


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_every_tool_says_what_it_is_and_spells_no_two_options_alike(tool):
    flags = [one.flag for one in options_of(tool.options).values()]
    spellings = [word for flag in flags for word in (flag.spelling, *flag.also)]
    assert len(spellings) == len(set(spellings))
    assert all(word.startswith("-") for word in spellings)
    assert all(flag.says.endswith(".") for flag in flags)
    assert tool.says.endswith(".")
    assert all(doi.startswith("10.") for doi in tool.cites)


LINES = {
    "like another image": (
        lambda: mri_convert("brainmask.mgz", "mask.nii.gz", like="T1w.nii.gz", rt="nearest", odt="uchar"),
        "mri_convert brainmask.mgz mask.nii.gz --like T1w.nii.gz -rt nearest -odt uchar",
    ),
    "one voxel size": (
        lambda: mri_convert("a.nii", "b.mgz", c=True, vs=(1, 1, 1.5)),
        "mri_convert a.nii b.mgz -c -vs 1 1 1.5",
    ),
    "volumes of a series": (lambda: mri_convert("a.nii", "b.nii", f=[0, 2]), "mri_convert a.nii b.nii -f 0 2"),
    "a name with a dash in front": (lambda: mri_convert("-a.nii", "-b.nii"), "mri_convert ./-a.nii ./-b.nii"),
    "a coarser field": (
        lambda: ants_n4_bias_field_correction_fs(i="a.nii", o="b.nii", shrink=2, iters=[50, 50]),
        "AntsN4BiasFieldCorrectionFs -i a.nii -o b.nii --shrink 2 --iters 50 50",
    ),
    "labels replaced": (
        lambda: mri_segstats(seg="s.mgz", sum="s.stats", replace=[(77, 2), (80, 2)], id=[2, 41]),
        "mri_segstats --seg s.mgz --sum s.stats --replace 77 2 --replace 80 2 --id 2 41",
    ),
    "a cortical atlas": (
        lambda: mri_segstats(annot=("bert", "lh", "aparc"), in_="lh.w-g.pct.mgh", sum="s.stats", snr=True),
        "mri_segstats --annot bert lh aparc --in lh.w-g.pct.mgh --sum s.stats --snr",
    ),
    "the white surface unless named": (
        lambda: mris_anatomical_stats("bert", "rh", a="aparc.annot", b=True),
        "mris_anatomical_stats -a aparc.annot -b bert rh",
    ),
    "a range of thickness": (
        lambda: mris_anatomical_stats("bert", "rh", i=(0.5, 5)),
        "mris_anatomical_stats -i 0.5 5 bert rh",
    ),
    "a table of volumes": (
        lambda: asegstats2table(subjects=["a", "b"], meas="volume", tablefile="t.tsv", common_segs=True),
        "asegstats2table --subjects a b --meas volume --tablefile t.tsv --common-segs",
    ),
    "a table of stats files": (
        lambda: asegstats2table(i=["a.stats", "b.stats"], tablefile="t.tsv"),
        "asegstats2table -i a.stats -i b.stats --tablefile t.tsv",
    ),
    "a table of thickness": (
        lambda: aparcstats2table(hemi="lh", subjectsfile="who.txt", measure="thickness", parc="aparc.a2009s", tablefile="t"),
        "aparcstats2table --hemi lh --subjectsfile who.txt --measure thickness --parc aparc.a2009s --tablefile t",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), LINES.values(), ids=LINES)
def test_options_are_written_in_the_order_in_which_they_are_given(call, expected):
    assert " ".join(call().argv) == expected


FILES = {
    "a converted image": (
        lambda: mri_convert("a.mgz", "b.nii.gz", like="c.nii", at="d.lta"),
        {"a.mgz", "c.nii", "d.lta"},
        {"b.nii.gz"},
    ),
    "an image only looked at": (lambda: mri_convert("a.mgz", "b.nii.gz", ro=True, ii=True), {"a.mgz"}, set()),
    "a corrected image": (lambda: ants_n4_bias_field_correction_fs(i="a", o="b"), {"a"}, {"b"}),
    "a stats file and its names": (
        lambda: mri_segstats(seg="a", in_="b", ctab="c", sum="d", ctab_out="e", avgwf="f", subject="bert"),
        {"a", "b", "c"},
        {"d", "e", "f"},
    ),
    "labels by their path": (
        lambda: mris_anatomical_stats("bert", "lh", a="../label/a.annot", cortex="c.label", f="s", c="n.ctab", log="l"),
        {"../label/a.annot", "c.label"},
        {"s", "n.ctab", "l"},
    ),
    "labels by their bare name": (lambda: mris_anatomical_stats("bert", "lh", a="a.annot", l="b.label"), set(), set()),
    "a table of subjects somewhere": (lambda: asegstats2table(s=["a"], tablefile="t"), set(), {"t"}),
    "a table of subjects in a folder": (
        lambda: asegstats2table(s=["a", "b"], sd="subjects", statsfile="wmparc.stats", tablefile="t"),
        {"subjects", "subjects/a/stats/wmparc.stats", "subjects/b/stats/wmparc.stats"},
        {"t"},
    ),
    "a table without those who lack the file": (
        lambda: asegstats2table(s=["a", "b"], sd="subjects", skip=True, tablefile="t"),
        {"subjects"},
        {"t"},
    ),
    "a table of regions": (
        lambda: aparcstats2table(subjects="a", hemi="rh", parc="aparc.DKTatlas", tablefile="t", subjects_dir="x"),
        {"x/a/stats/rh.aparc.DKTatlas.stats"},
        {"t"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "inputs", "outputs"), FILES.values(), ids=FILES)
def test_files_that_are_read_and_written(call, inputs, outputs):
    line = call()
    assert {path.as_posix() for path in line.inputs} == inputs
    assert {path.as_posix() for path in line.outputs} == outputs


def test_a_script_without_an_option_for_it_is_told_of_the_subjects_in_its_environment():
    line = aparcstats2table(subjects=["a"], hemi="lh", tablefile="t", subjects_dir=Path("my subjects"))
    assert line.environment == {"SUBJECTS_DIR": "my subjects"}
    assert str(line).startswith("SUBJECTS_DIR='my subjects' aparcstats2table ")


def test_the_subjects_may_be_named_by_the_callers_environment(monkeypatch):
    monkeypatch.setenv("SUBJECTS_DIR", "x")
    assert asegstats2table(subjects=["a"], tablefile="t").inputs == (Path("x/a/stats/aseg.stats"),)


REFUSED = {
    "no image": (lambda: ants_n4_bias_field_correction_fs(o="b"), "expected i .* found none"),
    "no name of an image": (lambda: mri_convert("", "b"), "expected the name of a file"),
    "no side": (lambda: mris_anatomical_stats("bert", "left"), "expected a subject and lh or rh"),
    "no subject": (lambda: mris_anatomical_stats("", "lh"), "expected a subject and lh or rh"),
    "no table": (lambda: asegstats2table(subjects=["a"]), "expected tablefile"),
    "no hemisphere": (lambda: aparcstats2table(subjects=["a"], tablefile="t"), "expected hemi"),
    "two of three sizes": (lambda: mri_convert("a", "b", vs=(1, 1)), "expected 3 values"),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_missing_or_wrong_is_named(call, message):
    with pytest.raises(TableError, match=message):
        call()


def test_a_choice_that_there_is_not_is_named():
    with pytest.raises(UnknownNameError, match="nearest"):
        mri_convert("a", "b", rt="neerest")


@pytest.mark.parametrize(
    ("described", "name", "words"),
    [(AsegOptions, "meas", ASEG_WORDS), (AparcOptions, "measure", APARC_WORDS)]
    + [(one, "delimiter", DELIMITERS) for one in (AsegOptions, AparcOptions)],
)
def test_the_scripts_choices_are_those_of_our_own_tables(described, name, words):
    assert {word for choices in options_of(described)[name].choices for word in choices} == set(words)


def test_programs_are_named_once():
    modules = (freesurfer, recon, stats2table, fastsurfer, synthseg, viewers)
    programs = [tool.program for tool in itertools.chain(*(module.TOOLS for module in modules))]
    assert len(programs) == len(set(programs)) == 11
