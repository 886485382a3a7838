"""What the commands of the statistics share: a cohort with its participants in, results out."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar, get_args

import typer

from fsstats_cli.cohort import cohort_of, require_other
from fsstats_cli.options import Stream, a_file, read_subjects
from fsstats_cli.output import number, said_warnings, say
from fsstats_cli.terminal import print_rows

if TYPE_CHECKING:
    import pandas as pd

    import fsstats as fs

    _Reader = Callable[[Sequence[str] | None, Sequence[str] | None], pd.DataFrame]

_Model = TypeVar("_Model")
_NAME: Final = re.compile(r"[\w.-]+")
"""The name of a column, of a wide table too, and not a term that is to be taken apart."""

RegionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--region", "-r", metavar="NAME", help="Only this region, or header Measures: global. May be repeated."
    ),
]
FormulaOption = Annotated[
    str,
    typer.Option(
        "--formula",
        "-f",
        metavar="FORMULA",
        help='The model: "value ~ group * age + sex". Variables are columns of the participants, header Measures '
        "(eTIV), or in single quotes any value: 'value ~ age + `aseg_Left-Hippocampus_volume`'.",
        show_default=False,
    ),
]
TermOption = Annotated[
    list[str] | None, typer.Option("--term", "-t", metavar="TERM", help="Only this term (group). May be repeated.")
]
ReferenceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reference",
        metavar="NAME=LEVEL",
        help="Reference level: group=control; of numbers (dx=0), which are then levels. May be repeated.",
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT", help="Mix it in one model: streams, versions, definitions or repeated. May be repeated."
    ),
]
ShowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--show",
        metavar="REGION",
        help="Print only this region of the results, corrected over all of them; FILE has all. May be repeated.",
    ),
]
CorrectOption = Annotated[
    str | None,
    typer.Option("--correct", metavar="METHOD", help="Correct p-values as fsstats correct does: fdr_bh, holm ..."),
]
ConfidenceOption = Annotated[float, typer.Option("--confidence", metavar="LEVEL", help="Of the intervals.")]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the table to FILE (.parquet, .csv or .tsv) instead of printing it; what its columns mean is "
        "written beside it, to FILE with the suffix .json.",
    ),
]
SaveModelOption = Annotated[
    Path | None,
    typer.Option("--save-model", metavar="FILE", help="Keep what was fitted, as JSON.", dir_okay=False),
]
ModelOption = Annotated[
    Path | None,
    typer.Option("--model", metavar="FILE", help="Apply what was fitted before.", callback=a_file),
]


def ready(
    output: Path | None, inputs: Sequence[object], *, correct: str | None = None, save_model: Path | None = None
) -> None:
    """Refuse what could not be written, or would overwrite an input, before any work is done."""
    import fsstats as fs
    from fsstats.io.files import require_places
    from fsstats.stats.correct import Correction

    if correct is not None and correct not in get_args(Correction):
        raise fs.UnknownNameError.among("method of correction", correct, get_args(Correction))
    if output is not None:
        require_other(output, *inputs)
        _refuse_sidecar_of_another(output, inputs)
        require_places([output])
    if save_model is not None:
        require_other(save_model, *inputs, output)
        _require_place_of_model(save_model, output)


def _refuse_sidecar_of_another(output: Path, inputs: Sequence[object]) -> None:
    """Refuse an output whose sidecar would overwrite the one of a table that is read."""
    import fsstats as fs

    sidecar = output.with_suffix(".json")
    paths = [Path(str(one)) for one in inputs if one is not None]
    own = next((one for one in paths if one.with_suffix(".json").resolve() == sidecar.resolve()), None)
    if own is not None and sidecar.exists():
        message = f"{sidecar} says what the columns of {own} mean, and would be overwritten; name another output"
        raise fs.TableError(message)


def _require_place_of_model(path: Path, output: Path | None) -> None:
    """Refuse to write a model over anything but a model."""
    import fsstats as fs
    from fsstats.io._stores import require_file

    require_file(path)
    if output is not None and path.resolve() == output.with_suffix(".json").resolve():
        message = f"{path} is to say what the columns of {output} mean; name another file for --save-model"
        raise fs.TableError(message)
    try:
        if path.exists():
            fs.read_model(path)
    except fs.FsstatsError as error:
        message = f"{path} is there and is no model that fsstats wrote; name another file for --save-model"
        raise fs.TableError(message) from error


def refuse_given(ctx: typer.Context, names: Sequence[str], why: str) -> None:
    """Refuse options that would do nothing."""
    given = [name for name in names if getattr(ctx.get_parameter_source(name), "name", "DEFAULT") != "DEFAULT"]
    if given:
        message = f"of no use {why}."
        raise typer.BadParameter(message, param_hint=", ".join(f"--{name.replace('_', '-')}" for name in given))


def model_table(
    roots: Sequence[str],
    *,
    participants: Path | None,
    subjects: Path | None,
    sources: Sequence[str] | None,
    measures: Sequence[str] | None,
    stream: Stream | None,
    variables: Collection[str] = (),
    regions: Sequence[str] | None = None,
) -> "pd.DataFrame":
    """Read a study or a merged table, put the participants' columns on it, and mark which version wrote each value.

    Of `variables`, header Measures (eTIV) and columns of the wide table (aseg_Left-Hippocampus_volume) are there
    whatever is chosen, header Measures from aseg if it has them; `asked_for` tells them from the rest. A study is read
    whole and then chosen from, of a merged table the rows are read that are needed.
    """
    import fsstats as fs
    from fsstats.io.cohorts import is_merged

    people = None if participants is None else fs.read_table(participants)
    theirs = () if people is None else people.columns
    names = [name for name in dict.fromkeys(variables) if name not in theirs]
    read: _Reader = partial(_read, roots, read_subjects(subjects), stream)
    at_once = bool(names) and not (len(roots) == 1 and is_merged(roots[0]))
    whole = read(sources, None if at_once else measures)
    names = [name for name in names if name not in whole.columns]
    table = _chosen(whole, measures, regions)
    if names and (sources is not None or not (at_once or measures is None)):
        whole = _with_others(whole, names, read, at_once=at_once)
    table = _with_variables(table, whole, names)
    if people is None:
        return table
    with said_warnings():
        return fs.join(table, people, unmatched="drop")


def _read(
    roots: Sequence[str],
    subjects: Sequence[str] | None,
    stream: Stream | None,
    sources: Sequence[str] | None,
    measures: Sequence[str] | None,
) -> "pd.DataFrame":
    """Read what is chosen, with the version that wrote each value."""
    import fsstats as fs
    from fsstats.schema import DETAIL_COLUMNS

    cohort = cohort_of(roots, subjects=subjects, sources=sources, measures=measures, stream=stream)
    table = cohort.table.drop(columns=[name for name in DETAIL_COLUMNS if name in cohort.table.columns])
    return fs.with_versions(table, cohort.files) if len(cohort.files) else table


def _chosen(table: "pd.DataFrame", measures: Sequence[str] | None, regions: Sequence[str] | None) -> "pd.DataFrame":
    """Keep measures and regions; raise if one does not exist."""
    _refuse_unknown("measure", measures, table["measure"])
    kept = only(table, measures=measures)
    return kept if regions is None else only(kept, regions=regions)


def _with_others(whole: "pd.DataFrame", names: Sequence[str], read: "_Reader", *, at_once: bool) -> "pd.DataFrame":
    """Add rows of variables that are not clear yet: header Measures from aseg, or if it has none, from all sources."""
    import fsstats as fs
    from fsstats.schema import global_measures

    headers = [name for name in names if name in global_measures()]
    for name in (name for name in names if name not in headers):
        whole = _with_column(whole, name, read, at_once=at_once)
    for sources in (["aseg"], None):
        unclear = [name for name in headers if not _is_clear(whole, name)]
        if at_once and sources and whole["source"].isin(sources).any():
            continue
        asked: list[list[str] | None] = [[name] for name in unclear]
        for measures in [None] if at_once and unclear else asked:
            with suppress(fs.UnknownNameError, fs.NothingFoundError):
                found = read(sources, measures)
                whole = _below(whole, *(_rows_of(found, name) for name in unclear))
    return whole


def _with_column(whole: "pd.DataFrame", name: str, read: "_Reader", *, at_once: bool) -> "pd.DataFrame":
    """Add the rows of the column of a wide table, of the source that it begins with; raise if that has none such."""
    import fsstats as fs
    from fsstats.tables.variables import unknown_variable

    parts = name.split("_")
    for source in ("_".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)):
        if _is_clear(whole, name) or (at_once and whole["source"].isin([source]).any()):
            return whole
        try:
            found = read([source], None)
        except (fs.UnknownNameError, fs.NothingFoundError):
            continue
        known = _wide_names(found)
        if name not in known:
            raise unknown_variable(name, known)
        return _below(whole, _rows_of(found, name))
    return whole


def _is_clear(table: "pd.DataFrame", name: str) -> bool:
    """Say whether a model would know which value is meant."""
    return len(_meant(table, name)[["source", "hemi"]].drop_duplicates()) == 1


def _meant(table: "pd.DataFrame", name: str) -> "pd.DataFrame":
    """Give the rows of a variable; of a header Measure those of aseg if it has them."""
    rows = _rows_of(table, name)
    own = rows[rows["source"] == "aseg"]
    return own if len(own) else rows


def _rows_of(table: "pd.DataFrame", name: str) -> "pd.DataFrame":
    """Give the rows of a header Measure, or of the column of a wide table."""
    from fsstats.schema import CELL, GLOBAL

    rows = table[(table["region"] == GLOBAL) & (table["measure"] == name)]
    if len(rows) or "_" not in name:
        return rows
    cells = table[list(CELL)].drop_duplicates()
    cells = cells[[one == name for one in _wide_names(cells)]]
    own = table[table["region"].isin(cells["region"]) & table["measure"].isin(cells["measure"])]
    return own[_index(own, CELL).isin(_index(cells, CELL))]


def _wide_names(table: "pd.DataFrame") -> list[str]:
    """Name the columns that a wide table would have, once each."""
    from fsstats.schema import CELL
    from fsstats.tables.shape import column_name

    return [column_name(*cell) for cell in table[list(CELL)].drop_duplicates().itertuples(index=False)]


def _with_variables(table: "pd.DataFrame", whole: "pd.DataFrame", names: Sequence[str]) -> "pd.DataFrame":
    """Put the rows of variables below those of a table, where it does not have them, for the runs that it has."""
    from fsstats.schema import SUBJECT_KEY

    for name in names:
        rows = _meant(whole, name)
        table = _below(table, rows[_index(rows, SUBJECT_KEY).isin(_index(table, SUBJECT_KEY).unique())])
    return table


def _index(table: "pd.DataFrame", columns: Sequence[str]) -> "pd.MultiIndex":
    import pandas as pd

    return pd.MultiIndex.from_frame(table[list(columns)].astype("str").fillna(""))


def _below(one: "pd.DataFrame", *others: "pd.DataFrame") -> "pd.DataFrame":
    """Put rows below others, once each; strings stay categories."""
    import pandas as pd

    from fsstats.schema import KEY

    for other in others:
        new = other[~_index(other, KEY).isin(_index(one[one["region"].isin(other["region"].unique())], KEY))]
        if len(new):
            kinds = {
                name: pd.CategoricalDtype(column.cat.categories.append(pd.Index(new[name].dropna().unique())).unique())
                for name, column in one.items()
                if isinstance(column.dtype, pd.CategoricalDtype)
            }
            one = pd.concat([one.astype(kinds), new.astype(kinds)], ignore_index=True)
    return one


def asked_for(
    table: "pd.DataFrame", sources: Sequence[str] | None, measures: Sequence[str] | None = None
) -> "pd.Series":
    """Say which rows are of the sources and measures that were asked for, and not only variables of a model."""
    from fsstats.schema import is_of

    own = [one for one in table["source"].dropna().astype("str").unique() if any(is_of(one, s) for s in sources or ())]
    rows = table["source"].isin(own) if sources is not None else table["source"].notna()
    return rows if measures is None else rows & table["measure"].isin(measures)


def only(
    table: "pd.DataFrame",
    *,
    sources: Sequence[str] | None = None,
    measures: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
) -> "pd.DataFrame":
    """Keep the rows of sources, measures and regions that were asked for; raise if a region does not exist."""
    kept = table[asked_for(table, sources, measures)]
    _refuse_unknown("region", regions, kept["region"])
    kept = kept if regions is None else kept[kept["region"].isin(regions)]
    return kept.reset_index(drop=True)


def without(table: "pd.DataFrame", regions: Sequence[str] | None) -> "pd.DataFrame":
    """Leave regions out; raise if one does not exist."""
    _refuse_unknown("region", regions, table["region"])
    return table if regions is None else table[~table["region"].isin(regions)].reset_index(drop=True)


def _refuse_unknown(kind: str, names: Sequence[str] | None, column: "pd.Series") -> None:
    import fsstats as fs

    known = set(column.dropna().astype("str").unique())
    strange = next((name for name in names or () if name not in known), None)
    if strange is not None:
        raise fs.UnknownNameError.among(kind, strange, known)


@contextmanager
def in_our_words(*tables: "pd.DataFrame | None") -> Iterator[None]:
    """Say warnings of the library; add to an error of columns that participants can be given, if no table has any.

    Errors of variables say so themselves.
    """
    import fsstats as fs
    from fsstats.tables.variables import people_columns

    with said_warnings():
        try:
            yield
        except fs.ColumnsError as error:
            if not any(people_columns(table.columns) for table in tables if table is not None):
                error.add_note("(the participants' columns are given with -p FILE)")
            raise


def names_in(texts: Sequence[str] | None) -> list[str]:
    """Name the variables of covariates: columns, header Measures, columns of a wide table, or terms of a formula."""
    import fsstats as fs
    from fsstats.stats import variables_of

    names: list[str] = []
    for text in texts or ():
        try:
            names += [text] if _NAME.fullmatch(text) else variables_of(text)
        except fs.FormulaError:
            names.append(text)
    return names


def terms_in(texts: Sequence[str] | None, table: "pd.DataFrame") -> list[str]:
    """Put between backticks what is the column of a wide table, so that a formula reads it as a name."""
    known = set(_wide_names(table)) if texts else set()
    return [f"`{text}`" if text in known else text for text in texts or ()]


def levels_of(texts: Sequence[str] | None) -> dict[str, str] | None:
    """Take apart ``group=control``, once a variable."""
    several = several_levels_of(texts)
    twice = next((name for name, levels in (several or {}).items() if len(levels) > 1), None)
    if several and twice is not None:
        message = f"{twice} has one reference level, and {' and '.join(several[twice])} are given."
        raise typer.BadParameter(message, param_hint="--reference")
    return None if several is None else {name: levels[0] for name, levels in several.items()}


def several_levels_of(texts: Sequence[str] | None) -> dict[str, list[str]] | None:
    """Take apart ``group=control``, one level or more a variable."""
    if not texts:
        return None
    found: dict[str, list[str]] = {}
    for text in texts:
        name, _, level = text.partition("=")
        if not (name and level):
            message = f"expected a variable and its level, as group=control, found {text!r}."
            raise typer.BadParameter(message, param_hint="--reference")
        found.setdefault(name, []).append(level)
    return found


def deliver(
    results: "pd.DataFrame", output: Path | None, *, correct: str | None = None, show: Sequence[str] | None = None
) -> None:
    """Correct results if that was asked for; write them, or print them or those to be shown; say what has no number."""
    import fsstats as fs

    if show is not None:
        _refuse_unknown("region", show, results["region"])
    with said_warnings():
        results = results if correct is None else fs.correct(results, correct)  # type: ignore[arg-type] # checked there
    if output is not None or show is None:
        deliver_table(results, output)
    if show is not None:
        print_rows(results[results["region"].isin(show)].reset_index(drop=True))
    if "note" in results.columns:
        say_notes(results)


def deliver_table(table: "pd.DataFrame", output: Path | None) -> None:
    """Write a table, or print it."""
    import fsstats as fs

    if output is None:
        print_rows(table)
        return
    fs.write_table(table, output)
    say(f"{number(len(table), 'row')} -> {output}")


def say_notes(results: "pd.DataFrame") -> None:
    """Say each note once, with the regions that it is of."""
    noted = results[results["note"].notna()]
    for note, rows in noted.groupby("note", sort=False):
        names = list(dict.fromkeys(rows["region"].astype("str")))
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        say(f"note: {', '.join(names[:3])}{more}: {note}")


def read_results(path: Path, needed: Collection[str] = ()) -> "pd.DataFrame":
    """Read a results table that a command, or another program, wrote; raise if it lacks what is needed."""
    import fsstats as fs

    table = fs.read_table(path)
    missing = [name for name in needed if name not in table.columns]
    if missing:
        names = ", ".join(map(repr, missing))
        message = f"{path}: expected a results table, as fsstats regress writes it; it lacks the column(s) {names}"
        raise fs.TableError(message)
    return table


def save(model: "fs.HeadSize | fs.Harmonisation", path: Path | None) -> None:
    """Keep what was fitted, if that was asked for."""
    import fsstats as fs

    if path is not None:
        fs.write_model(model, path)
        say(f"what was fitted -> {path}")


def model_of_kind(path: Path, kind: type[_Model]) -> _Model:
    """Read what was fitted before; raise if it is something else."""
    import fsstats as fs

    model = fs.read_model(path)
    if not isinstance(model, kind):
        message = f"{path}: expected a {kind.__name__}, found a {type(model).__name__}"
        raise fs.TableError(message)
    return model
