"""Strips of slices: where they are cut, how they are laid side by side, and the PNG file of one."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fsstats._frames import FloatArray
from fsstats.gallery._colours import colour_of
from fsstats.gallery._look import PLANES, Colour, Convention, Fit, Look, Plane
from fsstats.gallery._volumes import Box, Brain, LabelArray, box_of_image, box_of_labels, mm_at, sample

Pixels = npt.NDArray[np.uint8]
_MARGIN: Final = {"image": 3.0, "labels": 12.0}
"""Millimetres around what a picture shows."""
_GAP: Final = 6
_SIDE: Final = 26
"""Pixels at the left, for the name of the plane."""
_FOOT: Final = 26
"""Pixels below, for the place of each slice."""
_NARROWEST: Final = 120
"""Pixels that the words below a slice need."""
_WIDEST: Final = 2400
"""Pixels of a strip."""
_LARGEST: Final = 4.0
"""Pixels of a millimetre."""
_MOST_GREYS: Final = 128
_MOST_HUES: Final = 192
_FONT: Final[Mapping[str, Any]] = {"family": "DejaVu Sans", "size": 11, "color": "white"}
"""It comes with Matplotlib."""
_DPI: Final = 100
_AXES: Final[Mapping[Plane, tuple[int, int, int]]] = {"axial": (2, 0, 1), "coronal": (1, 0, 2), "sagittal": (0, 1, 2)}
"""The axis that a plane is cut across, and those that go along and up its picture."""
_LETTERS: Final = (("L", "R"), ("P", "A"), ("I", "S"))
"""The two ends of each axis."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The slices of one plane."""

    plane: Plane
    png: bytes
    plain: bytes | None
    """The same without outlines."""
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Word:
    """A text at a place: the point of it that is there says `across` and `up`."""

    text: str
    x: float
    y: float
    across: str
    up: str
    turned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """One slice."""

    grey: FloatArray
    """From 0 to 1, shape (rows, columns)."""
    labels: LabelArray
    """Where an outline is its label, else 0."""
    words: tuple[str, str, str]
    """What is at its left, at its right, and below it."""


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What all pictures of a brain share."""

    brain: Brain
    inner: Box
    """Where slices are cut."""
    outer: Box
    """What a slice shows."""
    scale: float
    """Pixels a millimetre."""
    convention: Convention


def strips_of(brain: Brain, look: Look, fit: Fit) -> list[Strip]:
    """Draw the strips of a brain, a strip a plane."""
    inner = box_of_labels(brain)
    if fit == "image":
        inner = inner.joined(box_of_image(brain))
    outer = _widened(inner, brain, _MARGIN[fit])
    view = _View(brain, inner, outer, look.scale or _scale(brain, outer, look), look.convention)
    return [_strip(view, look, plane) for plane in PLANES if plane in look.planes]


def _scale(brain: Brain, box: Box, look: Look) -> float:
    """Choose the pixels of a millimetre, in halves, by which the widest strip is about as wide as a screen."""
    extent = (np.array(box.high) - box.low + 1) * brain.sizes
    widest = max(float(extent[_AXES[plane][1]]) for plane in look.planes)
    return min(max(round(2 * _WIDEST / (look.slices * widest)) / 2, 1.0), _LARGEST)


def _widened(box: Box, brain: Brain, margin: float) -> Box:
    steps = [round(margin / size) for size in brain.sizes.tolist()]
    low = tuple(max(0, first - n) for first, n in zip(box.low, steps, strict=True))
    high = tuple(min(size - 1, last + n) for last, n, size in zip(box.high, steps, brain.shape, strict=True))
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def _strip(view: _View, look: Look, plane: Plane) -> Strip:
    across = _AXES[plane][0]
    cuts = cuts_of(view.inner.low[across], view.inner.high[across], look.slices)
    about = plane if plane == "sagittal" else f"{plane}, {look.convention}"
    grey, labels, words = _side_by_side([_panel(view, plane, cut) for cut in cuts], about)
    letters = _lettering(grey.shape, words)
    plain = _png(np.maximum((grey * 255).round().astype(np.uint8), letters), None, about) if look.plain else None
    drawn = _few({label: colour_of(label, look.colours) for label in np.unique(labels).tolist() if label})
    greys, hues = _palette(drawn.values())
    places = {label: len(greys) + hues.index(colour) for label, colour in drawn.items()}
    png = _png(_indexed(np.maximum(grey, letters / 255), labels, places, len(greys)), [*greys, *hues], about)
    return Strip(plane, png, plain, grey.shape[1], grey.shape[0])


def cuts_of(low: int, high: int, n: int) -> list[int]:
    """Choose evenly spaced slices, none at the very ends; fewer if there are not so many.

    Examples
    --------
    >>> cuts_of(0, 8, 3), cuts_of(4, 5, 7), cuts_of(3, 3, 2)
    ([2, 4, 6], [4, 5], [3])
    """
    places = low - 0.5 + (high - low + 1) * (np.arange(n) + 1) / (n + 1)
    return sorted({int(place) for place in np.clip(np.rint(places), low, high).tolist()})


def _panel(view: _View, plane: Plane, cut: int) -> _Panel:
    """Cut one slice."""
    across, along, up = _AXES[plane]
    columns, rows = _line(view, along), _line(view, up)
    flipped = _is_flipped(along, view.convention)
    points = np.empty((3, len(rows), len(columns)))
    points[across] = cut
    points[along] = (columns[::-1] if flipped else columns)[np.newaxis, :]
    points[up] = rows[::-1, np.newaxis]
    grey, labels = sample(view.brain, points)
    ends = _LETTERS[along][::-1] if flipped else _LETTERS[along]
    middle = round(float(mm_at(view.brain, points.mean(axis=(1, 2)))[across]))
    return _Panel(grey, _outlines(labels), (*ends, f"{'xyz'[across]} = {middle} mm"))


def _line(view: _View, axis: int) -> FloatArray:
    """Give the middles of the pixels along an axis of the picture, in voxels of the grid."""
    low, n_voxels = view.outer.low[axis], view.outer.high[axis] - view.outer.low[axis] + 1
    n = max(1, round(n_voxels * float(view.brain.sizes[axis]) * view.scale))
    return np.asarray(low - 0.5 + (np.arange(n) + 0.5) * n_voxels / n)


def _is_flipped(along: int, convention: Convention) -> bool:
    """Say whether a picture goes against its axis: the right is at the left in radiology; the front always."""
    return along == 1 or (along == 0 and convention == "radiological")


def _outlines(labels: LabelArray) -> LabelArray:
    """Keep the pixels of a label that lie beside another one or none."""
    edge = np.zeros(labels.shape, dtype=np.bool_)
    down, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= right
    edge[:, :-1] |= right
    return np.where(edge, labels, 0)


def _side_by_side(panels: Sequence[_Panel], name: str) -> tuple[FloatArray, LabelArray, list[_Word]]:
    """Lay panels side by side, with room for words."""
    height, width = panels[0].grey.shape
    step = max(width, _NARROWEST) + _GAP
    full = (height + _FOOT, _SIDE + len(panels) * step)
    grey, labels = np.zeros(full), np.zeros(full, dtype=np.int32)
    words = [_Word(name, _SIDE / 2, height / 2, "center", "center", turned=True)]
    for number, panel in enumerate(panels):
        x = _SIDE + number * step
        start = x + (step - _GAP - width) // 2
        grey[:height, start : start + width], labels[:height, start : start + width] = panel.grey, panel.labels
        left, right, below = panel.words
        words += [
            _Word(left, x + 3, height + 3, "left", "top"),
            _Word(right, x + step - _GAP - 3, height + 3, "right", "top"),
            _Word(below, x + (step - _GAP) / 2, height + 3, "center", "top"),
        ]
    return grey, labels, words


def _lettering(shape: tuple[int, ...], words: Iterable[_Word]) -> Pixels:
    """Draw the words white on black, shape (rows, columns)."""
    height, width = shape
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    for word in words:
        x, y = word.x / width, 1 - word.y / height
        turn = 90 if word.turned else 0
        figure.text(x, y, word.text, ha=word.across, va=word.up, rotation=turn, parse_math=False, **_FONT)
    canvas.draw()  # type: ignore[no-untyped-call]
    drawn = np.asarray(canvas.buffer_rgba())[..., 0]  # type: ignore[no-untyped-call]
    letters = np.zeros(shape, dtype=np.uint8)
    rows, columns = min(height, drawn.shape[0]), min(width, drawn.shape[1])
    letters[:rows, :columns] = drawn[:rows, :columns]
    return letters


def _few(colours: Mapping[int, Colour]) -> Mapping[int, Colour]:
    """Make colours alike that nearly are, where there are more of them than a palette has room for."""
    if len(set(colours.values())) <= _MOST_HUES:
        return colours
    return {label: (_rounded(red), _rounded(green), _rounded(blue)) for label, (red, green, blue) in colours.items()}


def _rounded(part: int) -> int:
    return 51 * round(part / 51)  # six levels: 216 colours at most


def _palette(colours: Iterable[Colour]) -> tuple[list[Colour], list[Colour]]:
    """Give greys and the colours of outlines, 256 in all at most: the more colours, the fewer greys."""
    hues = list(dict.fromkeys(colours))
    n_greys = min(_MOST_GREYS, 256 - len(hues))
    return [(level, level, level) for level in np.linspace(0, 255, n_greys).round().astype(int).tolist()], hues


def _indexed(grey: FloatArray, labels: LabelArray, places: Mapping[int, int], n_greys: int) -> Pixels:
    """Give each pixel its place in the palette."""
    pixels = (grey * (n_greys - 1)).round().astype(np.uint8)
    table = np.array([0, *places.values()], dtype=np.uint8)
    known = np.array([0, *places])
    edge = labels != 0
    order = np.argsort(known)
    pixels[edge] = table[order[np.searchsorted(known[order], labels[edge])]]
    return pixels


def _png(pixels: Pixels, palette: Sequence[Colour] | None, about: str) -> bytes:
    """Make a PNG file of greys, or of places in a palette.

    Notes
    -----
    Portable Network Graphics, third edition, https://www.w3.org/TR/png-3/: each row has filter 0, none.
    """
    height, width = pixels.shape
    kind = 0 if palette is None else 3
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = pixels
    parts = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, kind, 0, 0, 0)),
        (b"tEXt", b"Description\0" + about.encode()),
    ]
    if palette is not None:
        parts.append((b"PLTE", bytes(part for colour in palette for part in colour)))
    parts += [(b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
