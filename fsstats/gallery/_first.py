"""FIRST's segmentations, and which image each was made of: its name is the user's."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

import pandas as pd

from fsstats._frames import plain_rows, some_of
from fsstats.discovery.naming import is_generic, own_words
from fsstats.errors import wording
from fsstats.gallery._run import IMAGE_SUFFIX, Run, Wanted
from fsstats.places import Place, place
from fsstats.schema import SUBJECT_KEY, identify

_INPUTS: Final = ("T1_biascorr", "T1_unbiased", "T1_biascorr_brain", "T1_unbiased_brain", "T1", "T1_brain")
"""What ``fsl_anat`` and UK Biobank call the image that FIRST was given."""
_T1: Final = re.compile(r"(?:^|[_.\s-])(?:t1w?|mprage|struct(?:ural)?|highres|anat)(?=$|[_.\s-])", re.IGNORECASE)
_NO_T1: Final = re.compile(
    r"seg|mask|pve|label|prob|warp|jac|mixel|_to_|std|mni|fullfov|orig|fast|lesion", re.IGNORECASE
)
_FOLDERS: Final = 3
"""Where the image is looked for: the folder of the labels, and those above it."""
_HINT: Final = "Name it (image), or give a table with the columns subject, image and labels"
_COPY: Final = "_subcort_seg."
"""What ``fsl_anat`` calls its copy of the labels."""


def runs_of_first(files: pd.DataFrame, wanted: Wanted) -> list[Run]:
    """Give the runs of FIRST in a files table; none if labels of another name are asked for."""
    runs = [*_found(files, wanted)]
    return runs if wanted.image else [_own(run, runs) for run in runs]


def _own(run: Run, runs: Sequence[Run]) -> Run:
    """Refuse an image that was found for another subject or session as well: it cannot be of both."""
    if run.image is None:
        return run
    others = [other for other in runs if other.image == run.image and other.key[:2] != run.key[:2]]
    if not others:
        return run
    found = f"{run.image}, which would be that of {some_of([*dict.fromkeys(one.subject for one in others)])} too"
    problem = wording(expected="an image of this subject and session alone", found=found, hint=_HINT)
    return replace(run, image=None, problem=problem)


def _found(files: pd.DataFrame, wanted: Wanted) -> Iterator[Run]:
    is_there = files["source"].eq("first") & files["path"].notna() & ~files["status"].isin(["missing", "unreadable"])
    own = files[is_there & (wanted.labels is None)]
    own = own.assign(is_copy=own["path"].str.contains(_COPY, regex=False)).sort_values("is_copy", kind="stable")
    listing, seen = cache(_images_in), set()
    for subject, session, stream, path, is_copy in plain_rows(own[[*SUBJECT_KEY, "path", "is_copy"]]):
        image = _input_of(path, subject, wanted.image, listing)
        run = Run(subject, session, stream, "first", image, path, None if image else _unknown(path, wanted), "labels")
        if not (is_copy and run.key in seen):
            seen.add(run.key)
            yield run


def _unknown(path: str, wanted: Wanted) -> str:
    """Say that the image was not found, and what to do."""
    image = f"an image named {wanted.image}" if wanted.image else "a T1-weighted image of this subject"
    expected = f"{image} beside {place(path).name} or in the {_FOLDERS - 1} folders above"
    return wording(expected=expected, found="none", hint=_HINT)


def _images_in(folder: Place) -> list[str]:
    try:
        return sorted(child.name for child in folder.iterdir() if IMAGE_SUFFIX.search(child.name))
    except OSError:
        return []


def _input_of(path: str, subject: str, named: str | None, listing: Callable[[Place], list[str]]) -> str | None:
    """Find what FIRST was given: by its output's name, the subject's, or a name that says only what it is."""
    said = identify(path)
    prefix = said.prefix if said else ""
    owner = own_words(prefix)[0] or subject
    folder = place(path).parent
    for _ in range(_FOLDERS):
        names = [name for name in listing(folder) if _may_be(name, named)]
        ranked = sorted((rank, len(name), name) for name in names if (rank := _rank(name, prefix, owner)) is not None)
        if ranked:
            return str(folder / ranked[0][2])
        folder = folder.parent
    return None


def _may_be(name: str, named: str | None) -> bool:
    if named is not None:
        return fnmatchcase(name, named)
    stem = IMAGE_SUFFIX.sub("", name)
    return bool(_T1.search(stem)) and not _NO_T1.search(stem)


def _rank(name: str, prefix: str, owner: str) -> int | None:
    """Say how sure it is that an image is the one, 0 the surest; None if it may be another subject's."""
    stem = IMAGE_SUFFIX.sub("", name)
    if stem in _INPUTS:
        return 1 + _INPUTS.index(stem)
    if stem == prefix:
        return 0
    if re.match(rf"{re.escape(owner)}(?:[_.\s-]|$)", stem):
        return 1 + len(_INPUTS)
    return 2 + len(_INPUTS) if is_generic(stem) else None
