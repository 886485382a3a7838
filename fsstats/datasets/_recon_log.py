"""The log of recon-all, or of FastSurfer's surface stream: a short one, with what a reader looks for in it."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from fsstats.datasets._blocks import words_of
from fsstats.datasets._brains import Study
from fsstats.datasets._further import Further, Line, Number, plain, text_file
from fsstats.datasets._people import Run
from fsstats.datasets._scripts import RUNTIME_HOURS, UNAME, call_of
from fsstats.datasets._simulate import Brains
from fsstats.datasets._tools import TOOLS, Tool
from fsstats.datasets._typical import FloatArray
from fsstats.schema import GLOBAL, HEMIS

_STANDARD_HEAD: Final = 1948106.0
"""In mm^3; the determinant of the registration tells how much larger it is than a person's."""
_STARTED: Final = "<day> 12:00:41 UTC <year>"
_ENDED: Final = "<day> 19:05:23 UTC <year>"
_RULE: Final = "#--------------------------------------------"


def recon_log(rng: np.random.Generator, study: Study, brains: Brains, runs: Sequence[Run]) -> Iterator[Further]:
    """Make the logs, those of one tool and stream at once; they tell holes where aseg.stats does."""
    vertices = _vertices(rng, study, brains)
    for tool in TOOLS.values():
        for stream in ("cross", "base", "long"):
            alike = [i for i, run in enumerate(runs) if (run.tool, run.stream) == (tool.name, stream)]
            if alike:
                program = "recon-surf" if tool.is_fastsurfer else "recon-all"
                lines = list(_lines(tool, program, stream, brains, vertices))
                chosen = np.array(alike, dtype=np.intp)
                yield text_file(program, f"scripts/{program}.log", chosen, lines, words=_words)


def _words(run: Run) -> dict[str, str]:
    program, arguments = call_of(run)
    return {"<program>": program, "<arguments>": arguments, **words_of(run)}


def _vertices(rng: np.random.Generator, study: Study, brains: Brains) -> dict[str, FloatArray]:
    """Draw the number of vertices before topology is fixed: those of the cortex and some more."""
    cortex = np.split(brains.tables["aparc"]["n_vertices"], 2, axis=1)
    more = 1.06 + 0.005 * rng.standard_normal((2, len(study.person)))
    return {hemi: np.rint(side.sum(axis=1) * extra) for hemi, side, extra in zip(HEMIS, cortex, more, strict=True)}


def _lines(tool: Tool, program: str, stream: str, brains: Brains, vertices: dict[str, FloatArray]) -> Iterator[Line]:
    fields = brains.fields[tool.major]
    holes = {hemi: fields[f"{hemi}SurfaceHoles"] for hemi in HEMIS} if stream == "cross" else {}
    yield from plain(*_beginning(tool))
    for hemi, n in holes.items():
        yield from _fixing(hemi, n, vertices[hemi])
    yield from plain("", _RULE, "#@# ASeg Stats <day> 18:54:20 UTC <year>", "")
    head_size = fields["eTIV"]
    icv = (Number(np.floor(head_size), 0, (GLOBAL, "eTIV", "mm^3")), Number(_STANDARD_HEAD / head_size, 6))
    yield "atlas_icv (eTIV) = %d mm^3    (det: %f )", icv
    yield from _both_sides(holes)
    yield from plain("", f"Started at {_STARTED} ", f"Ended   at {_ENDED}")
    hours = np.full(len(head_size), RUNTIME_HOURS)
    yield f"#@#%%# {program}-run-time-hours %.3f", (Number(hours, 3, (GLOBAL, "run_time_hours", "h")),)
    name = "recon-surf.sh <name>" if tool.is_fastsurfer else "recon-all -s <name>"
    yield from plain(*[""] * tool.is_fastsurfer, f"{name} finished without error at {_ENDED}", "done")


def _beginning(tool: Tool) -> Iterator[str]:
    if tool.is_fastsurfer:
        yield from ("Log file for recon-surf.sh", _STARTED, "", "<program> <arguments>", "", UNAME)
    else:
        yield from (_STARTED, "<dir>/<name>", "<program>", "<arguments>", "subjid <name>")
        yield from ("setenv SUBJECTS_DIR <dir>", "FREESURFER_HOME /opt/freesurfer")
        yield from ("Actual FREESURFER_HOME /opt/freesurfer", f"build-stamp.txt: {tool.stamp}", UNAME)
    for step, time in {"MotionCor": "12:01:02", "Talairach": "12:03:40"}.items():
        yield from ("", _RULE, f"#@# {step} <day> {time} UTC <year>")


def _fixing(hemi: str, holes: FloatArray, vertices: FloatArray) -> Iterator[Line]:
    """Fix a surface: a closed one of triangles has one Euler number, so vertices tell edges and faces."""
    yield from plain("", _RULE, f"#@# Fix Topology {hemi} <day> 15:20:11 UTC <year>", "")
    yield from plain(f" mris_fix_topology -mgz -sphere qsphere.nofix -ga -seed 1234 <name> {hemi} ", "")
    for when, suffix, left, n in (("before", "", holes, vertices), ("after", "Fixed", 0 * holes, vertices - 3 * holes)):
        euler = 2 - 2 * left
        numbers = (
            # Before fixing, mri_segstats says the same once more, and what is said last counts.
            Number(euler, 0, (GLOBAL, f"{hemi}Euler{suffix}", "unitless") if suffix else None),
            *(Number(count, 0) for count in (n, 2 * (n - euler), 3 * (n - euler))),
            Number(left, 0, (GLOBAL, f"{hemi}SurfaceHoles{suffix}", "unitless") if suffix else None),
        )
        yield f"{when} topology correction, eno=%d (nv=%d, nf=%d, ne=%d, g=%d)", numbers


def _both_sides(holes: dict[str, FloatArray]) -> Iterator[Line]:
    if not holes:
        return
    euler = [Number(2 - 2 * n, 0, (GLOBAL, f"{hemi}Euler", "unitless")) for hemi, n in holes.items()]
    found = [Number(n, 0, (GLOBAL, f"{hemi}SurfaceHoles", "unitless")) for hemi, n in holes.items()]
    yield "orig.nofix lheno = %4d, rheno = %d", tuple(euler)
    yield "orig.nofix lhholes = %4d, rhholes = %d", tuple(found)
