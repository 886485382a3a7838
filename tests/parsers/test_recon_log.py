"""recon-all's own files: how runs ended, and the surfaces' holes before and after fixing."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsstats.errors import FsstatsError, StatsFormatError
from fsstats.parsers import long_table, parse_stats
from fsstats.parsers.formats import format_of, formats
from fsstats.schema import identify
from tests_support import CORPUS, HANDMADE

RECON = HANDMADE / "recon"
NAMES = ("recon-all.log", "recon-all.done", "recon-all.error", "recon-all-status.log", "recon-surf.log", "deep-seg.log")
REAL = sorted(path for name in NAMES for path in CORPUS.rglob(name)) if CORPUS else []
NO_CORPUS = pytest.param(None, marks=pytest.mark.skip(reason="no real files here: set FSSTATS_CORPUS"), id="corpus")
DONE = (RECON / "recon-all.done").read_text(encoding="utf-8")
LOG = (RECON / "recon-all.log").read_bytes().decode()
FIRST = LOG[: LOG.index("\n\nNew invocation")]


def read(name):
    return parse_stats((RECON / name).read_bytes(), where=f"sub-01/scripts/{name}")


def values(stats):
    return {line.field: line.value for line in stats.measure_lines}


def parsed(text, name="recon-all.log", **options):
    return parse_stats(text, where=f"sub-01/scripts/{name}", **options)


@pytest.mark.parametrize("path", [pytest.param(p, id=f"{p.parts[-3][:30]}-{p.name}") for p in REAL] or [NO_CORPUS])
def test_every_real_file_is_read_whole(path):
    stats = parse_stats(path.read_bytes(), where=str(path))
    text = path.read_text(encoding="utf-8")
    assert stats.header["state"] == "done"
    hours = re.findall(r"^RUNTIME_HOURS (\S+)", text, re.MULTILINE)
    assert [line.value for line in stats.measure_lines] == [float(value) for value in hours]
    ends = re.findall(r" finished without error at (.*)", text)
    assert stats.header.get("END_TIME") == (ends or re.findall(r"^END_TIME (.*)", text, re.MULTILINE) or [None])[-1]
    assert stats.subject == (re.findall(r"^SUBJECT (.*)", text, re.MULTILINE) or [None])[0]


@pytest.mark.skipif(not CORPUS, reason="no real files here: set FSSTATS_CORPUS")
def test_the_corpus_has_done_files_and_status_logs():
    assert sorted(path.name for path in REAL) == ["recon-all-status.log"] * 4 + ["recon-all.done"] * 5


def test_a_log_gives_what_its_last_run_says():
    stats = read("recon-all.log")
    assert values(stats) == {
        "run_time_hours": 3.5,
        "lhSurfaceHoles": 16,  # orig.nofix lhholes =   16, rhholes = 24
        "lhEuler": -30,  # orig.nofix lheno =  -30, rheno = -46
        "lhSurfaceHolesFixed": 0,
        "lhEulerFixed": 2,
        "rhSurfaceHoles": 24,
        "rhEuler": -46,
        "rhSurfaceHolesFixed": 0,
        "rhEulerFixed": 2,
        "eTIV": 1420021,
    }
    about = ["state", "START_TIME", "END_TIME", "CMDARGS", "last_step", "n_runs"]
    assert [stats.header[name] for name in about] == [
        "done",
        "Tue Jan 7 08:00:00 UTC 2025",
        "Tue Jan 7 11:30:00 UTC 2025",
        "-autorecon2-wm -autorecon3 -s sub-01 -parallel",
        "ASeg Stats",
        "2",
    ]
    assert (stats.subject, stats.tool, stats.version) == ("sub-01", "FreeSurfer", "7.4.1")


def test_what_changed_between_runs_is_said_and_no_loss():
    remarks = [remark.text for remark in read("recon-all.log").remarks]
    assert "the log of 2 runs; of each thing that it says, the last counts" in remarks
    assert "lhSurfaceHoles is 16, and was 19 before; the last counts" in remarks


def test_the_place_in_the_long_table():
    table = long_table(read("recon-all.log")).set_index("measure")
    assert table.loc["rhSurfaceHoles", ["source", "hemi", "region", "unit"]].tolist() == [
        "recon-all",
        "rh",
        "global",
        "unitless",
    ]
    assert table.loc["lhEulerFixed", "hemi"] == "lh"
    assert table.loc["run_time_hours", "unit"] == "h"


def test_both_sides_at_once_are_told_apart_by_their_commands():
    counts = FIRST[: FIRST.index("#@# ASeg Stats")]  # without what mri_segstats says
    found = values(parsed(counts, strict=False))
    assert (found["lhEuler"], found["rhEuler"]) == (-36, -52)


FREESURFER_6 = """\
Fri Jul  7 09:52:02 EDT 2017
/data/sub-01
/opt/fs6/bin/recon-all
-s sub-01 -hemi lh -fix
subjid sub-01
build-stamp.txt: freesurfer-Darwin-OSX-stable-pub-v6.0.0-2beb96c
#@# Fix Topology Copy lh Fri Jul  7 09:52:02 EDT 2017
#@# Fix Topology lh Fri Jul  7 09:52:02 EDT 2017
\\n mris_fix_topology -rusage /data/touch/rusage.mris_fix_topology.rh.dat -mgz -sphere qsphere.nofix -ga sub-01 lh \\n
before topology correction, eno=-4 (nv=1000, nf=2008, ne=3012, g=3)
after topology correction, eno=2 (nv=990, nf=1976, ne=2964, g=0)
mris_fix_topology utimesec    2329.545115
\\n mris_euler_number ../surf/lh.orig \\n
euler # = v-e+f = 2g-2: 990 - 2964 + 1976 = 2 --> 0 holes

Started at Fri Jul 7 09:52:02 EDT 2017
Ended   at Fri Jul 7 10:31:06 EDT 2017
#@#%# recon-all-run-time-hours 0.651
recon-all -s sub-01 finished without error at Fri Jul  7 10:31:06 EDT 2017
"""


def test_a_log_of_freesurfer_6_with_its_arguments_on_a_line_of_their_own():
    stats = parsed(FREESURFER_6)
    assert stats.header["CMDARGS"] == "-s sub-01 -hemi lh -fix"
    assert stats.version == "6.0.0"
    assert values(stats) == {
        "run_time_hours": 0.651,
        "lhSurfaceHoles": 3,
        "lhEuler": -4,
        "lhSurfaceHolesFixed": 0,
        "lhEulerFixed": 2,
    }


FAILED_RUN = """
/opt/fs6/bin/recon-all
-s sub-01 -motioncor
#@# MotionCor Fri Jul 21 17:02:03 EDT 2017
ERROR: no run data found in /data/sub-01/mri.
recon-all -s sub-01 exited with ERRORS at Fri Jul 21 17:02:03 EDT 2017
"""


def test_a_last_run_that_failed_has_no_run_time_and_says_why():
    stats = parsed(FREESURFER_6 + FAILED_RUN)
    assert stats.header["state"] == "failed"
    assert stats.header["error"] == "ERROR: no run data found in /data/sub-01/mri."
    assert "START_TIME" not in stats.header
    assert stats.header["END_TIME"] == "Fri Jul 21 17:02:03 EDT 2017"
    assert "run_time_hours" not in values(stats)
    assert values(stats)["lhSurfaceHoles"] == 3
    assert "the last run exited with errors in the step 'MotionCor': 'ERROR: no run data" in stats.remarks[-1].text


def test_a_run_that_goes_on_is_unfinished_and_that_is_a_loss():
    stats = parsed(FREESURFER_6 + FAILED_RUN[: FAILED_RUN.index("ERROR")], strict=False)
    assert stats.header["state"] == "unfinished"
    assert [remark.text for remark in stats.remarks if remark.loss] == [
        "expected the last words of the run, found none: it goes on, was killed, or the log is cut in the step 'MotionCor'"
    ]


@pytest.mark.parametrize("n", range(12, FIRST.count("\n")))
def test_a_log_cut_behind_any_line_is_a_loss_and_never_wrong(n):
    text = "\n".join(FIRST.split("\n")[:n]) + "\n"
    stats = parsed(text, strict=False)
    whole = values(parsed(FIRST + "\n"))
    assert not stats.is_whole
    assert values(stats).items() <= whole.items()


CONTRADICTIONS = {
    "a digit of a count": (("nv=131458", "nv=131459"), "expected Euler number -35 and 18 holes, .* found -36 and 19"),
    "a digit of the holes": (("g=19", "g=18"), "expected Euler number -36 and 19 holes, .* found -36 and 18"),
    "a digit of what mri_segstats says": (
        ("lhholes =   19", "lhholes =   11"),
        "expected lhEuler and lhSurfaceHoles that fit, found -36 and 11. Both are left out",
    ),
    "no intracranial volume": (("= 1420021 mm", "= 0 mm"), "eTIV is printed as 0, which cannot be"),
    "a run time that is none": (("hours 7.078", "hours 7,078"), "expected a number of hours, found '7,078'"),
}


@pytest.mark.parametrize(("edit", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_contradicts_itself_is_left_out_and_named(edit, message):
    text = FIRST.replace(*edit) + "\n"
    losses = [
        remark.text for remark in parsed(text, strict=False).remarks if remark.text.startswith(("exp", "eTIV is p"))
    ]
    assert any(re.search(message, text) for text in losses)


def test_counts_of_other_surfaces_are_not_taken():
    other = "mris_euler_number ../surf/lh.white\neuler # = v-e+f = 2g-2: 10 - 20 + 6 = -4 --> 3 holes\n"
    assert values(parsed(FREESURFER_6.replace("\nStarted", f"{other}\nStarted")))["lhEulerFixed"] == 2


def test_the_log_of_a_surface_stream_has_its_own_run_time():
    stats = read("recon-surf.log")
    assert stats.source == "recon-surf"
    assert values(stats)["run_time_hours"] == 1.25  # not 0.100, which recon-all says within it
    assert values(stats)["lhSurfaceHoles"] == 3
    assert stats.header["CMDARGS"].startswith("--sid sub-01")
    assert stats.is_whole


def test_the_log_of_a_segmentation_tells_its_version_and_its_errors():
    assert read("deep-seg.log").header["FastSurfer_version"] == "2.3.3+4f7e8d1"
    text = (RECON / "deep-seg.log").read_text(encoding="utf-8") + "ERROR: Biasfield correction failed!\n"
    stats = parsed(text, "deep-seg.log")
    assert (stats.header["state"], stats.header["error"]) == ("failed", "ERROR: Biasfield correction failed!")


def test_a_done_file_tells_times_and_arguments():
    stats = read("recon-all.done")
    assert values(stats) == {"run_time_hours": 7.078}
    assert stats.header["state"] == "done"
    assert stats.header["CMDARGS"] == "-all -s sub-01 -i T1.nii.gz"
    assert (stats.subject, stats.version) == ("sub-01", "7.4.1")


@pytest.mark.parametrize("text", ["1\n", "1", " 1 \r\n"])
@pytest.mark.parametrize("name", ["recon-all.done", "recon-surf.done"])
def test_a_done_file_that_holds_only_1_is_a_failure_and_no_error(text, name):
    stats = parsed(text, name)
    assert (stats.source, stats.header["state"], values(stats)) == (name, "failed", {})


@pytest.mark.parametrize("n", range(2, 14))
def test_a_done_file_cut_behind_any_line_is_a_loss(n):
    stats = parsed("".join(DONE.splitlines(keepends=True)[:n]), "recon-all.done", strict=False)
    assert stats.is_whole == (n == 13)


def test_a_done_file_cut_within_its_run_time_has_none():
    stats = parsed(DONE[: DONE.index("7.078") + 3], "recon-all.done", strict=False)
    assert values(stats) == {}
    assert not stats.is_whole


def test_an_error_file_names_the_command_that_failed():
    stats = read("recon-all.error")
    assert (stats.source, stats.header["state"]) == ("recon-all.error", "failed")
    assert stats.header["CMD"].startswith("mri_cc -aseg")
    assert stats.header["CMDPATH"] == "/opt/freesurfer/bin/recon-all"
    assert (stats.version, stats.header["UNAME"][:5]) == ("7.4.1", "Linux")


def test_a_status_log_tells_how_the_last_run_ended():
    stats = read("recon-all-status.log")
    assert [stats.header[name] for name in ("state", "last_step", "n_runs")] == ["failed", "CC Seg", "2"]
    assert stats.is_whole


def test_a_status_log_of_a_run_that_goes_on_is_unfinished():
    text = (
        "status file for recon-all\nMon Jan 6\n\\n\\n\n#@# Talairach Failure Detection Mon Jan  6 08:00:02 UTC 2025\n"
    )
    stats = parsed(text, "recon-all-status.log", strict=False)
    assert (stats.header["state"], stats.header["last_step"]) == ("unfinished", "Talairach Failure Detection")
    assert not stats.is_whole


@pytest.mark.parametrize("name", NAMES)
def test_each_is_recognised_by_its_content_and_only_by_its_own_format(name):
    data = (RECON / name).read_bytes()
    kind = identify(name).source
    assert format_of(data, "x.txt").name == kind
    assert [one.name for one in formats() if one.recognises(data[:4096], "x.txt")] == [kind]


OTHERS = {
    "participants": "participant_id\tage\nsub-01\t31\n",
    "a lone number": "1\n",
    "a letter": "Dear colleague,\nrecon-all is done.\n",
    "the commands of a run": "#@# Tessellate lh Sat Sep 14 01:19:37 UTC 2019\n\n mri_pretess ../mri/filled.mgz 255\n",
    "the script itself": "#!/bin/tcsh -ef\n#\n# recon-all\n",
    "a lock": "------------------------------\nSUBJECT s\nHEMI  lh rh\nPROCESSID 1\nPROCESSOR x86_64\nOS Linux\n",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_text_is_not_taken_for_one(text):
    ours = {identify(name).source for name in NAMES}
    assert not [one.name for one in formats() if one.name in ours and one.recognises(text.encode(), "x.txt")]


@pytest.mark.parametrize("name", [*NAMES, "recon-surf.done"])
def test_a_name_whose_content_is_something_else_is_refused(name):
    with pytest.raises(StatsFormatError, match="expected"):
        parsed("Dear colleague,\nyours\n", name)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(NAMES), st.integers(0, 6000), st.binary(max_size=12))
def test_whatever_the_bytes_nothing_but_our_errors_is_raised(name, at, noise):
    data = (RECON / name).read_bytes()
    at = min(at, len(data))
    try:
        parse_stats(data[:at] + noise + data[at + len(noise) :], where=name, strict=False)
    except FsstatsError as error:
        assert str(error).startswith(name)  # noqa: PT017 - that one may be raised is the law
