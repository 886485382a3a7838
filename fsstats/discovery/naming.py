"""Whose a file is that lies in no FreeSurfer subject: what its name and the folders around it say."""

import re
from collections.abc import Iterator
from typing import Final

from fsstats.discovery.subjects import BIDS, Subject, bulk
from fsstats.places import Place
from fsstats.schema import Identity

_WORDS_OF_WORK: Final = """
anat bet biascorr brain bvars crop dwi extracted fast first freesurfer fs fsl fullfov gtm gtmpvc mask mni mprage mri nii
out output pet reg results samseg seg segmentation siena sienax skull stats std stripped struct structural synthseg t1
t1w t2 t2w to
"""
_GENERIC: Final = frozenset(_WORDS_OF_WORK.split())
"""Words that say what was done and not to whom; numbers behind them do not count (T1, T1w, brain2)."""
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
    return bool(words) and all(_is_generic_word(word) for word in words)


def _is_generic_word(word: str) -> bool:
    return word in _GENERIC or word.rstrip("0123456789") in _GENERIC or word.isdecimal()


def own_words(prefix: str) -> tuple[str, str]:
    """Part what a user put in front of a program's file name into the subject's name and the rest.

    Examples
    --------
    >>> own_words("Subj001_T1_skull_stripped"), own_words("output")
    (('Subj001', 'T1_skull_stripped'), ('', 'output'))
    """
    words = prefix.split("_")
    n = len(words)
    while n and is_generic(words[n - 1]):
        n -= 1
    return "_".join(words[:n]), "_".join(words[n:])


def name_loose(path: Place, identity: Identity) -> Subject:
    """Name the subject, session and stream of a file by BIDS names, the user's prefix, or the nearest telling folder.

    Parameters
    ----------
    path : Place
        The file.
    identity : Identity
        What its name says.

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
    own = own_words(identity.prefix)[0]
    bids = _IN_BIDS.match(path.name) or _IN_BIDS.match(own)
    if bids:
        return Subject(path.parent, bids["subject"], bids["session"] or _session_above(path) or point, stream)
    if own:
        return Subject(path.parent, own, point, stream)
    return _named_by_folder(path.parent, folder, point, stream)


def _session_above(path: Place) -> str | None:
    return next((folder.name for folder in _upwards(path.parent) if folder.name.startswith("ses-")), None)


def _named_by_folder(own: Place, start: Place, point: str | None, stream: str) -> Subject:
    for folder in _upwards(start):
        name = _OWN_SUFFIX.sub("", folder.name)
        known = bulk(name)
        if known:
            return Subject(folder, known[0], known[1], stream)
        bids = BIDS.match(name)
        if bids:
            return Subject(folder, bids["subject"], bids["session"] or point, stream)
        if name.startswith("ses-") and folder.parent.name.startswith("sub-"):
            return Subject(folder, folder.parent.name, name, stream)
        if not is_generic(name):
            return Subject(folder, name, point, stream)
    return Subject(own, own.name, point, stream)


def _upwards(folder: Place) -> Iterator[Place]:
    """Give a folder and those around it, as far as they have names."""
    while folder.name:
        yield folder
        folder = folder.parent
