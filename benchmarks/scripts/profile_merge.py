"""Where the time of a merge goes: ``python profile_merge.py FOLDER SMALL OUT.json``.

A cohort of one subject (SMALL) is merged first, so that imports and tables that are loaded once are not counted.
"""

import cProfile
import json
import pstats
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import fsstats

LIBRARIES = ("numpy", "pandas", "pyarrow")
"""Packages whose functions in C have their package in their name."""


def profiled(folder: str) -> tuple[dict[tuple[str, str], float], float]:
    """Give the seconds that were spent in each (module, function) itself, and the CPU seconds of the process."""
    profile = cProfile.Profile()  # on the clock: asking for the CPU time takes longer than most functions do
    with TemporaryDirectory() as out:
        start = time.process_time()
        profile.runcall(fsstats.merge, folder, Path(out) / "cohort.parquet")
        seconds = time.process_time() - start
    own: dict[tuple[str, str], float] = {}
    for (path, _, function), numbers in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined] # not in typeshed
        key = module(path, function), function
        own[key] = own.get(key, 0.0) + numbers[2]
    return own, seconds


def module(path: str, function: str) -> str:
    """Name a module: ours by its file, others by their package; a function in C has no path."""
    if path == "~":
        return next((library for library in LIBRARIES if library in function), "built in")
    _, installed, inner = path.rpartition("site-packages/")
    parts = Path(inner).parts
    if installed and parts[0] != "fsstats":
        return parts[0]
    if "fsstats" in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("fsstats") :])
    return f"python: {parts[-1]}"


def main() -> None:
    """Profile one merge and write the shares."""
    folder, small, out = sys.argv[1:]
    profiled(small)
    own, seconds = profiled(folder)
    result = {"seconds": seconds, "own": [[*key, value] for key, value in own.items()]}
    Path(out).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
