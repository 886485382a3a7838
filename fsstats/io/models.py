"""Fitted models on disk: JSON texts, nothing that could run."""

import json
from typing import TYPE_CHECKING, TypeAlias

from fsstats.errors import FsstatsError, TableError, wording
from fsstats.io._given import read_given
from fsstats.io._replace import write_text
from fsstats.io._stores import PathLike, path_here, require_file

if TYPE_CHECKING:
    from fsstats.stats import Composite, Harmonisation, HeadSize, Norms

Model: TypeAlias = "Composite | Harmonisation | HeadSize | Norms"


def _kinds() -> "dict[str, type[Model]]":
    """Give what can be fitted by its name; only here, as statistics take longer to load than all that reads files."""
    from fsstats.stats import Composite, Harmonisation, HeadSize, Norms  # noqa: PLC0415 - as the docstring says

    return {one.KIND: one for one in (Composite, Harmonisation, HeadSize, Norms)}


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
    TableError
        If it is no model.
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
    kinds = tuple(_kinds().values())
    if not isinstance(model, kinds):
        names = ", ".join(kind.__name__ for kind in kinds)
        raise TableError(wording(expected=f"one of {names}", found=f"a value of type {type(model).__name__}"))
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
        If it is no such file, or it was edited and is no such model any more: which entry of it, is said.
    FormulaError
        If a formula in it cannot be read, or would run code.
    OSError
        If it cannot be opened.

    Examples
    --------
    See `write_model`.
    """
    text = read_given(path).decode("utf-8", "replace")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{path}: expected a model that fsstats wrote, found no JSON ({error})"
        raise TableError(message) from error
    kind, kinds = found.get("kind") if isinstance(found, dict) else None, _kinds()
    if not isinstance(kind, str) or kind not in kinds:
        said = f"the kind {kind!r}" if isinstance(kind, str) else "something else"
        message = wording(expected=f"a model that fsstats wrote ({', '.join(kinds)})", found=said)
        raise TableError(f"{path}: {message}")
    try:
        return kinds[kind].from_json(text)
    except FsstatsError as error:
        message = f"{path}: {error}"
        raise type(error)(message) from error
