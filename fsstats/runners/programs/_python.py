"""Programs of our own, for tools that are Python packages: their command lines are read by the tools' own tables."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from numpy.typing import NDArray

from fsstats.runners._flags import Option, options_of
from fsstats.runners.command import Tool

PYTHON: Final = sys.executable or "python3"
"""The interpreter that runs them: the one that runs us."""


def arguments_of(tool: Tool, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line of a program of our own: image, output, and the options of its tool.

    Parameters
    ----------
    tool : Tool
        Whose options.
    argv : sequence of str, optional
        What follows the program's name; that of this process unless given.

    Returns
    -------
    argparse.Namespace
        ``image``, ``output`` and each option by its name; None if it was not given.
    """
    parser = argparse.ArgumentParser(prog=tool.name, description=tool.says, allow_abbrev=False)
    parser.add_argument("image", help="the image to be read")
    parser.add_argument("output", help="the image to be written")
    for option in options_of(tool.options).values():
        if option.kinds:
            parser.add_argument(option.flag.spelling, dest=option.name, type=_reader(option), help=option.flag.says)
        else:
            parser.add_argument(option.flag.spelling, dest=option.name, action="store_true", help=option.flag.says)
    return parser.parse_args(argv)


def _reader(option: Option) -> Callable[[str], object]:
    """Give what turns the text of an option into its value."""
    kind = option.kinds[0]
    return (lambda text: [kind(one) for one in text.split(option.flag.join)]) if option.is_many else kind


def imported(name: str, package: str) -> ModuleType:
    """Import what a program needs, or end it with what to do."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        message = f"this needs the Python package {package}, which is not there ({error}): pip install {package}"
        raise SystemExit(message) from error


def read_image(path: str, *, as_stored: bool = False) -> tuple[Any, NDArray[Any]]:
    """Read an image; give it and its values, in double precision unless they are wanted as stored. Or end it all."""
    try:
        image: Any = nib.load(path)
        return image, np.asarray(image.dataobj, dtype=None if as_stored else np.float64)
    except (OSError, ImageFileError) as error:
        message = f"{path}: expected an image that can be read, found: {error}"
        raise SystemExit(message) from error


def write_like(path: str, values: NDArray[Any], image: Any) -> None:
    """Write an image of single precision with the position and the header of another."""
    written: Any = nib.Nifti1Image(values.astype(np.float32), image.affine, image.header)  # type: ignore[no-untyped-call]
    written.header.set_data_dtype(np.float32)
    nib.save(written, path)
