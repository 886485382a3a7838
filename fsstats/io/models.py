"""Fitted models on disk: JSON texts, nothing that could run."""

import json
from typing import Final

from fsstats.errors import TableError
from fsstats.io._replace import write_text
from fsstats.io._stores import PathLike, path_here, require_file
from fsstats.places import read_bytes
from fsstats.stats import Composite, Harmonisation, HeadSize, Norms

Model = Composite | Harmonisation | HeadSize | Norms
_KINDS: Final[dict[str, type[Model]]] = {
    "fsstats composite 1": Composite,
    "fsstats harmonisation 1": Harmonisation,
    "fsstats head size 1": HeadSize,
    "fsstats norms 1": Norms,
}


def write_model(model: Model, path: PathLike) -> None:
    """Write what was fitted, to apply it later or elsewhere.

    Parameters
    ----------
    model : HeadSize, Harmonisation, Composite or Norms
        What `fit_head_size`, `fit_harmonisation`, `fit_composite` or `fit_norms` gave.
    path : path
        A JSON file on this machine.

    Raises
    ------
    OSError
        If it cannot be written.

    See Also
    --------
    read_model : Read it back.

    Notes
    -----
    Every number is kept exactly. No subject's name or value is in it; of norms, the ranges of the variables are.

    Examples
    --------
    >>> import pathlib
    >>> from fsstats import fit_composite, load
    >>> from fsstats.datasets import make_cohort
    >>> table = load(make_cohort("subjects", n_subjects=24, seed=1).root, sources=["aseg"], measures=["volume"])
    >>> memory = fit_composite(table, ["Left-Hippocampus", "Right-Hippocampus"], name="memory", reference=None)
    >>> write_model(memory, "memory.json")
    >>> read_model("memory.json") == memory
    True
    """
    place = path_here(path)
    require_file(place)
    write_text(model.to_json(), place)


def read_model(path: PathLike) -> Model:
    """Read what `write_model` wrote.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    HeadSize, Harmonisation, Composite or Norms
        What was fitted.

    Raises
    ------
    TableError
        If it is no such file.
    OSError
        If it cannot be opened.

    Examples
    --------
    See `write_model`.
    """
    text = read_bytes(path).decode("utf-8", "replace")
    try:
        kind = json.loads(text)["kind"]
        model = _KINDS[kind]
    except (ValueError, LookupError, TypeError) as error:
        message = f"{path}: expected a model that fsstats wrote, found something else ({error})"
        raise TableError(message) from error
    try:
        return model.from_json(text)
    except TableError as error:
        message = f"{path}: {error}"
        raise TableError(message) from error
