"""Tools that are not: programs with their names on the PATH, for tests of what runs them."""

import csv
import json
import sys
import warnings
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from tests_support import HERE

TABLES = HERE / "fixtures" / "tools"
"""Options of the tools by their help texts: tool, spelling, number of values."""


FORK = get_context("fork")
"""Processes that begin as copies of this one: a new one would take seconds to import all."""


@contextmanager
def forking():
    """Newer Pythons warn of copies of processes that have threads; these copies do not use what those hold."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        yield


def known_options():
    """Give the options of every tool, and how many values each takes: a number, or ``1+``."""
    known = {}
    for path in sorted(TABLES.glob("*.tsv")):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                known.setdefault(row.get("tool", path.stem), {})[row["spelling"]] = row["n_values"]
    return known


def command_lines():
    """Give the command lines of all that runs on this machine."""
    found = Path("/proc").glob("[0-9]*/cmdline")
    return [text.replace("\0", " ") for text in map(_text, found) if text]


def _text(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def install(folder, *programs):
    """Put stand-ins into a folder that may be put on the PATH; give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (Path(__file__).parent / "stand_in.py").read_text(encoding="utf-8")
    for name in programs:
        path = folder / name
        path.write_text(f"#!{sys.executable} -IS\n{text}", encoding="utf-8")
        path.chmod(0o755)
    (folder / "known.json").write_text(json.dumps(known_options()))
    return folder


def plan(folder, *rules):
    """Say what goes wrong: mappings with ``program``, ``with`` (words of the command line), ``do``, ``times``."""
    for used in folder.glob("used-*"):
        used.unlink()
    (folder / "plan.json").write_text(json.dumps(rules))


def calls(folder):
    """Give the command lines that have been called, in order."""
    path = folder / "calls.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def stand_in_suites(monkeypatch, folder, *programs):
    """Set up FreeSurfer and FSL with stand-ins, and nothing else; give the folder of the programs."""
    home = folder / "home"
    bins = install(home / "bin", *programs)
    (home / "license.txt").write_text("someone@example.org\n12345\n *Csecret\n FSsecret\n")
    (home / "build-stamp.txt").write_text("freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460\n")
    (home / "etc").mkdir(exist_ok=True)
    (home / "etc" / "fslversion").write_text("6.0.7.4:1e7f8e9\n")
    for name in ("FREESURFER_HOME", "FSLDIR"):
        monkeypatch.setenv(name, str(home))
    for name in ("FS_LICENSE", "FSLOUTPUTTYPE", "SUBJECTS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{bins}:/usr/bin:/bin")
    return bins
