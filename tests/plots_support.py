"""Pictures held against those that were looked at, and what can be asked of any picture."""

import os
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.legend import Legend
from matplotlib.text import Text
from PIL import Image

BASELINE = Path(__file__).parent / "plots" / "baseline"
UPDATE = os.environ.get("FSSTATS_UPDATE_BASELINES") == "1"
"""With this set the pictures are written anew: look at each before it is committed."""
DPI = 60
BLOCK = 2
"""Pixels that are taken together, so that the edge of a line may lie a little beside."""
TOLERANCE = 0.6
"""Of the root mean square difference, 255 being black against white; a line or a set of marks that is missing makes more."""


@contextmanager
def drawn_in(name="default"):
    """Draw in one of matplotlib's styles, whatever this machine's settings are."""
    with mpl.rc_context(), style.context(name, after_reset=True):
        mpl.rcParams["font.family"] = "DejaVu Sans"  # it comes with matplotlib
        yield


def bare(figure):
    """Take the texts away, and put the axes where they are whatever room texts need: letters differ between releases."""
    figure.set_layout_engine("none")
    for place, axes in enumerate(figure.axes):
        axes.set_position([0.05, 0.05, 0.8, 0.9] if place == 0 else [0.8 + 0.1 * place, 0.05, 0.05, 0.9])
    for text in figure.findobj(Text):
        text.set_visible(False)
    for legend in figure.findobj(Legend):
        legend.set_visible(False)
    return figure


def pixels(figure):
    """Render a figure; shape (height, width, 3), 0 to 255."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DPI)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def difference(ours, theirs):
    """Give the root mean square difference of two pictures, block by block."""
    if np.abs(np.subtract(ours.shape, theirs.shape)).max() > BLOCK:
        return np.inf
    height, width = (min(pair) // BLOCK * BLOCK for pair in zip(ours.shape[:2], theirs.shape[:2], strict=True))
    one, two = (
        picture[:height, :width]
        .reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
        .mean(axis=(1, 3), dtype=float)
        for picture in (ours, theirs)
    )
    return float(np.sqrt(((one - two) ** 2).mean()))


def assert_same_picture(figure, name):
    """Hold the marks of a figure, which loses its texts, against the picture of this name; texts are tested as words."""
    path = BASELINE / f"{name}.png"
    found = pixels(bare(figure))
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(found).save(path, optimize=True)
    expected = np.asarray(Image.open(path).convert("RGB"))
    apart = difference(found, expected)
    assert apart <= TOLERANCE, (
        f"{name}: differs by {apart:.1f}; FSSTATS_UPDATE_BASELINES=1 writes it anew, to look at it"
    )


def contrast(one, other):
    """Give the contrast of two colours as WCAG defines it, from 1 to 21."""
    low, high = sorted(_luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def texts_of(figure):
    """Give every text that can be seen."""
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
