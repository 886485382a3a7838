"""Run commands as whole child processes, in turn, and measure what each of them costs.

This process keeps to the standard library and stays small: the kernel counts what a process held before it
became another program towards the peak memory of that program.
"""

import math
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESOLUTION = 0.001
"""CPU seconds: less than this is nothing, and the difference of two runs may be less than nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A command to be measured."""

    name: str
    command: Sequence[str]
    """What does the work."""
    start_up: Sequence[str]
    """What does all the same but the work: imports only, or a folder in which there is nothing to do."""
    files: int
    """Stats files that it reads."""
    output: Path | None = None
    """A folder that is emptied before every run."""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Result:
    """What a contender has cost, one number a run."""

    name: str
    files: int
    start_up: list[float] = field(default_factory=list)
    """CPU seconds of the start-up."""
    cpu: list[float] = field(default_factory=list)
    """CPU seconds, user and system, start-up included."""
    wall: list[float] = field(default_factory=list)
    """Seconds on the clock."""
    peak: list[float] = field(default_factory=list)
    """Most memory held at once by one process, in MiB."""
    skipped: str = ""
    """Why there are no numbers, if there are none."""

    @property
    def net(self) -> list[float]:
        """CPU seconds of every run without the start-up."""
        start_up = statistics.median(self.start_up)
        return [max(seconds - start_up, RESOLUTION) for seconds in self.cpu]


class ChildError(Exception):
    """A child process ended with an error."""


def in_turn(contenders: Sequence[Contender], runs: int) -> list[Result]:
    """Run all contenders once, then all once more, and so on; one that fails is left out from then on.

    Whatever slows the machine down for a while so meets all of them.

    Parameters
    ----------
    contenders : sequence of Contender
        What to run, in this order.
    runs : int
        How often.

    Returns
    -------
    list of Result
        One a contender, in the same order.
    """
    results = [Result(name=contender.name, files=contender.files) for contender in contenders]
    for _ in range(runs):
        for contender, result in zip(contenders, results, strict=True):
            if not result.skipped:
                _run_once(contender, result)
    return results


def ratios(these: Result, those: Result) -> list[float]:
    """Give how many times the CPU of those these have cost: a file, run by run, start-up taken off."""
    pairs = zip(these.net, those.net, strict=True)
    return [mine / these.files / (other / those.files) for mine, other in pairs]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Give the slope of the straight line through the logarithms: cost grows as size to this power."""
    return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, costs)]).slope


def child(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[float, float, float]:
    """Run a command to its end.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments.
    environment : dict, optional
        Variables to set beside those of this process.

    Returns
    -------
    tuple of float
        CPU seconds of it and all its children, seconds on the clock, and the peak memory of the largest in MiB.

    Raises
    ------
    ChildError
        If it ends with an error; with the last line that it printed.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=said, env=os.environ | (environment or {}))
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait for it again
        if process.returncode:
            said.seek(0)
            raise ChildError(_reason(said.read()) or f"status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def _reason(said: bytes) -> str:
    """Give the last line that a program printed; folders are left out, they are of this machine only."""
    lines = said.decode(errors="replace").strip().splitlines()
    return re.sub(r"/\S*/", "", lines[-1]) if lines else ""


def _run_once(contender: Contender, result: Result) -> None:
    """Add one run to a result, or the reason why there is none."""
    if contender.output:
        shutil.rmtree(contender.output, ignore_errors=True)
        contender.output.mkdir(parents=True)
    try:
        start_up, _, _ = child(contender.start_up, contender.environment)
        cpu, wall, peak = child(contender.command, contender.environment)
    except ChildError as error:
        result.skipped = f"failed: {error}"
        return
    result.start_up.append(start_up)
    result.cpu.append(cpu)
    result.wall.append(wall)
    result.peak.append(peak)
