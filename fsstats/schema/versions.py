"""Which release wrote a file, and what its measures therefore mean."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_REVISIONS: Final = {
    "mri_segstats.c": {
        "1.33.2.5": "4.5",
        "1.75": "5.1",
        "1.75.2.2": "5.1",
        "1.75.2.9": "5.3",
        "1.120": "6.0",
        "1.121": "6.0",
    },
    "mrisurf.c": {"1.557.2.20": "4.5", "1.693.2.2": "5.1", "1.693.2.6": "5.3", "1.693.2.7": "5.3"},
    "mris_anatomical_stats.c": {"1.54.2.7": "4.5", "1.79": "6.0"},
}
"""CVS revision to release, of the programs that wrote no release number (up to FreeSurfer 6).

``mris_anatomical_stats.c`` 1.72 is in 5.1 and in 5.3, so ``mrisurf.c`` decides there.
"""
_ID: Final = re.compile(r"\$Id: (?P<program>\S+),v (?P<revision>[\d.]+)")
_NUMBER: Final = re.compile(r"(?<![\w.])v?(\d+\.\d+(?:\.\d+)?(?:-beta)?)(?![\d.])")
_MRISURF_6: Final = "1.781."


def release(text: str) -> str | None:
    """Find the FreeSurfer release in a ``cvs_version`` value or a build stamp; None if it tells none.

    Examples
    --------
    >>> release("$Id: mri_segstats.c,v 1.121 2016/05/31 17:27:11 greve Exp $")
    '6.0'
    >>> release("freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460")
    '7.4.1'
    """
    revision = _ID.search(text)
    if revision:
        number = revision["revision"]
        if revision["program"] == "mrisurf.c" and number.startswith(_MRISURF_6):
            return "6.0"
        return _REVISIONS.get(revision["program"], {}).get(number)
    found = _NUMBER.search(text)
    return found[1] if found else None


def tool_and_version(header: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Tell which tool wrote a header, and its release; None where the header does not say.

    Examples
    --------
    >>> tool_and_version({"generating_program": "mri_segstats", "cvs_version": "7.4.1"})
    ('FreeSurfer', '7.4.1')
    """
    program, fast = header.get("generating_program"), header.get("FastSurfer_version", "")
    return _who(program, fast, header.get("mrisurf.c-cvs_version"), header.get("cvs_version"))


@lru_cache(maxsize=256)
def _who(program: str | None, fast: str, *cvs: str | None) -> tuple[str | None, str | None]:
    if program == "segstats.py":
        return "FastSurfer", fast.split("+", maxsplit=1)[0].strip() or None
    if cvs[-1] is None:
        return None, None
    return "FreeSurfer", next(filter(None, (release(text) for text in cvs if text is not None)), None)


@lru_cache(maxsize=256)
def number(version: str | None) -> tuple[int, ...] | None:
    """Turn a release into numbers that compare; None for an unknown one.

    Examples
    --------
    >>> number("7.2.0-beta") < number("7.10"), number(None)
    (True, None)
    """
    digits = re.match(r"\d+(?:\.\d+)*", version or "")
    return tuple(int(part) for part in digits[0].split(".")) if digits else None


def same_release(first: str | None, second: str | None) -> bool:
    """Say whether two releases may be the same, one being given less exactly (6.0 and 6.0.1).

    Examples
    --------
    >>> same_release("6.0", "6.0.1"), same_release("5.3", "6.0"), same_release(None, "6.0")
    (True, False, True)
    """
    a, b = number(first), number(second)
    return a is None or b is None or all(x == y for x, y in zip(a, b, strict=False))
