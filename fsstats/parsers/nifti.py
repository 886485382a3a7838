"""From the bytes of an image, NIfTI-1, NIfTI-2 or MGH, to its stored numbers and its grid."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from nibabel.arrayproxy import ArrayProxy
from nibabel.freesurfer.mghformat import MGHHeader
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.spatialimages import HeaderDataError, SpatialImage

from fsstats._frames import FloatArray
from fsstats.errors import StatsFormatError
from fsstats.parsers._gunzip import MAGIC, first_bytes, gunzip
from fsstats.parsers._header import Remark

Voxels = npt.NDArray[Any]
_START: Final = 544
"""Bytes that hold the header of any of the formats."""
_MOST: Final = 1 << 33
"""Bytes of the largest image that is read."""
_CHUNK: Final = 1 << 18
_SINGLE: Final = {b"ni1\0": b"n+1\0", b"ni2\0\r\n\x1a\n": b"n+2\0\r\n\x1a\n"}
"""Magic of a header with its image in another file, and of both in one."""
_SPACE_UNITS: Final = {1: "metres", 3: "micrometres"}
_DAMAGED: Final = (HeaderDataError, ValueError, KeyError, OverflowError, np.linalg.LinAlgError)
"""What nibabel raises for headers that contradict themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """One image: its numbers as stored, and what they mean."""

    where: str
    stored: Voxels
    """The numbers as the file has them, shape (x, y, z) or (x, y, z, frames)."""
    affine: FloatArray
    """From voxel indices to millimetres, shape (4, 4)."""
    voxel_volume: float
    """In mm^3."""
    slope: float = 1.0
    inter: float = 0.0
    remarks: tuple[Remark, ...] = ()
    is_oriented: bool = True
    """Whether the file says where its voxels lie; else the affine is what its format takes for granted."""

    @property
    def is_scaled(self) -> bool:
        """Whether the numbers as stored are not the values."""
        return (self.slope, self.inter) != (1.0, 0.0)

    @property
    def n_frames(self) -> int:
        """How many volumes it holds."""
        return self.stored.shape[3] if self.stored.ndim > 3 else 1

    def frame(self, number: int) -> "Image":
        """Give one volume of several, counted from 0."""
        return replace(self, stored=self.stored[..., number]) if self.stored.ndim > 3 else self

    def chunks(self, precision: npt.DTypeLike = np.float64) -> Iterator[Voxels]:
        """Give the values piece by piece, the first axis fastest, so that a scaled image is never whole in memory.

        `precision` is that of a scaled image's values; FSL works in single precision.
        """
        flat = self.stored.reshape(-1, order="F")
        slope, inter = np.array([self.slope, self.inter], dtype=precision)
        for start in range(0, flat.size, _CHUNK):
            chunk = flat[start : start + _CHUNK]
            with np.errstate(all="ignore"):  # what is no number is found where it is used
                values = chunk.astype(precision) * slope + inter if self.is_scaled else chunk
            yield values


class _Plan(NamedTuple):
    """What a header says of the bytes that follow it."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    sizes: FloatArray
    affine: FloatArray
    has_affine: bool
    slope: float = 1.0
    inter: float = 0.0
    more: bool = False
    """Whether the format has something behind the voxels."""

    @property
    def size(self) -> int:
        return self.offset + prod(self.shape) * self.dtype.itemsize


def is_image(head: bytes) -> bool:
    """Say whether a content that begins like this is an image, gzipped or not."""
    start = first_bytes(head, _START)
    return _nifti_magic(start) is not None or _is_mgh(start)


def read_image(data: bytes, where: str) -> Image:
    """Read an image from its bytes.

    Parameters
    ----------
    data : bytes
        The content of a ``.nii``, ``.nii.gz``, ``.mgh`` or ``.mgz`` file.
    where : str
        Name for messages.

    Returns
    -------
    Image
        The numbers are not copied from an unpacked file, and not scaled.

    Raises
    ------
    StatsFormatError
        If it is no such image, or not a whole one, or has more in it than its header says.

    Notes
    -----
    A voxel's volume is the product of the header's voxel sizes (``pixdim``), as in FSL; where the
    affine gives another one by more than 0.1 %, a remark says so.
    """
    plan = _plan(first_bytes(data, _START), where)
    if plan.offset < 284:  # else the header would be read as voxels
        raise StatsFormatError.at(where, expected="voxels behind the header", found=f"them at byte {plan.offset}")
    content = _content(data, plan, where)
    stored = np.frombuffer(content, plan.dtype, prod(plan.shape), plan.offset).reshape(plan.shape, order="F")
    volume = prod(plan.sizes.tolist())
    remarks = _compare(plan, volume) if plan.has_affine else ()
    return Image(where, stored, plan.affine, volume, plan.slope, plan.inter, remarks, plan.has_affine)


def _plan(start: bytes, where: str) -> _Plan:
    """Read the header, and refuse one that belongs to no whole image."""
    with np.errstate(all="ignore"):  # a damaged header may hold any number
        if _nifti_magic(start) is not None:
            plan = _nifti_plan(start, where)
        elif _is_mgh(start):
            plan = _mgh_plan(start, where)
        else:
            hint = "Analyze images become NIfTI with fslchfiletype"
            raise StatsFormatError.at(where, expected="a NIfTI or MGH image", found="something else", hint=hint)
        _require_sound(plan, where)
    return plan


def image_of(image: SpatialImage, where: str) -> Image:
    """Take an image that nibabel has opened or made; what is on disk is read as it is stored, not scaled."""
    data: Any = image.dataobj
    proxy = isinstance(data, ArrayProxy)
    stored = np.asanyarray(data.get_unscaled() if proxy else data)
    slope, inter = (float(data.slope), float(data.inter)) if proxy else (1.0, 0.0)
    fields: Any = image.header
    if isinstance(fields, Nifti1Header):  # Nifti2Header is one too
        _require_mm(fields, where)
    sizes = np.abs(np.array([*fields.get_zooms(), 1, 1][:3], dtype=np.float64))  # a plane is one voxel thick
    return _of_array(stored, image.affine, sizes, where, (slope, inter))


def image_of_array(array: npt.ArrayLike, affine: npt.ArrayLike, where: str) -> Image:
    """Take an array, and the affine from its indices to millimetres: its columns are as long as a voxel."""
    try:
        matrix, voxels = np.asarray(affine, dtype=np.float64), np.asanyarray(array)
    except (TypeError, ValueError) as error:
        raise StatsFormatError.at(where, expected="an array of numbers and an affine", found=str(error)) from error
    if matrix.shape != (4, 4):
        raise StatsFormatError.at(where, expected="an affine of shape (4, 4)", found=f"one of shape {matrix.shape}")
    if isinstance(voxels, np.ma.MaskedArray):  # what is masked is missing
        voxels = np.ma.filled(voxels.astype(np.float64), np.nan)
    return _of_array(voxels, matrix, np.linalg.norm(matrix[:3, :3], axis=0), where)


def _of_array(
    array: Voxels, affine: npt.ArrayLike | None, sizes: FloatArray, where: str, scale: tuple[float, float] = (1.0, 0.0)
) -> Image:
    matrix = np.diag([*sizes, 1.0]) if affine is None else np.asarray(affine, dtype=np.float64)
    stored = array.view(np.uint8) if array.dtype.kind == "b" else array
    stored = stored.reshape(_shape(list(array.shape), where))
    plan = _Plan(stored.shape, stored.dtype, 0, sizes, matrix, affine is not None, *scale)
    _require_sound(plan, where)
    volume = prod(sizes.tolist())
    return Image(where, stored, matrix, volume, *scale, _compare(plan, volume) if plan.has_affine else ())


def join_pair(header: bytes, image: bytes, where: str = "<image pair>") -> bytes:
    """Make one NIfTI file of the two of an image pair, ``.hdr`` and ``.img``.

    Parameters
    ----------
    header, image : bytes
        The content of the two, gzipped or not.
    where : str
        Name for messages.

    Returns
    -------
    bytes
        What a ``.nii`` file would hold, without the header's extensions.

    Raises
    ------
    StatsFormatError
        If the first is not the header of a pair, or the second cannot be unpacked.

    Examples
    --------
    >>> join_pair(b"no header", b"")
    Traceback (most recent call last):
    fsstats.errors.StatsFormatError: <image pair>: expected the .hdr file of a NIfTI pair, found something else...
    """
    start = first_bytes(header, _START)
    magic = _nifti_magic(start)
    if magic not in _SINGLE:
        found = "a NIfTI file that has its image in itself" if magic else "something else"
        hint = "" if magic else "Analyze images become NIfTI with fslchfiletype"
        raise StatsFormatError.at(where, expected="the .hdr file of a NIfTI pair", found=found, hint=hint)
    plan = _plan(start, where)
    voxels = gunzip(image, plan.size, where) if image.startswith(MAGIC) else image
    fields = _nifti_header(start)
    fields["magic"], fields["vox_offset"] = _SINGLE[magic], fields.single_vox_offset
    head: bytes = fields.binaryblock
    gap = bytes(fields.single_vox_offset - len(head))
    return b"".join((head, gap, memoryview(voxels)[plan.offset :]))


def _nifti_magic(start: bytes) -> bytes | None:
    """Give the magic of a NIfTI header; None if it is none."""
    sizes = {start[:4], start[3::-1]}
    if len(start) >= 348 and (348).to_bytes(4, "little") in sizes and start[344:348] in (b"n+1\0", b"ni1\0"):
        return start[344:348]
    if len(start) >= 540 and (540).to_bytes(4, "little") in sizes and start[4:8] in (b"n+2\0", b"ni2\0"):
        return start[4:12]
    return None


def _nifti_header(start: bytes) -> Any:
    """Give nibabel's header, a mapping of fields; it has no types."""
    two = 540 in (int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big"))
    kind: Any = Nifti2Header if two else Nifti1Header
    return kind(start[: 540 if two else 348], check=False)


def _nifti_plan(start: bytes, where: str) -> _Plan:
    fields = _nifti_header(start)
    _require_mm(fields, where)
    n, *sizes = (int(size) for size in fields["dim"])
    shape = _shape(sizes[:n] if 1 <= n <= 7 else [n], where)
    slope, inter = float(fields["scl_slope"]), float(fields["scl_inter"])
    unscaled = slope == 0 or slope != slope  # noqa: PLR0124 - NaN
    try:
        return _Plan(
            shape=shape,
            dtype=fields.get_data_dtype(),
            offset=int(fields["vox_offset"]),
            sizes=np.abs(fields["pixdim"][1:4].astype(np.float64)),
            affine=np.asarray(fields.get_best_affine(), dtype=np.float64),
            has_affine=int(fields["sform_code"]) > 0 or int(fields["qform_code"]) > 0,
            slope=1.0 if unscaled else slope,
            inter=0.0 if unscaled else inter,
        )
    except _DAMAGED as error:
        raise _damaged(where, error) from error


def _require_mm(fields: Any, where: str) -> None:
    units = _SPACE_UNITS.get(int(fields["xyzt_units"]) & 7)
    if units:
        hint = "FSL would take the numbers as mm and FreeSurfer would convert them; correct xyzt_units"
        raise StatsFormatError.at(where, expected="voxel sizes in mm", found=f"a header that says {units}", hint=hint)


def _is_mgh(start: bytes) -> bool:
    if len(start) < 284:
        return False
    version, *dims, kind, _ = struct.unpack_from(">7i", start)
    return version == 1 and all(size > 0 for size in dims) and kind in (0, 1, 3, 4, 10)


def _mgh_plan(start: bytes, where: str) -> _Plan:
    kind: Any = MGHHeader
    fields = kind(start[:90], check=False)
    shape = _shape([int(size) for size in fields["dims"]], where)
    try:
        return _Plan(
            shape=shape,
            dtype=fields.get_data_dtype().newbyteorder(">"),
            offset=284,
            sizes=np.abs(fields["delta"].astype(np.float64)),
            affine=np.asarray(fields.get_affine(), dtype=np.float64),
            has_affine=bool(fields["goodRASFlag"]),
            more=True,
        )
    except _DAMAGED as error:
        raise _damaged(where, error) from error


def _damaged(where: str, error: Exception) -> StatsFormatError:
    return StatsFormatError.at(where, expected="the header of an image", found=f"one that cannot be used ({error})")


def _shape(sizes: list[int], where: str) -> tuple[int, ...]:
    """Give three sizes, or four if there are several frames."""
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    sizes += [1] * (3 - len(sizes))
    if len(sizes) > 4 or min(sizes) < 1:  # also a number of dimensions that is none
        found = " x ".join(map(str, sizes))
        raise StatsFormatError.at(where, expected="three or four dimensions, each of at least 1", found=found)
    return tuple(sizes)


def _require_sound(plan: _Plan, where: str) -> None:
    """Raise for numbers that no whole image has."""
    if plan.dtype.kind not in "iuf" or plan.dtype.itemsize > 8:
        raise StatsFormatError.at(where, expected="integers or real numbers", found=f"voxels of type {plan.dtype}")
    if plan.size > _MOST or plan.offset < 0:
        found = f"{' x '.join(map(str, plan.shape))} voxels from byte {plan.offset}"
        raise StatsFormatError.at(where, expected=f"an image of at most {_MOST:,} bytes", found=found)
    if not (np.isfinite(plan.sizes) & (plan.sizes > 0)).all():
        found = " x ".join(f"{size:g}" for size in plan.sizes)
        raise StatsFormatError.at(where, expected="three voxel sizes above 0", found=found)
    if not np.isfinite((plan.slope, plan.inter)).all():
        found = f"{plan.slope:g} and {plan.inter:g}"
        raise StatsFormatError.at(where, expected="a scale and an offset that are numbers", found=found)


def _content(data: bytes, plan: _Plan, where: str) -> bytes | bytearray:
    """Give the bytes that the header speaks of: neither fewer nor more."""
    if data.startswith(MAGIC):
        return gunzip(data, plan.size, where, more=plan.more)
    if len(data) < plan.size or (len(data) > plan.size and not plan.more):
        hint = "The file is cut short" if len(data) < plan.size else "Header and image do not belong together"
        expected = f"{plan.size:,} bytes, as the header says"
        raise StatsFormatError.at(where, expected=expected, found=f"{len(data):,}", hint=hint)
    return data


def _compare(plan: _Plan, volume: float) -> tuple[Remark, ...]:
    """Hold the voxel's volume by its sizes against that by the affine."""
    with np.errstate(all="ignore"):
        other = float(abs(np.linalg.det(plan.affine[:3, :3])))
    if abs(other - volume) <= 1e-3 * volume:
        return ()
    text = f"a voxel has {volume:.6g} mm^3 by its sizes, which is used as in FSL, and {other:.6g} by the affine"
    return (Remark(None, text, loss=False),)
