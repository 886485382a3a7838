"""FIRST's ``.bvars``: three lines of text, then the mode parameters as binary numbers.

Written by ``write_bvars`` of FIRST: https://git.fmrib.ox.ac.uk/fsl/first (``first_utils.cc``).
"""

import re
from typing import Final

import numpy as np

from fsstats._frames import FloatArray
from fsstats.errors import StatsFormatError
from fsstats.parsers._build import stats_file
from fsstats.parsers.formats import Format
from fsstats.parsers.statsfile import StatsFile
from fsstats.schema import identify, regions

_TITLE: Final = b"this is a bvars file\n"
_HEAD: Final = re.compile(rb"this is a bvars file\n(?P<model>[^\n]*)\nNumberOfSubjects (?P<n>\d{1,9})\n", re.DOTALL)
_COUNT: Final = re.compile(rb" (\d{1,6}) ")
_MATRIX: Final = 16
_LONGEST: Final = 8192
"""Bytes in which the image's path and the number of modes must be."""
_EXPECTED: Final = "FIRST's mode parameters"


def parse_bvars(data: bytes, where: str) -> StatsFile:
    """Read the mode parameters of one structure.

    Parameters
    ----------
    data : bytes
        The content of a ``.bvars`` file.
    where : str
        The file's path.

    Returns
    -------
    StatsFile
        One row: ``n_modes`` and the modes, ``mode_001`` the first; they are in standard deviations of the
        training set, so they have no unit. The image and the matrix from it to the standard brain
        (``flirt_matrix``, four rows of four) are in the header.

    Raises
    ------
    StatsFormatError
        If it is not such a file of one subject, or not whole.
    """
    head = _HEAD.match(data)
    if head is None:
        raise StatsFormatError.at(where, expected=_EXPECTED, found=f"{data[:40]!r}")
    if int(head["n"]) != 1:
        hint = "It was put together from several; read the subjects' own files"
        found = f"{int(head['n'])} subjects"
        raise StatsFormatError.at(where, expected="one subject", found=found, hint=hint, status="skipped")
    image, numbers = _split(data[head.end() :], where)
    values = _decoded(numbers, where)
    modes, matrix = values[:-_MATRIX], values[-_MATRIX:].reshape(4, 4)
    header = {
        "image": _text(image),
        "model": _text(head["model"]),
        "flirt_matrix": "\n".join(" ".join(f"{value:.9g}" for value in row) for row in matrix),
    }
    columns = ["n_modes", *(f"mode_{number:03d}" for number in range(1, len(modes) + 1))]
    name = _structure(where, header["model"])
    units = dict.fromkeys(columns, "unitless")
    return stats_file(where, names=(name,), columns=units, numbers=(len(modes), *modes), header=header)


def _split(rest: bytes, where: str) -> tuple[bytes, bytes]:
    """Give the image's path and the binary numbers: the path may hold blanks, so their length decides."""
    due = 0
    for count in _COUNT.finditer(rest[:_LONGEST]):
        due = 4 * (int(count[1]) + _MATRIX)
        numbers = rest[count.end() :]
        if len(numbers) - due in (0, 1) and numbers[due:] in (b"", b"\n"):
            return rest[: count.start()], numbers[:due]
    hint = "The file is cut short, or is text of another tool"
    expected = f"an image, a number of modes and as many binary numbers ({due} bytes)"
    raise StatsFormatError.at(where, expected=expected, found=f"{len(rest)} bytes of something else", hint=hint)


def _decoded(numbers: bytes, where: str) -> FloatArray:
    """Decode in the order of bytes in which the matrix ends as every affine does: 0 0 0 1."""
    for order in ("<f4", ">f4"):
        with np.errstate(invalid="ignore"):  # a NaN that processors signal
            values = np.frombuffer(numbers, order).astype(np.float64)
        if values[-4:].tolist() == [0, 0, 0, 1] and np.isfinite(values).all():
            return values
    found = "other numbers: the file is damaged"
    raise StatsFormatError.at(where, expected="numbers, and a matrix that ends in 0 0 0 1", found=found)


def _structure(where: str, model: str) -> str:
    """Name the structure: by the file's name, which the model's may not contradict."""
    said = identify(where)
    file = model.rpartition("/")[2]
    structures = [one for one in regions() if one.atlas == "first"]
    by_name = next((one for one in structures if said and said.part in one.aliases), None)
    by_model = next((one for one in structures if any(alias in file for alias in one.aliases)), None)
    if by_name and by_model and by_name != by_model:
        expected, found = f"{by_name.name} (its name)", f"{by_model.name} (its model)"
        raise StatsFormatError.at(where, expected=expected, found=found, status="conflict")
    structure = by_name or by_model
    if structure is None:
        found = f"the model {model[-60:]!r}"
        raise StatsFormatError.at(where, expected="a structure in the file's or the model's name", found=found)
    return structure.name


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _recognises(head: bytes, _where: str) -> bool:
    return head.startswith(_TITLE)


FORMATS: tuple[Format, ...] = (Format("bvars", _recognises, parse_bvars),)
