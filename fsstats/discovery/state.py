"""What recon-all itself says of a subject: finished, failed or running, and with which version."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from fsstats.discovery.folders import Folder
from fsstats.schema import release

DONE: Final = "done"
FAILED: Final = "failed"
RUNNING: Final = "running"
NEVER: Final = "never run"

_STAMPS: Final = ("lastcall.build-stamp.txt", "build-stamp.txt")
_FASTSURFER: Final = frozenset({"recon-surf.done", "recon-surf.log", "deep-seg.log"})
_FASTSURFER_VERSION: Final = re.compile(r"^[^\S\n]*Version:[^\S\n]*([\w.]+)", re.MULTILINE)
_LAST_WORD: Final = re.compile(r"(finished without error|exited with ERRORS) at")


class State(NamedTuple):
    """The tool that processed a subject, its version, and how the run ended."""

    tool: str
    version: str | None
    state: str | None
    """done, failed, running, never run; None where nothing tells."""


def state_of(scripts: Folder | None) -> State:
    """Read the state of a subject from its ``scripts`` folder.

    A ``recon-all.done`` that holds only ``1``, or nothing, is a failure: since FreeSurfer 6
    recon-all writes its exit status there. ``recon-all.error`` is removed when
    the next run starts, so where it is, the last run failed.
    """
    if scripts is None or scripts.error is not None:
        return State("FreeSurfer", None, None)
    fast = _is_fast(scripts)
    version = _fastsurfer_version(scripts) if fast else _stamp(scripts)
    return State("FastSurfer" if fast else "FreeSurfer", version, _ended(scripts))


def _is_fast(scripts: Folder) -> bool:
    return not _FASTSURFER.isdisjoint(scripts.entries)


def _ended(scripts: Folder) -> str | None:
    names = scripts.entries
    done = [name for name in ("recon-all.done", "recon-surf.done") if name in names]
    if "recon-all.error" in names or any(_text(scripts, name).strip() in ("", "1") for name in done):
        return FAILED
    if any(name.startswith("IsRunning") for name in names):
        return RUNNING
    if done:
        return DONE
    last = _LAST_WORD.findall(_text(scripts, "recon-all-status.log"))
    if last:
        return DONE if last[-1] == "finished without error" else FAILED
    return None if _is_fast(scripts) else NEVER


def _stamp(scripts: Folder) -> str | None:
    stamps = (_release(_text(scripts, name)) for name in _STAMPS if name in scripts.entries)
    return next(filter(None, stamps), None)


_release = lru_cache(maxsize=64)(release)


def _fastsurfer_version(scripts: Folder) -> str | None:
    found = _FASTSURFER_VERSION.search(_text(scripts, "deep-seg.log"))
    return found[1] if found else None


def _text(scripts: Folder, name: str) -> str:
    return (scripts.read(name) or b"").decode("utf-8", "replace")
