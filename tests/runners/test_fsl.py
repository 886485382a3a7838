"""FSL's tools: their options by the help texts, their outputs' names by the options, and what their remarks warn of."""

import csv

import pytest

from fsstats.errors import TableError, UnknownNameError
from fsstats.runners._flags import options_of
from fsstats.runners.programs import arithmetic, first, fsl, mrtrix, registration, warps
from fsstats.runners.programs.arithmetic import fslmaths
from fsstats.runners.programs.first import STRUCTURES, first_roi_slicesdir, run_first_all, slicesdir
from fsstats.runners.programs.fsl import bet, fast
from fsstats.runners.programs.registration import flirt, fnirt
from fsstats.runners.programs.warps import applywarp, convertwarp, invwarp
from tests_support import CORPUS, HERE

MODULES = (arithmetic, first, fsl, mrtrix, registration, warps)
TOOLS = {tool.program: tool for module in MODULES for tool in module.TOOLS}
PRINTS_AND_ENDS = {"-h", "--help", "-help", "-version"}
"""Options of the help texts that run nothing."""
WAITS = {("flirt", "-i")}
"""An option that waits at the keyboard, which a command of ours does not have."""


def help_texts():
    """Give the facts of the help texts: tool, line of the document, the spellings there, number of values."""
    with (HERE / "fixtures" / "tools" / "options_fsl.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    lines = {}
    for row in rows:
        lines.setdefault((row["tool"], int(row["line"]), int(row["n_values"])), []).append(row["spelling"])
    return [pytest.param(*key, spelled, id=f"{key[0]}{spelled[0]}") for key, spelled in lines.items()]


@pytest.mark.parametrize(("tool", "line", "n_values", "spelled"), help_texts())
def test_every_option_of_a_help_text_can_be_given(tool, line, n_values, spelled):
    options = [one for one in options_of(TOOLS[tool].options).values() if one.flag.spelling in spelled]
    if set(spelled) <= PRINTS_AND_ENDS or (tool, spelled[0]) in WAITS:
        assert not options
        return
    assert {one for option in options for one in (option.flag.spelling, *option.flag.also)} == set(spelled)
    assert {1 if option.flag.join else len(option.kinds) for option in options} == {n_values}


@pytest.mark.skipif(not CORPUS, reason="the seed document is not here: set FSSTATS_CORPUS to the folder beside it")
@pytest.mark.parametrize(("tool", "line", "n_values", "spelled"), help_texts())
def test_a_help_text_says_what_our_table_of_it_says(tool, line, n_values, spelled):
    (document,) = (CORPUS.parent / "seed").glob("000_*.txt")
    text = document.read_text(encoding="utf-8").split("\n")[line - 1]
    assert all(one in text for one in spelled)


@pytest.mark.parametrize("module", MODULES)
def test_every_option_says_what_it_does(module):
    for tool in module.TOOLS:
        for option in options_of(tool.options).values():
            assert option.flag.says.endswith("."), option.name


def names(command):
    return [str(path) for path in command.outputs]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["b"]),
        ({"m": True, "s": True, "o": True, "e": True}, ["b", "b_overlay", "b_mask", "b_skull", "b_mesh.vtk"]),
        ({"n": True, "m": True}, ["b_mask"]),
        ({"R": True, "n": True}, ["b"]),
        ({"S": True, "o": True}, ["b", "b_mask", "b_skull"]),
        ({"F": True}, ["b", "b_mask"]),
        ({"R": True, "S": True, "B": True, "m": True}, ["b", "b_mask"]),
        ({"B": True, "Z": True}, ["b"]),
        ({"B": False}, ["b"]),
    ],
)
def test_bet_names_what_it_writes(options, expected):
    assert names(bet("T1w", "b", **options)) == [one if "." in one else f"{one}.nii.gz" for one in expected]


def test_bet_with_surfaces_names_them_all():
    assert {"b_outskin_mesh.nii.gz", "b_skull_mask.nii.gz", "b_mesh.vtk"} <= set(names(bet("T1w", "b", A2="T2w")))
    assert [str(path) for path in bet("T1w", "b", A2="T2w").inputs] == ["T1w", "T2w"]


@pytest.mark.parametrize(
    ("options", "endings"),
    [
        ({}, ["seg", "pve_0", "pve_1", "pve_2", "pveseg", "mixeltype"]),
        ({"nopve": True, "g": True, "n": 2}, ["seg", "seg_0", "seg_1"]),
        ({"nopve": True, "p": True, "b": True, "B": True, "n": 2}, ["seg", "prob_0", "prob_1", "restore", "bias"]),
    ],
)
def test_fast_names_what_it_writes(options, endings):
    assert names(fast("brain.nii.gz", **options)) == [f"brain_{ending}.nii.gz" for ending in endings]


def test_fast_counts_several_images_from_the_last():
    line = fast("T1w.nii.gz", "T2w.nii.gz", S=2, B=True, b=True, nopve=True)
    assert names(line) == [f"T2w_{ending}.nii.gz" for ending in ("seg", "restore_1", "restore_2", "bias_1", "bias_2")]
    assert line.remarks == ("fast counts images from the last: the outputs that end with _1 are of T2w.nii.gz",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (lambda: bet("a", "b", R=True, A2="c"), "which is -A2"),
        (lambda: bet("my T1.nii.gz", "b"), "will not find 'my T1.nii.gz'"),
        (lambda: fast("T1w", "T2w"), "reads the last 1 of 2 images, which ends with T2w: give S=2"),
        (lambda: fast("T1w", P=True), "no priors with -P unless -a"),
        (lambda: fast("T1w", a="x.mat", n=4), "only for 2 or 3 tissue classes"),
        (lambda: flirt(in_="a", ref="b", rigid_2d=True, dof=6, omat="m"), "ignores -dof"),
        (lambda: flirt(in_="a", ref="b"), "writes no file"),
        (lambda: flirt(in_="a", ref="b", omat="m", cost="bbr"), "needs the white matter"),
        (lambda: flirt(in_="a", ref="b", omat="m", displayinit=True), "refuses -displayinit"),
        (lambda: fnirt(in_="a"), "fnirt needs --ref"),
        (lambda: run_first_all(i="a", o="b", m=3), "fails to put several structures together"),
        (lambda: run_first_all(i="my T1w", o="b"), "splits names at blanks"),
        (lambda: slicesdir("a"), "deletes a folder slicesdir"),
        (lambda: first_roi_slicesdir(["a"], ["b"]), "deletes a folder slicesdir"),
    ],
)
def test_a_trap_is_said_in_the_remarks(line, said):
    (remark,) = line().remarks
    assert said in remark


@pytest.mark.parametrize(
    "line",
    [
        lambda: bet("a", "b", B=True),
        lambda: fast("T1w", "T2w", S=2),
        lambda: fast("T1w", a="x.mat", P=True),
        lambda: flirt(in_="a", ref="b", dof=6, out="c"),
        lambda: flirt(in_="a", ref="b", cost="bbr", wmseg="w", omat="m"),
        lambda: fnirt(in_="a", config="c.cnf"),
        lambda: run_first_all(i="a", o="b", m=3, s="L_Hipp"),
        lambda: applywarp(in_="a", ref="b", out="c", warp="w"),
    ],
)
def test_a_line_without_traps_has_no_remarks(line):
    assert line().remarks == ()


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "fast"),
        ({"m": "auto"}, "fast"),
        ({"m": "FAST"}, "fast"),
        ({"m": "none"}, "none"),
        ({"m": 2.5}, "th25"),
        ({"m": "3"}, "th3"),
        ({"s": ["L_Thal", "L_Hipp"]}, "fast"),
        ({"s": ["L_Hipp", "L_Thal"]}, "none"),
        ({"s": "L_Hipp,R_Puta"}, "none"),
        ({"s": ["L_Hipp", "R_Pall"], "m": "fast"}, "fast"),
        ({"s": ["L_Thal", "BrStem"]}, "fast"),
    ],
)
def test_first_names_several_structures_by_the_method_of_the_last(options, method):
    line = run_first_all(i="T1w.nii.gz", o="out/s1.nii.gz", **options)
    assert names(line)[:2] == [f"out/s1_all_{method}_{kind}.nii.gz" for kind in ("firstseg", "origsegs")]
    assert f"out/s1-{options['s'].split(',')[0] if isinstance(options.get('s'), str) else 'L_'}" in names(line)[2]


def test_first_keeps_the_images_of_single_structures_where_it_does():
    surfaces = [f"o-{one}_first{suffix}" for one in STRUCTURES for suffix in (".vtk", ".bvars")]
    assert names(run_first_all(i="T1w", o="o"))[2:] == surfaces
    assert "o-R_Amyg_corr.nii.gz" in names(run_first_all(i="T1w", o="o", d=True))
    one = ["o-L_Hipp_first.nii.gz", "o-L_Hipp_corr.nii.gz", "o-L_Hipp_first.vtk", "o-L_Hipp_first.bvars"]
    assert names(run_first_all(i="T1w", o="o", s="L_Hipp")) == one


def test_first_ends_only_when_all_its_work_has_ended():
    assert run_first_all(i="T1w", o="o").environment == {"FSLSUBALREADYRUN": "true"}


def test_pages_of_pictures_are_named_as_the_scripts_name_them():
    line = first_roi_slicesdir(
        ["in/S1_T1.nii.gz", "in/S2_T1.nii.gz"], ["S1_all_fast_firstseg.nii.gz", "S2_all_fast_firstseg.nii.gz"]
    )
    assert names(line) == [
        "slicesdir/index.html",
        "slicesdir/S1_T1_t1grot1_to_S1_all_fast_firstseglbgrot1.png",
        "slicesdir/S2_T1_t1grot2_to_S2_all_fast_firstseglbgrot2.png",
    ]
    line = slicesdir("a/T1", "a/seg", S=True, e=-1.0, o=True)
    assert line.arguments == ("-o", "-e", "-1", "-S", "a/T1", "a/seg")
    assert names(line)[1:] == ["slicesdir/a_T1_to_a_seg.png"]


def test_registration_names_what_it_writes():
    assert names(flirt(in_="a", ref="b", out="c", omat="d.mat")) == ["c.nii.gz", "d.mat"]
    assert names(fnirt(in_="x/a.nii.gz", ref="b", iout="c", logout="l.txt")) == [
        "c.nii.gz",
        "l.txt",
        "x/a_warpcoef.nii.gz",
    ]
    assert names(fnirt(in_="a", ref="b", cout="w")) == ["w.nii.gz"]
    assert names(invwarp(w="w", o="v", r="a")) == ["v.nii.gz"]
    assert names(convertwarp(ref="a", out="w", jacobian="j")) == ["w.nii.gz", "j.nii.gz"]
    assert names(fslmaths("a", "b", {"save": "half"}, bin=True)) == ["half.nii.gz", "b.nii.gz"]


def test_images_are_named_as_the_environment_says(monkeypatch):
    monkeypatch.setenv("FSLOUTPUTTYPE", "NIFTI")
    assert names(flirt(in_="a", ref="b", out="c.nii.gz")) == ["c.nii"]


def test_files_that_fnirt_also_finds_in_its_own_folders_are_no_inputs():
    known = fnirt(in_="a", ref="MNI152_T1_2mm", config="T1_2_MNI152_2mm.cnf", refmask="own/mask", aff="m.mat")
    assert [str(path) for path in known.inputs] == ["own/mask", "a", "m.mat"]


def test_short_options_stand_apart_from_their_values_and_long_ones_do_not():
    assert invwarp(w="w", o="v", r="a", jmin=0.1).arguments == ("-w", "w", "-o", "v", "-r", "a", "--jmin=0.1")


@pytest.mark.parametrize(
    ("line", "expected", "inputs"),
    [
        (lambda: fslmaths("a", "b", add=1, mul="c", thr=0.5, bin=True), "-add 1 -mul c -thr 0.5 -bin", ["a", "c"]),
        (lambda: fslmaths("a", "b", {"ero": True}, {"ero": True}, dilF=True), "-ero -ero -dilF", ["a"]),
        (lambda: fslmaths("a", "b", kernel=("gauss", 2.5), fmean=True), "-kernel gauss 2.5 -fmean", ["a"]),
        (lambda: fslmaths("a", "b", kernel_2D=True, ero=True), "-kernel 2D -ero", ["a"]),
        (
            lambda: fslmaths("a", "b", {"kernel_3D": True, "dilM": True}, kernel_boxv3=(3, 3, 1), ero=True),
            "-kernel 3D -dilM -kernel boxv3 3 3 1 -ero",
            ["a"],
        ),
        (lambda: fslmaths("a", "b", kernel_file="-k", fmean=True), "-kernel file ./-k -fmean", ["a", "-k"]),
        (lambda: fslmaths("a", "b", sub="2", mas="-m"), "-sub 2 -mas ./-m", ["a", "-m"]),
        (lambda: fslmaths("a", "b", sub="-c", bin=False, Tmean=None), "-sub ./-c", ["a", "-c"]),
        (lambda: fslmaths("a", "b", mul=-1), "-mul -1", ["a"]),
    ],
)
def test_fslmaths_is_a_chain_in_the_order_of_its_operations(line, expected, inputs):
    assert line().argv == ("fslmaths", "a", *expected.split(), "b")
    assert [str(path) for path in line().inputs] == inputs


def test_fslmaths_takes_the_types_of_numbers_at_its_two_ends():
    assert str(fslmaths("a", "b", bin=True, dt="double", odt="char")) == "fslmaths -dt double a -bin b -odt char"


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        (lambda: bet("a", "b", f=2), TableError, "at least 0 and at most 1"),
        (lambda: bet("a", "b", q=True), UnknownNameError, "'q'"),
        (lambda: fast("a", S=2), TableError, "expected 2 image"),
        (fast, TableError, "expected 1 image"),
        (lambda: fast("a", t=4), UnknownNameError, "-t of fast"),
        (lambda: flirt(in_="a", out="c"), TableError, "expected ref"),
        (lambda: flirt(in_="a", ref="b", dof=3), TableError, "at least 6 and at most 12"),
        (lambda: flirt(in_="a", ref="b", applyxfm=True), TableError, "a matrix for -applyxfm"),
        (lambda: flirt(in_="a", ref="b", applyisoxfm=2.0), TableError, "a matrix for -applyisoxfm"),
        (lambda: fnirt(ref="b"), TableError, "expected in_"),
        (lambda: applywarp(in_="a", ref="b", out="c", interp="nearest"), UnknownNameError, "--interp"),
        (lambda: run_first_all(i="a", o="b", s="L_Hip"), UnknownNameError, "L_Hipp"),
        (lambda: run_first_all(i="a", o="b", m="quick"), UnknownNameError, "-m of run_first_all"),
        (lambda: run_first_all(i="a"), TableError, "expected o"),
        (lambda: first_roi_slicesdir(["a", "b"], ["c"]), TableError, "2 image"),
        (lambda: slicesdir("a", o=True), TableError, "pairs of images"),
        (slicesdir, TableError, "found 0"),
        (lambda: slicesdir("a", x=1), UnknownNameError, "'x'"),
        (lambda: fslmaths("a", "b", add=True), TableError, "-add"),
        (lambda: fslmaths("a", "b", add=""), TableError, "-add"),
        (lambda: fslmaths("a", "b", smooth=2), UnknownNameError, "'smooth'"),
        (lambda: fslmaths("a", "b", kernel=("cube", 2.0)), UnknownNameError, "-kernel of fslmaths is called 'cube'"),
    ],
)
def test_what_a_tool_cannot_take_is_refused(line, error, said):
    with pytest.raises(error, match=said):
        line()
