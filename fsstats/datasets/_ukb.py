"""A cohort as UK Biobank hands it out: an archive a person, in which the statistics are the smallest part."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from fsstats.datasets._brains import study_of
from fsstats.datasets._cohort import N_DRAWS, MadeCohort, empty_folder, write_cohort
from fsstats.datasets._people import Run, participants_table, people

_FIELD: Final = 20263
"""UK Biobank's number of the FreeSurfer archives."""
_INSTANCE: Final = "2"
"""The first imaging visit."""
_FIRST_ID: Final = 1000001
_TOOL: Final = "freesurfer-6.0.0"
_NAME: Final = "FreeSurfer"
_FILLED: Final = (
    "mri/T1.mgz",
    "mri/brain.mgz",
    "mri/norm.mgz",
    "mri/orig.mgz",
    "mri/rawavg.mgz",
    "surf/lh.pial",
    "surf/lh.sphere",
    "surf/lh.white",
    "surf/rh.pial",
    "surf/rh.sphere",
    "surf/rh.white",
)
_NEW_YEAR: Final = (2024, 1, 1, 0, 0, 0)
_UNIX: Final = 3
_ANYBODY_READS: Final = 0o100644 << 16


def make_ukb_zips(
    folder: str | os.PathLike[str],
    *,
    n_subjects: int = 5,
    seed: int = 0,
    filler: int = 12_000_000,
    unpacked: bool = False,
) -> MadeCohort:
    """Write a made-up cohort as UK Biobank's bulk archives of FreeSurfer, and give the truth about it.

    Each person has an archive ``<id>_20263_2_0.zip`` with the folders ``FreeSurfer/stats``,
    ``FreeSurfer/scripts``, ``FreeSurfer/mri`` and ``FreeSurfer/surf``. People, ids and numbers are
    invented, as those of `make_cohort`; noise stands in the place of images and surfaces. The same
    arguments give the same content.

    Parameters
    ----------
    folder : path-like
        Where to write; made if needed, and must hold nothing yet.
    n_subjects : int
        Number of people, with one session each.
    seed : int
        Seed of all that is random.
    filler : int
        Bytes of noise in each archive, which cannot be compressed. With the default the statistics are
        less than 1 % of an archive, as they are of real ones, which are larger.
    unpacked : bool
        Write folders ``<id>_20263_2_0`` with the same content in the place of archives.

    Returns
    -------
    MadeCohort
        Folder, participants and truth: ``subject`` is the id, ``session`` the instance ("2"). The
        folder holds participants.tsv as well.

    Raises
    ------
    ValueError
        If a number is out of range.
    FileExistsError
        If the folder holds something.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     cohort = make_ukb_zips(folder, n_subjects=2, filler=1000)
    ...     archives = sorted(path.name for path in cohort.root.glob("*.zip"))
    >>> archives
    ['1000001_20263_2_0.zip', '1000002_20263_2_0.zip']
    >>> cohort.table["subject"].unique().tolist()
    ['1000001', '1000002']
    """
    if n_subjects < 1:
        raise ValueError(f"n_subjects must be at least 1, not {n_subjects}")
    if filler < 0:
        raise ValueError(f"filler must not be negative, but is {filler}")
    root = empty_folder(folder)
    if unpacked:
        cohort = _write(root, n_subjects, seed)
        for number, person in enumerate(_people_in(root)):
            for name, noise in _noise(seed, number, filler):
                (person / _NAME / name).write_bytes(noise)
        return cohort
    with TemporaryDirectory() as place:
        cohort = _write(Path(place), n_subjects, seed)
        for number, person in enumerate(_people_in(cohort.root)):
            _pack(person, root / f"{person.name}.zip", dict(_noise(seed, number, filler)))
        (root / "participants.tsv").write_bytes((cohort.root / "participants.tsv").read_bytes())
    return replace(cohort, root=root)


def _write(root: Path, n_subjects: int, seed: int) -> MadeCohort:
    """Write the folders, without the noise."""
    draws = iter(np.random.default_rng(seed).spawn(N_DRAWS))
    persons = people(next(draws), n_subjects, groups=("volunteer",), sites=("A",))
    persons["participant_id"] = [str(_FIRST_ID + number) for number in range(n_subjects)]
    runs = [
        Run(number, _TOOL, subject, _INSTANCE, "cross", f"{subject}_{_FIELD}_{_INSTANCE}_0/{_NAME}", _NAME, 0.0)
        for number, subject in enumerate(persons["participant_id"])
    ]
    study = study_of(next(draws), persons, runs, control="volunteer", exponent=1.0, effects={})
    participants = participants_table(persons, 1, "subjects_dir")
    participants.insert(1, "session_id", _INSTANCE)
    return write_cohort(root, draws, study, runs, participants)


def _people_in(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir())


def _noise(seed: int, person: int, n_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Give the names of images and surfaces, and what stands in them."""
    rng = np.random.default_rng([seed, person])
    borders = np.linspace(0, n_bytes, len(_FILLED) + 1).astype(int).tolist()
    for name, start, end in zip(_FILLED, borders[:-1], borders[1:], strict=True):
        yield name, rng.bytes(end - start)


def _pack(person: Path, archive: Path, noise: dict[str, bytes]) -> None:
    """Pack a person's folder, with noise among its files; in the order of names, and without times."""
    files = {path.relative_to(person).as_posix(): path for path in person.rglob("*") if path.is_file()}
    more = {f"{_NAME}/{name}": content for name, content in noise.items()}
    with zipfile.ZipFile(archive, "w") as packed:
        for name in sorted([*files, *more]):
            member = zipfile.ZipInfo(name, _NEW_YEAR)
            member.create_system, member.external_attr = _UNIX, _ANYBODY_READS
            how = zipfile.ZIP_STORED if name in more else zipfile.ZIP_DEFLATED
            packed.writestr(member, more[name] if name in more else files[name].read_bytes(), how)
