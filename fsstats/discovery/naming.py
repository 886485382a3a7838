"""Whose a file is that lies in no FreeSurfer subject: what its name and the folders around it say."""

import re
from collections.abc import Iterator
from typing import Final

from fsstats.discovery.subjects import BIDS, Subject, bulk
from fsstats.places import Place
from fsstats.schema import Identity

_WORDS_OF_WORK: Final = """
anat bet biascorr brain bvars crop dwi example extracted fast first flair freesurfer fs fsl fullfov func gtm gtmpvc
highres mask mni mprage mri nii orig out output pet reg results samseg seg segmentation siena sienax skull standard
stats std stripped struct structural synthseg t1 t1w t2 t2w to
"""
_GENERIC: Final = frozenset(_WORDS_OF_WORK.split())
"""Words that say what was done and not to whom; so do these with a number (T1, brain2, T1_2)."""
_WORDS: Final = re.compile(r"[_.\s-]+")
_OWN_SUFFIX: Final = re.compile(r"(\.anat|\.feat|_sienax|_siena)$")
_SAMSEG_POINT: Final = re.compile(r"^(?:base|tp\d{3})$")
_IN_BIDS: Final = re.compile(r"^(?P<subject>sub-[^_.]+)(?:_(?P<session>ses-[^_.]+))?")


def is_generic(name: str) -> bool:
    """Say whether a name tells only what was done.

    Examples
    --------
    >>> [is_generic(name) for name in ("first_results", "T1.anat", "Subj001", "T1w_brain")]
    [True, True, False, True]
    """
    words = [word for word in _WORDS.split(name.lower()) if word]
    return bool(words) and all(_is_filler(words, i) for i in range(len(words)))


def _is_filler(words: list[str], i: int) -> bool:
    """Say whether a word says nothing of whom; a short number says nothing behind such a word (T1_2)."""
    word = words[i].lower()
    if word in _GENERIC or word.rstrip("0123456789") in _GENERIC:
        return True
    return i > 0 and word.isdecimal() and len(word) < 3 and _is_filler(words, i - 1)


def own_words(prefix: str) -> tuple[str, str]:
    """Part what a user put in front of a program's file name into the subject's name and the rest.

    Examples
    --------
    >>> own_words("Subj001_T1_skull_stripped"), own_words("output")
    (('Subj001', 'T1_skull_stripped'), ('', 'output'))
    """
    words = prefix.split("_")
    n = len(words)
    while n and _is_filler(words, n - 1):
        n -= 1
    return "_".join(words[:n]), "_".join(words[n:])


def stated_subject(name: str) -> str | None:
    """Give the subject that a file's own name states, in BIDS' way; None if it states none."""
    bids = _IN_BIDS.match(name)
    return bids["subject"] if bids else None


def own_prefix(identity: Identity) -> str:
    """Give what in a user's prefix may be a subject's name; '' if nothing is."""
    return own_words(identity.prefix)[0]


def telling_folder(path: Place) -> Place:
    """Give the nearest folder around a file whose name says more than what was done."""
    return _telling(path.parent) or path.parent


def _telling(start: Place) -> Place | None:
    return next((folder for folder in _upwards(start) if not is_generic(_plain(folder))), None)


def _plain(folder: Place) -> str:
    return _OWN_SUFFIX.sub("", folder.name)


def name_loose(path: Place, identity: Identity, *, by_prefix: bool = True) -> Subject:
    """Name the subject, session and stream of a file by BIDS names, the user's prefix, or the nearest telling folder.

    Parameters
    ----------
    path : Place
        The file.
    identity : Identity
        What its name says.
    by_prefix : bool
        Whether the prefix may be the subject's name: not if files of several folders have it (``highres``).

    Returns
    -------
    Subject
        Its ``path`` is the folder that gave the name, or the file's own folder.
    """
    folder = path.parent
    stream, point = "cross", None
    if identity.source.split(".")[0] in ("samseg", "sbtiv") and _SAMSEG_POINT.match(folder.name):
        stream, point = ("base", None) if folder.name == "base" else ("long", folder.name)
        folder = folder.parent
    bids = _IN_BIDS.match(path.name)
    if bids:
        return Subject(path.parent, bids["subject"], bids["session"] or _session_above(path) or point, stream)
    if own_prefix(identity) and by_prefix and not _in_named_folder(folder):
        return Subject(path.parent, own_prefix(identity), point, stream)
    return _named_by_folder(path.parent, folder, point, stream)


def _in_named_folder(start: Place) -> bool:
    """Say whether a folder around has a BIDS or UK Biobank name."""
    return any(BIDS.match(_plain(folder)) or bulk(_plain(folder)) for folder in _upwards(start))


def _session_above(path: Place) -> str | None:
    return next((folder.name for folder in _upwards(path.parent) if folder.name.startswith("ses-")), None)


def _named_by_folder(own: Place, start: Place, point: str | None, stream: str) -> Subject:
    """Name by a BIDS or UK Biobank folder around, or else by the nearest whose name says more than what was done."""
    for folder in _upwards(start):
        name = _plain(folder)
        known, bids = bulk(name), BIDS.match(name)
        if known:
            return Subject(folder, known[0], known[1], stream)
        if bids:
            return Subject(folder, bids["subject"], bids["session"] or point, stream)
        if name.startswith("ses-") and folder.parent.name.startswith("sub-"):
            return Subject(folder, folder.parent.name, name, stream)
    telling = _telling(start) or own
    return Subject(telling, _plain(telling), point, stream)


def _upwards(folder: Place) -> Iterator[Place]:
    """Give a folder and those around it, as far as they have names."""
    while folder.name:
        yield folder
        folder = folder.parent
