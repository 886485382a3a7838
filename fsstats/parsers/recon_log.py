"""recon-all's own files: how a run ended, how long it took, and the holes of the surfaces before and after fixing.

The formats: https://github.com/freesurfer/freesurfer ``scripts/recon-all``, ``mris_fix_topology``,
``mris_euler_number``, ``mri_segstats``; https://github.com/Deep-MI/FastSurfer ``run_fastsurfer.sh``,
``recon_surf/recon-surf.sh``.

What a run says of itself is the header: ``state`` (done, failed, unfinished) and, under recon-all's own words,
``START_TIME``, ``END_TIME``, ``CMDARGS`` … Only what is a quantity is a Measure. Every rerun adds to a log, so the
last statement of a thing counts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Final

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._build import measure, of_kind, total
from fsstats.parsers._header import MeasureLine, Remark, to_number
from fsstats.parsers._text import Line, decode, numbered_lines
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import HEMIS, identify

_DONE: Final = "done"
_FAILED: Final = "failed"
_UNFINISHED: Final = "unfinished"

_DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
_STEP: Final = re.compile(rf"^#@# (\S.*?)(?:[ \t]+{_DAY}.*)?$", re.MULTILINE)
_ERROR: Final = re.compile(
    r"^(ERROR\b.*|.*[Ss]egmentation fault.*|Killed|Command exited with non-zero status.*|.* terminated via signal.*)$",
    re.MULTILINE,
)
_RUNS: Final = {
    "recon-all": re.compile(r"^\S*/recon-all(?:[ \t]+|[ \t]*\n)(-.*)$", re.MULTILINE),
    "recon-surf": re.compile(r"^\S*recon-surf\.sh[ \t]+(-.*)$", re.MULTILINE),
}
"""The command line of a run, at its beginning; up to FreeSurfer 6 its arguments stand on a line of their own."""
_ENDS: Final = {
    program: re.compile(
        rf"^(?:Started[ ]at[ ](?P<START_TIME>.+?)[ \t]*\nEnded[ ]+at[ ](?P<END_TIME>.+?)[ \t]*\n"
        rf"\#@\#%\#[ ]{program}-run-time-hours[ \t]+(?P<RUNTIME_HOURS>\S+)[ \t]*\n\s*)?"
        rf"{program}(?:\.sh)?(?:[ ].*)?[ ](?P<ended>finished[ ]without[ ]error|exited[ ]with[ ]ERRORS)"
        r"[ ]at[ ](?P<at>.+?)[ \t]*$",
        re.MULTILINE | re.VERBOSE,
    )
    for program in ("recon-all", "recon-surf")
}
"""The last words of a run; recon-surf's log holds those of the recon-all runs within it, which are not its own."""
_ONCE: Final = {
    "subjectname": re.compile(r"^subjid[ \t]+(\S+)", re.MULTILINE),
    "cvs_version": re.compile(r"^build-stamp\.txt:?[ \t]+(\S+)", re.MULTILINE),
}

_FIXING: Final = re.compile(r"(?:\bmris_fix_topology\b.*\s|#@# Fix Topology )([lr]h)(?=\s|\\n|$)")
_COUNTING: Final = re.compile(r"\bmris_euler_number\s+(?:\S*/)?([lr]h)\.(\S+)")
_FIXED: Final = re.compile(
    r"(?P<when>before|after) topology correction, eno=(?P<euler>-?\d{1,9}) "
    r"\(nv=(?P<v>\d{1,9}), nf=(?P<f>\d{1,9}), ne=(?P<e>\d{1,9}), g=(?P<holes>-?\d{1,9})\)"
)
_COUNTED: Final = re.compile(
    r"euler # = v-e\+f = 2g-2: (?P<v>\d{1,9}) - (?P<e>\d{1,9}) \+ (?P<f>\d{1,9}) = (?P<euler>-?\d{1,9}) "
    r"--> (?P<holes>-?\d{1,9}) holes"
)
_BOTH_SIDES: Final = {
    "Euler": re.compile(r"orig\.nofix lheno =\s*(-?\d{1,9}), rheno =\s*(-?\d{1,9})(?!\d)"),
    "SurfaceHoles": re.compile(r"orig\.nofix lhholes =\s*(-?\d{1,9}), rhholes =\s*(-?\d{1,9})(?!\d)"),
}
"""What mri_segstats says of both surfaces before they were fixed."""
_ICV: Final = re.compile(r"atlas_icv \(eTIV\) = (\d{1,9}) mm\^3")
_TELLING: Final = ("opology", "euler", "orig.nofix", "eTIV")
"""Words of the lines that tell a quantity: a log has tens of thousands of others."""
_SURFACES: Final = {"orig": "Fixed", "orig.premesh": "Fixed", "orig.nofix": ""}
_STAGES: Final = ("", "Fixed")
"""Behind the names of what was counted: nothing before fixing, ``Fixed`` afterwards."""

_DASHES: Final = re.compile(r"\A-{10,}\s*\nSUBJECT ")
_STATUS: Final = re.compile(r"^status file for recon-all", re.MULTILINE)
_UNLABELLED: Final = {
    "CMDPATH": re.compile(r"\S*/\S+"),
    "VERSION": re.compile(r"\$Id: .*|freesurfer-\S.*|\d+\.\d+\.\d+.*"),
    "UNAME": re.compile(r"(?:Linux|Darwin)\s.*"),
}
"""Lines that have no word in front up to FreeSurfer 5, and in the error file still."""
_DEEP_SEG: Final = re.compile(r"^Log file for segmentation\b", re.MULTILINE)
_DEEP_VERSION: Final = re.compile(r"^Version: (\S.*?)\s*$", re.MULTILINE)


def parse_log(data: bytes, where: str, program: str = "recon-all") -> StatsFile:
    """Read ``recon-all.log`` or FastSurfer's ``recon-surf.log``.

    Parameters
    ----------
    data : bytes
        The content, be it of a run that goes on.
    where : str
        The file's path.
    program : {"recon-all", "recon-surf"}
        Whose log it is.

    Returns
    -------
    StatsFile
        Measures: ``run_time_hours`` of the last run, if that ended well; for each hemisphere ``lhEuler`` and
        ``lhSurfaceHoles`` before fixing, as in aseg.stats, ``lhEulerFixed`` and ``lhSurfaceHolesFixed`` after; eTIV.

    Raises
    ------
    StatsFormatError
        If it is no such log.
    """
    text, lines, remarks = _read(data, where)
    runs, ends = [*_RUNS[program].finditer(text)], [*_ENDS[program].finditer(text)]
    if not runs and not ends:
        raise StatsFormatError.at(
            where, expected=f"a log of {program}", found="no command line of it and no last words"
        )
    last = ends[-1] if ends and not (runs and runs[-1].start() > ends[-1].end()) else None
    header = {"generating_program": program, "n_runs": str(max(len(runs), len(ends)))}
    if runs:
        header["CMDARGS"] = runs[-1][1].strip()
    header |= {field: found[-1] for field, pattern in _ONCE.items() if (found := pattern.findall(text))}
    began = runs[-1].start() if runs else ends[-2].end() if len(ends) > 1 else 0
    header |= _ending(text[began:], last)
    remarks += _about_end(header, int(header["n_runs"]))
    measures = _hours(header, remarks)
    return of_kind(program, where, measures=[*measures, *_counts(lines, remarks)], header=header, remarks=remarks)


def _read(data: bytes, where: str) -> tuple[str, list[Line], list[Remark]]:
    """Give text and numbered lines; what a progress display overwrote by a carriage return stays on its line."""
    text, remarks = decode(data.replace(b"\r\n", b"\n").replace(b"\r", b" "), where)
    lines, unfinished = numbered_lines(text)
    return "\n".join(line for _, line in lines) + "\n", lines, [*remarks, *unfinished]


def _ending(run: str, last: re.Match[str] | None) -> dict[str, str]:
    """Say how the last run ended: its state, its times, its last step, and its error if it failed."""
    header = {"state": _UNFINISHED}
    if last:
        header["state"] = _FAILED if last["ended"].startswith("exited") else _DONE
        header |= {name: last[name] for name in ("START_TIME", "END_TIME", "RUNTIME_HOURS") if last[name]}
        header.setdefault("END_TIME", last["at"])
    if steps := _STEP.findall(run):
        header["last_step"] = steps[-1]
    if header["state"] != _DONE and (errors := _ERROR.findall(run)):
        header["error"] = errors[-1].strip()
    return header


def _about_end(header: Mapping[str, str], n_runs: int) -> list[Remark]:
    """Say if the log is of several runs, and if the last one did not end well."""
    remarks = []
    if n_runs > 1:
        text = f"the log of {n_runs} runs; of each thing that it says, the last counts"
        remarks.append(Remark(None, text, loss=False))
    step = f" in the step {header['last_step']!r}" if "last_step" in header else ""
    if header["state"] == _FAILED:
        why = f": {header['error']!r}" if "error" in header else ""
        remarks.append(Remark(None, f"the last run exited with errors{step}{why}", loss=False))
    elif header["state"] == _UNFINISHED:
        found = f"none: it goes on, was killed, or the log is cut{step}"
        remarks.append(Remark(None, wording(expected="the last words of the run", found=found)))
    return remarks


def _hours(header: Mapping[str, str], remarks: list[Remark]) -> list[MeasureLine]:
    printed = header.get("RUNTIME_HOURS")
    if printed is None:
        return []
    try:
        return [measure("run_time_hours", to_number(printed), "h")]
    except ValueError:
        remarks.append(Remark(None, wording(expected="a number of hours", found=repr(printed[:40]))))
        return []


def _counts(lines: Iterable[Line], remarks: list[Remark]) -> list[MeasureLine]:
    """Give eTIV, and Euler numbers and holes of each surface before and after fixing, as last said."""
    said = _said([line for line in lines if any(word in line[1] for word in _TELLING)], remarks)
    for hemi in HEMIS:
        for stage in _STAGES:
            _hold_together(said, f"{hemi}Euler{stage}", f"{hemi}SurfaceHoles{stage}", remarks)
    for field, statements in said.items():
        values = [value for _, value in statements]
        if len({*values}) > 1:
            earlier = ", ".join(f"{value:g}" for value in dict.fromkeys(values) if value != values[-1])
            text = f"{field} is {values[-1]:g}, and was {earlier} before; the last counts"
            remarks.append(Remark(statements[-1][0], text, loss=False))
    fields = [
        field for hemi in HEMIS for stage in _STAGES for field in (f"{hemi}SurfaceHoles{stage}", f"{hemi}Euler{stage}")
    ]
    measures = [measure(field, said[field][-1][1], "unitless") for field in fields if field in said]
    return measures + ([total("eTIV", said["eTIV"][-1][1], remarks)] if "eTIV" in said else [])


_Said = dict[str, list[tuple[int, float]]]
"""Measure to the lines that tell it and the values there."""


def _said(lines: Sequence[Line], remarks: list[Remark]) -> _Said:
    """Collect every statement of a quantity. The command that is running says which side it is of.

    Headings do not: runs that do both sides at once print both headings first, then the output of either.
    """
    said: _Said = {}
    side, surface = "", ""
    for number, line in lines:
        if command := _FIXING.search(line):
            side, surface = command[1], ""
        elif command := _COUNTING.search(line):
            side, surface = command[1], command[2]
        elif found := _FIXED.search(line):
            stage = "Fixed" if found["when"] == "after" else ""
            _take(said, (side, stage), number, found, remarks)
        elif (found := _COUNTED.search(line)) and surface in _SURFACES:
            _take(said, (side, _SURFACES[surface]), number, found, remarks)
        elif icv := _ICV.search(line):
            said.setdefault("eTIV", []).append((number, float(icv[1])))
        else:
            for what, pattern in _BOTH_SIDES.items():
                for hemi, value in zip(HEMIS, both.groups() if (both := pattern.search(line)) else (), strict=False):
                    said.setdefault(f"{hemi}{what}", []).append((number, float(value)))
    return said


def _take(said: _Said, place: tuple[str, str], line: int, found: re.Match[str], remarks: list[Remark]) -> None:
    """Take up an Euler number and the holes, if the count of vertices, edges and faces says the same."""
    (side, stage), euler, holes = place, int(found["euler"]), int(found["holes"])
    due = int(found["v"]) - int(found["e"]) + int(found["f"])
    if not side:
        text = wording(expected="a command that names a hemisphere before", found="none", hint="The line is left out")
        remarks.append(Remark(line, text))
    elif euler != due or holes != _holes(euler):
        expected = f"Euler number {due} and {_holes(due)} holes, by its vertices, edges and faces"
        text = wording(expected=expected, found=f"{euler} and {holes}", hint="The line is left out")
        remarks.append(Remark(line, text))
    else:
        said.setdefault(f"{side}Euler{stage}", []).append((line, float(euler)))
        said.setdefault(f"{side}SurfaceHoles{stage}", []).append((line, float(holes)))


def _holes(euler: int) -> int:
    """Count the holes as the programs do: one takes 2 off the Euler number of a sphere, which is 2."""
    return int((2 - euler) / 2)


def _hold_together(said: _Said, euler: str, holes: str, remarks: list[Remark]) -> None:
    """Leave out holes that do not fit the Euler number; where one of the two is missing nothing is known."""
    if euler in said and holes in said and _holes(int(said[euler][-1][1])) != said[holes][-1][1]:
        found = f"{said[euler].pop()[1]:g} and {said[holes].pop()[1]:g}"
        text = wording(expected=f"{euler} and {holes} that fit", found=found, hint="Both are left out")
        remarks.append(Remark(None, text))
        del said[euler], said[holes]


def parse_done(data: bytes, where: str) -> StatsFile:
    """Read ``recon-all.done`` or ``recon-surf.done``; since FreeSurfer 6 a failed run writes only ``1`` there."""
    if data.strip() == b"1":
        text = "the run failed: the file holds only its exit status, 1"
        return of_kind("recon-all.done", where, header={"state": _FAILED}, remarks=[Remark(1, text, loss=False)])
    header, remarks = _facts(data, where)
    last = "CMDARGS" if "START_TIME" in header else "CMDPATH"  # up to FreeSurfer 4.5 there is only a DATE
    remarks += _about_cut(header, last)
    header["state"] = _DONE
    return of_kind("recon-all.done", where, measures=_hours(header, remarks), header=header, remarks=remarks)


def parse_error(data: bytes, where: str) -> StatsFile:
    """Read ``recon-all.error``, which is there if the last run failed."""
    header, remarks = _facts(data, where)
    remarks += _about_cut(header, "CMD")
    header["state"] = _FAILED
    return of_kind("recon-all.error", where, header=header, remarks=remarks)


def _facts(data: bytes, where: str) -> tuple[dict[str, str], list[Remark]]:
    """Read the lines of a word and what it says, and those that have no word in front."""
    text, _, remarks = _read(data, where)
    if not _DASHES.match(text.lstrip()):
        raise StatsFormatError.at(where, expected="a line of dashes and 'SUBJECT'", found=repr(text.strip()[:40]))
    header: dict[str, str] = {}
    for line in map(str.strip, text.strip().split("\n")[1:]):
        plain = next((name for name, known in _UNLABELLED.items() if known.fullmatch(line)), None)
        word, _, value = line.partition(" ")
        if plain or re.fullmatch("[A-Z_]+", word):
            header.setdefault(plain or word, line if plain else value.strip())
    program = "recon-surf" if "recon-surf" in header.get("CMDPATH", "") else "recon-all"
    header |= {"generating_program": program, "subjectname": header.get("SUBJECT", "")}
    if program == "recon-all" and "VERSION" in header:
        header["cvs_version"] = header["VERSION"]
    return header, remarks


def _about_cut(header: Mapping[str, str], last: str) -> list[Remark]:
    """Say that a file ends before the word that is its last."""
    if last in header:
        return []
    return [Remark(None, wording(expected=f"a line '{last} …' at the end", found="none: the file may be cut"))]


def parse_status(data: bytes, where: str) -> StatsFile:
    """Read ``recon-all-status.log``: the steps of every run, and how each ended."""
    text, _, remarks = _read(data, where)
    starts = [*_STATUS.finditer(text)]
    if not starts:
        raise StatsFormatError.at(where, expected="'status file for recon-all'", found=repr(text.strip()[:40]))
    run = text[starts[-1].start() :]
    ends = [*_ENDS["recon-all"].finditer(run)]
    header = {"generating_program": "recon-all", "n_runs": str(len(starts)), **_ending(run, ends[-1] if ends else None)}
    remarks += _about_end(header, len(starts))
    return of_kind("recon-all.status", where, header=header, remarks=remarks)


def parse_deep_seg(data: bytes, where: str) -> StatsFile:
    """Read FastSurfer's ``deep-seg.log``: its version and its errors. It does not say that it ended well."""
    text, _, remarks = _read(data, where)
    if not _DEEP_SEG.search(text):
        raise StatsFormatError.at(where, expected="'Log file for segmentation'", found=repr(text.strip()[:40]))
    header = {"generating_program": "run_fastsurfer.sh"}
    if versions := _DEEP_VERSION.findall(text):
        header["FastSurfer_version"] = versions[-1]
    if errors := _ERROR.findall(text):
        header |= {"state": _FAILED, "error": errors[-1].strip()}
        remarks.append(Remark(None, f"the run failed: {header['error']!r}", loss=False))
    return of_kind("deep-seg", where, header=header, remarks=remarks)


def _text(head: bytes) -> str:
    return head.replace(b"\r\n", b"\n").decode("utf-8", "replace").lstrip("\ufeff\n ")


def _is_log(head: bytes, _where: str, program: str) -> bool:
    text = _text(head)
    if program == "recon-surf":
        return text.startswith("Log file for recon-surf.sh")
    begins = re.search(r"^(?:subjid |setenv SUBJECTS_DIR |#@# )", text, re.MULTILINE)
    return begins is not None and not text.startswith("#!") and _RUNS[program].search(text) is not None


def _is_done(head: bytes, where: str) -> bool:
    """Recognise a done file; a lone 1 may be anything, so there the name decides."""
    text, said = _text(head), identify(where)
    if text.strip() == "1":
        return said is not None and said.source in ("recon-all.done", "recon-surf.done")
    return _DASHES.match(text) is not None and not re.search(r"^(?:CMD|PROCESSID)\b", text, re.MULTILINE)


def _is_error(head: bytes, _where: str) -> bool:
    text = _text(head)
    return _DASHES.match(text) is not None and re.search(r"^CMD\b", text, re.MULTILINE) is not None


FORMATS: tuple[Format, ...] = (
    Format("recon-all.status", lambda head, _where: _STATUS.match(_text(head)) is not None, parse_status),
    Format("recon-all.done", _is_done, parse_done),
    Format("recon-all.error", _is_error, parse_error),
    Format("recon-surf", partial(_is_log, program="recon-surf"), partial(parse_log, program="recon-surf")),
    Format("recon-all", partial(_is_log, program="recon-all"), parse_log),
    Format("deep-seg", lambda head, _where: _DEEP_SEG.search(_text(head)) is not None, parse_deep_seg),
)
