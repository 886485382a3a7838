"""The lines of Python that make a report again."""

from collections.abc import Mapping, Sequence
from typing import Any

from fsstats.io._stores import PathLike


def python_of(
    formula: str, arguments: Mapping[str, Any], inputs: Sequence[PathLike], defaults: Mapping[str, Any]
) -> str:
    """Write the call of `report`, with the arguments that are not as they would be by default.

    Parameters
    ----------
    formula : str
        The model.
    arguments : mapping
        Every other argument but tables.
    inputs : sequence of paths
        The files: the cohort, and the participants if they are a file of their own.
    defaults : mapping
        What each argument is by default.

    Returns
    -------
    str
        Lines of Python.

    Examples
    --------
    >>> print(
    ...     python_of("value ~ age", {"site": "scanner", "alpha": 0.05}, ["c.parquet"], {"site": None, "alpha": 0.05})
    ... )
    import fsstats as fs
    <BLANKLINE>
    cohort = fs.read_cohort('c.parquet')
    page = fs.report(cohort.table, 'value ~ age', files=cohort.files, site='scanner')
    page.save("report.html")
    """
    lines = ["import fsstats as fs", ""]
    words = [repr(formula)]
    if inputs:
        lines.append(f"cohort = fs.read_cohort({str(inputs[0])!r})")
        words = ["cohort.table", *words, "files=cohort.files"]
    else:
        words = ["table", *words]
    if len(inputs) > 1:
        lines.append(f"people = fs.read_table({str(inputs[1])!r})")
        words.append("participants=people")
    words += [
        f"{name}={_plain(value)!r}" for name, value in arguments.items() if _plain(value) != _plain(defaults[name])
    ]
    call = f"page = fs.report({', '.join(words)})"
    if len(call) > 100:
        call = "page = fs.report(\n    {},\n)".format(",\n    ".join(words))
    return "\n".join([*lines, call, 'page.save("report.html")'])


def _plain(value: object) -> object:
    """Write any collection as a list, and any mapping as a dictionary."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return list(value)
