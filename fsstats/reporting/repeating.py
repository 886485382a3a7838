"""The lines of Python that make a report again."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from fsstats.io.cohorts import is_merged


def python_of(
    formula: str,
    arguments: Mapping[str, Any],
    defaults: Mapping[str, Any],
    *,
    has_people: bool = False,
    has_files: bool = True,
) -> str:
    """Write the call of `report`, with the arguments that are not as they would be by default.

    Parameters
    ----------
    formula : str
        The model.
    arguments : mapping
        Every other argument but tables.
    defaults : mapping
        What each argument is by default.
    has_people : bool
        There are participants: the last of ``inputs`` is their file, if there are several.
    has_files : bool
        There is a files table.

    Returns
    -------
    str
        Lines of Python that save the same page, if the table was read from ``inputs`` as ``reading`` says.

    Examples
    --------
    >>> given = {"site": "scanner", "inputs": ["mine.parquet"], "output": "mine.html"}
    >>> print(python_of("value ~ age", given, {"site": None, "inputs": (), "output": "report.html"}))
    import fsstats as fs
    <BLANKLINE>
    cohort = fs.read_cohort('mine.parquet')
    page = fs.report(
        cohort.table,
        'value ~ age',
        files=cohort.files,
        site='scanner',
        inputs=['mine.parquet'],
        output='mine.html',
    )
    page.save('mine.html')
    """
    given = {name: _plain(value) for name, value in arguments.items()}
    inputs: list[str] = [str(one) for one in arguments.get("inputs", ())]
    lines, of = ["import fsstats as fs", ""], "cohort." if inputs else ""
    if inputs:
        is_read = has_people and len(inputs) > 1
        lines += _reading(inputs[:-1] if is_read else inputs, arguments.get("reading") or {})
        lines += [f"people = fs.read_table({inputs[-1]!r})"] if is_read else []
    words = [f"{of}table", repr(formula)]
    words += [f"files={of}files"] if has_files else []
    words += ["participants=people"] if has_people else []
    words += [f"{name}={value!r}" for name, value in given.items() if value != _plain(defaults[name])]
    call = f"page = fs.report({', '.join(words)})"
    if len(call) > 100:
        call = "page = fs.report(\n    {},\n)".format(",\n    ".join(words))
    return "\n".join([*lines, call, f"page.save({given['output']!r})"])


def _reading(roots: Sequence[str], reading: Mapping[str, Any]) -> list[str]:
    """Write how a merged table, or a study, is read."""
    one = roots[0] if len(roots) == 1 else list(roots)
    read = "read_cohort" if isinstance(one, str) and is_merged(one) else "load_cohort"
    chosen = [f"{name}={value!r}" for name, value in reading.items() if name != "stream" and value is not None]
    lines = [f"cohort = fs.{read}({', '.join([repr(one), *chosen])})"]
    if stream := reading.get("stream"):
        table, files = (f'cohort.{name}[cohort.{name}["stream"] == {stream!r}]' for name in ("table", "files"))
        lines.append(
            f"cohort = fs.Cohort(\n    {table}.reset_index(drop=True),\n    {files}.reset_index(drop=True),\n)"
        )
    return lines


def _plain(value: object) -> object:
    """Write any collection as a list, any mapping as a dictionary, and any path as text."""
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, PurePath):
        return str(value)
    return value if isinstance(value, str) or not isinstance(value, Collection) else [_plain(one) for one in value]
