"""Volumes and intensities of the labels of any image: what ``mri_segstats`` and ``fslstats -K`` print."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from nibabel.spatialimages import SpatialImage

from fsstats._frames import FloatArray, some_of
from fsstats.errors import StatsFormatError, TableError, UnknownNameError, warn
from fsstats.io._given import read_given
from fsstats.io._reading import content_of
from fsstats.io._stores import PathLike
from fsstats.parsers import Layout
from fsstats.parsers.labels import count_labels, statistics
from fsstats.parsers.luts import freesurfer_names, read_lut
from fsstats.parsers.nifti import Image, image_of, image_of_array, read_image
from fsstats.schema import hemi_of
from fsstats.tables.assemble import Block, assemble

LabelImage = PathLike | SpatialImage | tuple[npt.ArrayLike, npt.ArrayLike]
ValueImage = LabelImage | npt.NDArray[np.generic]
_ON_GRID: Final = 1e-3
"""How far apart, in voxels, the corners of two images may lie that are on one grid."""
_NO_UNIT: Final = "unknown"
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """The labels that get a row."""

    ids: npt.NDArray[np.int64]
    names: tuple[str, ...]
    n_voxels: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """One measure of every label."""

    measure: str
    unit: str
    values: FloatArray


def segstats(
    labels: LabelImage,
    values: ValueImage | Mapping[str, ValueImage] | None = None,
    *,
    lut: PathLike | Mapping[int, str] | None = None,
    subject: str | None = None,
    session: str | None = None,
    source: str = "segstats",
    units: str | Mapping[str, str] = _NO_UNIT,
    frame: int | None = None,
    empty: bool = False,
    details: bool = False,
) -> pd.DataFrame:
    """Count the voxels of every label of an image, and summarise other images within them.

    Parameters
    ----------
    labels : path, nibabel image, or (array, affine)
        The label image: NIfTI (``.nii``, ``.nii.gz``, ``.hdr`` with its ``.img``) or MGH (``.mgh``, ``.mgz``).
        Label 0 is the background.
    values : the same, an array on the labels' grid, or a mapping of names to them; optional
        An image whose values are summarised, or several by name: ``{"FA": "fa.nii.gz", "MD": "md.nii.gz"}``.
    lut : path or mapping, optional
        The labels' names: FreeSurfer's colour table, a BIDS ``dseg.tsv``, an FSL atlas's ``.xml``, or a mapping
        of labels to names. Without it labels are called as in FreeSurfer if every one of them is known
        there, else ``Seg0017``.
    subject, session : str, optional
        What to enter in these columns.
    source : str
        What to enter as source.
    units : str or mapping
        Unit of the values, or of each image by its name.
    frame : int, optional
        Which volume of images with several, counted from 0.
    empty : bool
        Give labels of `lut` that have no voxel a row too: ``n_voxels`` and ``volume`` 0, the rest missing.
    details : bool
        Add the columns ``segid`` (the label) and ``name_found``.

    Returns
    -------
    DataFrame
        The long table. Measures are ``n_voxels``, ``volume`` and, with `values`, ``intensity_mean``,
        ``intensity_std``, ``intensity_min``, ``intensity_max``, ``intensity_range`` and
        ``intensity_n_missing``; for images by name ``FA_mean`` and so on.

    Raises
    ------
    StatsFormatError
        If an image or table cannot be read, a label is no whole number, the images are not on one grid, or an
        image has several volumes and `frame` does not choose one.
    UnknownNameError
        If `units` names an image that is not there.
    TableError
        If `empty` is asked for without a `lut`.
    OSError
        If a file cannot be opened.

    Warns
    -----
    FsstatsWarning
        If values are missing within a label, a label has no name in `lut`, or a header contradicts itself.

    See Also
    --------
    load : The same table from what programs have written already.

    Notes
    -----
    ``volume`` is the number of voxels times a voxel's volume, without partial volumes, so it is
    not what ``aseg.stats`` has. A voxel's volume is the product of the header's voxel sizes, as in FSL.

    ``intensity_std`` is divided by n - 1 and is missing for a single voxel. Voxels that are NaN or infinite
    are left out, and counted in ``intensity_n_missing``; zeros are values. Sums are in double precision.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.zeros((4, 4, 4), dtype=np.uint8)
    >>> labels[1, 1, :3] = 17
    >>> fa = np.full(labels.shape, 0.25)
    >>> table = segstats((labels, np.diag([2, 2, 2, 1])), {"FA": fa}, units="unitless")
    >>> table[["hemi", "region", "measure", "value", "unit"]].head(3)
      hemi            region   measure  value      unit
    0   lh  Left-Hippocampus  n_voxels   3.00  unitless
    1   lh  Left-Hippocampus    volume  24.00      mm^3
    2   lh  Left-Hippocampus   FA_mean   0.25  unitless
    """
    image = _one_volume(_read(labels, "<labels>"), None)
    maps = _maps(image, values, frame)
    unit_of = _units(maps, units)
    notes = [remark.at(one.where) for one in (image, *maps.values()) for remark in one.remarks]
    found = _labels(image, lut, notes, empty=empty)
    measured = [
        _Measured("n_voxels", "unitless", found.n_voxels.astype(np.float64)),
        _Measured("volume", "mm^3", found.n_voxels.astype(np.float64) * image.voxel_volume),
    ]
    for name, of_map in maps.items():
        measured += _summaries(image, of_map, found, name, unit_of[name])
        notes += _left_out(of_map.where, found.names, measured[-1].values)
    for note in dict.fromkeys(notes):
        warn(note)
    layout = _layout(found, measured)
    numbers = np.concatenate([one.values for one in measured])
    block = Block(subject, session, "cross", source, layout, numbers)  # type: ignore[arg-type]  # None is missing
    return assemble([block], details=details)


def _read(given: LabelImage, where: str) -> Image:
    """Read an image from wherever it is."""
    if isinstance(given, SpatialImage):
        return image_of(given, given.get_filename() or where)
    if isinstance(given, tuple):
        array, affine = given
        return image_of_array(array, affine, where)
    if isinstance(given, str | os.PathLike):
        path = os.fspath(given)
        return read_image(read_given(path, content_of), path)
    hint = "Give (array, affine): an array alone does not tell how large its voxels are"
    found = type(given).__name__
    raise StatsFormatError.at(where, expected="a path, a nibabel image, or (array, affine)", found=found, hint=hint)


def _one_volume(image: Image, frame: int | None) -> Image:
    if image.n_frames > 1 and frame is None:
        hint = "Choose one with frame, counted from 0"
        raise StatsFormatError.at(image.where, expected="one volume", found=f"{image.n_frames} of them", hint=hint)
    if image.n_frames > 1 and frame is not None and not 0 <= frame < image.n_frames:
        expected = f"a volume {frame}, counted from 0"
        raise StatsFormatError.at(image.where, expected=expected, found=f"{image.n_frames} volumes")
    return image.frame(frame or 0)


def _maps(labels: Image, values: ValueImage | Mapping[str, ValueImage] | None, frame: int | None) -> dict[str, Image]:
    """Read the images of values, by what their measures are called."""
    if values is None:
        return {}
    named = values if isinstance(values, Mapping) else {"intensity": values}
    maps = {}
    for name, given in named.items():
        where = f"<{name}>"
        read = image_of_array(given, labels.affine, where) if isinstance(given, np.ndarray) else _read(given, where)
        maps[str(name)] = _one_volume(read, frame)
        _require_one_grid(labels, maps[str(name)])
    return maps


def _require_one_grid(labels: Image, values: Image) -> None:
    hint = "Resample one of them onto the other, labels by nearest neighbour"
    shape, other = labels.stored.shape, values.stored.shape
    if shape != other:
        expected = f"the shape of the labels, {' x '.join(map(str, shape))}"
        raise StatsFormatError.at(values.where, expected=expected, found=" x ".join(map(str, other)), hint=hint)
    corners = np.array([[*corner, 1] for corner in product(*((0, size - 1) for size in shape))])
    apart = np.abs(corners @ (labels.affine - values.affine)[:3].T).max()
    if not apart <= _ON_GRID * labels.voxel_volume ** (1 / 3):
        expected = f"the affine of the labels, {_shown(labels.affine)}"
        found = f"{_shown(values.affine)}, up to {apart:.3g} mm apart"
        raise StatsFormatError.at(values.where, expected=expected, found=found, hint=hint)


def _shown(affine: FloatArray) -> str:
    return "[" + "; ".join(" ".join(f"{value:.4g}" for value in row) for row in affine[:3]) + "]"


def _units(maps: Mapping[str, Image], units: str | Mapping[str, str]) -> dict[str, str]:
    if isinstance(units, str):
        return dict.fromkeys(maps, units)
    for name in units:
        if name not in maps:
            raise UnknownNameError.among("image of values", name, maps)
    return {name: units.get(name, _NO_UNIT) for name in maps}


def _labels(image: Image, lut: PathLike | Mapping[int, str] | None, notes: list[str], *, empty: bool) -> _Labels:
    """Count the labels and name them."""
    counts = count_labels(image)
    names = _names(counts, lut)
    nameless = [str(label) for label in counts if label not in names]
    if nameless and lut is not None:
        notes.append(
            f"no name in the lut for {some_of(nameless, _MOST_NAMED)}: called Seg{int(nameless[0]):04d} and so on"
        )
    if empty and lut is None:
        message = "empty=True needs a lut, which tells the labels that might have been there"
        raise TableError(message)
    due = {*counts, *(names if empty else ())} - {0}
    if not due:
        raise StatsFormatError.at(image.where, expected="labels", found="only 0", status="empty")
    ids = sorted(due)
    called = [names.get(label, f"Seg{label:04d}") for label in ids]
    repeated = Counter(called)
    unique = tuple(f"{name}.{label}" if repeated[name] > 1 else name for label, name in zip(ids, called, strict=True))
    return _Labels(np.array(ids), unique, np.array([counts.get(label, 0) for label in ids]))


def _names(counts: Mapping[int, int], lut: PathLike | Mapping[int, str] | None) -> Mapping[int, str]:
    """Give the labels' names; those of FreeSurfer only if all labels are its, since other atlases use the same ids."""
    if lut is None:
        known = freesurfer_names()
        return known if counts.keys() <= known.keys() else {}
    if isinstance(lut, Mapping):
        pairs: list[tuple[object, object]] = list(lut.items())
        if not all(isinstance(label, int | np.integer) and isinstance(name, str) for label, name in pairs):
            message = "lut must map whole numbers to names, such as {17: 'Left-Hippocampus'}"
            raise TableError(message)
        return lut
    path = os.fspath(lut)
    return read_lut(read_given(path, content_of), path)


def _summaries(labels: Image, values: Image, found: _Labels, name: str, unit: str) -> Iterator[_Measured]:
    """Summarise one image within each label."""
    of_map = statistics(labels, values, found.ids)
    yield _Measured(f"{name}_mean", unit, of_map.mean)
    yield _Measured(f"{name}_std", unit, of_map.std)
    yield _Measured(f"{name}_min", unit, of_map.least)
    yield _Measured(f"{name}_max", unit, of_map.greatest)
    yield _Measured(f"{name}_range", unit, of_map.greatest - of_map.least)
    yield _Measured(f"{name}_n_missing", "unitless", of_map.n_missing.astype(np.float64))


def _left_out(where: str, names: Sequence[str], n_missing: FloatArray) -> list[str]:
    """Say which labels have voxels without a value."""
    lacking = [f"{name} ({n:.0f})" for name, n in zip(names, n_missing, strict=True) if n]
    return (
        [f"{where}: voxels that are NaN or infinite are left out in {some_of(lacking, _MOST_NAMED)}"] if lacking else []
    )


def _layout(found: _Labels, measured: Sequence[_Measured]) -> Layout:
    """Label every value: measure by measure, down the labels."""
    times = len(measured)
    return Layout(
        hemi=tuple(hemi_of(name) for name in found.names) * times,
        region=found.names * times,
        measure=tuple(one.measure for one in measured for _ in found.names),
        unit=tuple(one.unit for one in measured for _ in found.names),
        segid=tuple(found.ids.tolist()) * times,
        name_found=found.names * times,
        n_fields=0,
    )
