"""What the tools leave beside the statistics: logs, stamps and empty folders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fsstats.datasets._blocks import fill, words_of
from fsstats.datasets._people import Run
from fsstats.datasets._tools import TOOLS, Tool

_FOLDERS: Final = ("mri", "surf", "label", "scripts", "stats")
UNAME: Final = "Linux host 5.15.0-91-generic #101-Ubuntu SMP x86_64 x86_64 x86_64 GNU/Linux"
RUNTIME_HOURS: Final = 7.078
"""Of every run: it starts and ends at the same times of its day."""


def write_scripts(root: Path, run: Run) -> None:
    """Make a subject folder as a finished run leaves it, without the statistics."""
    folder = root / run.folder
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in _texts(TOOLS[run.tool], run):
        (folder / name).write_bytes(fill(text, words_of(run)).encode())


def _texts(tool: Tool, run: Run) -> Iterator[tuple[str, str]]:
    yield "scripts/build-stamp.txt", f"{tool.stamp}\n"
    if run.time_points:
        yield "base-tps", "".join(f"{name}\n" for name in run.time_points)
    if tool.is_fastsurfer:
        yield "scripts/recon-surf.done", _done(tool, *call_of(run))
        yield "scripts/deep-seg.log", _segmentation_log(tool)
    else:
        yield "scripts/recon-all.done", _done(tool, *call_of(run))
        yield "scripts/recon-all-status.log", _status_log()


def call_of(run: Run) -> tuple[str, str]:
    """Give the program that made a run, and its arguments, with place holders."""
    if TOOLS[run.tool].is_fastsurfer:
        return "/fastsurfer/recon_surf/recon-surf.sh", "--sid <name> --sd <dir> --t1 <dir>/<name>/mri/orig.mgz"
    return "/opt/freesurfer/bin/recon-all", _arguments(run)


def _arguments(run: Run) -> str:
    if run.stream == "base":
        return "-base <name> " + " ".join(f"-tp {name}" for name in run.time_points) + " -all"
    if run.stream == "long":
        time_point, _, base = run.name.rpartition(".long.")
        return f"-long {time_point} {base} -all"
    return "-all -s <name> -i /data/raw/<name>_T1w.nii.gz"


def _done(tool: Tool, program: str, arguments: str) -> str:
    return (
        "------------------------------\n"
        "SUBJECT <name>\n"
        "START_TIME <day> 12:00:41 UTC <year>\n"
        "END_TIME <day> 19:05:23 UTC <year>\n"
        f"RUNTIME_HOURS {RUNTIME_HOURS}\n"
        "USER user\n"
        "HOST host\n"
        "PROCESSOR x86_64\n"
        "OS Linux\n"
        f"UNAME {UNAME}\n"
        f"VERSION {tool.version}\n"
        f"CMDPATH {program}\n"
        f"CMDARGS {arguments}\n"
    )


def _status_log() -> str:
    steps = {
        "MotionCor": "12:01:02",
        "Talairach": "12:03:40",
        "WM/GM Contrast lh": "18:40:11",
        "ASeg Stats": "18:54:20",
    }
    lines = [f"#@# {step} <day> {time} UTC <year>\n" for step, time in steps.items()]
    end = "recon-all -s <name> finished without error at <day> 19:05:23 UTC <year>\n"
    return "status file for recon-all\n<day> 12:00:41 UTC <year>\n" + "".join(lines) + end


def _segmentation_log(tool: Tool) -> str:
    version = tool.name.removeprefix("fastsurfer-")
    return (
        "Log file for segmentation FastSurferCNN/run_prediction.py\n"
        "<day> 12:00:41 UTC <year>\n"
        "\n"
        f"Version: {version}\n"
        "Partial volume stats for 100 labels written to <dir>/<name>/stats/aseg+DKT.stats.\n"
    )
