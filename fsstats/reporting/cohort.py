"""The whole report of a cohort: from the long table and a model to a page."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import listed
from fsstats.io._stores import PathLike
from fsstats.plots._names import effect_text, region_labels, term_text, upper
from fsstats.plots._results import numbers_of, p_column, significance_of
from fsstats.reporting._maps import maps_of
from fsstats.reporting._numbers import count, counted, fixed, interval, per_cent, probability, spread
from fsstats.reporting._sheets import level_of, sheets_of
from fsstats.reporting.blocks import Block, Points, References, Section, Text
from fsstats.reporting.demographics import AUSTIN, demographics_of
from fsstats.reporting.document import Report
from fsstats.reporting.figures import effects_of, regions_of
from fsstats.reporting.flow import flow_of
from fsstats.reporting.harmonisation import COMBAT, combat_sentence, harmonisation_of, harmonised_of
from fsstats.reporting.methods import methods_of, subjects_in
from fsstats.reporting.quality import quality_of
from fsstats.reporting.references import cited, references
from fsstats.reporting.repeating import python_of
from fsstats.reporting.sensitivity import WORKS as SENSITIVITY
from fsstats.reporting.sensitivity import sensitivity_of
from fsstats.reporting.study import Choices, HeadSizeChoice, Part, Study, heard, study_of
from fsstats.stats.correct import Correction
from fsstats.stats.regress import StdErrors

Progress = Callable[[int, int], object]
_DRAWN: Final = 4
"""Measures of which more is drawn than brain maps."""


_HEAD_WORKS: Final = {"eTIV": ("buckner2004",)}
"""The works that head sizes rest on."""
_NOT_REPEATED: Final = frozenset({"table", "formula", "participants", "files", "inputs", "command", "progress"})
"""Arguments of `report` that its call in Python has in another form, or not at all."""


def report(
    table: pd.DataFrame,
    formula: str,
    *,
    participants: pd.DataFrame | None = None,
    files: pd.DataFrame | None = None,
    sources: str | Collection[str] | None = None,
    measures: str | Collection[str] | None = None,
    term: str | None = None,
    head_size: HeadSizeChoice = "covariate",
    site: str | None = None,
    correct: Correction | None = "fdr_bh",
    std_errors: StdErrors = "classical",
    cluster: str | None = None,
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
    alpha: float = 0.05,
    title: str | None = None,
    date: str | None = None,
    inputs: Sequence[PathLike] = (),
    command: str = "",
    progress: Progress | None = None,
) -> Report:
    """Make the report of a cohort: who, how good, what was done, what came out, and how sure that is.

    Parameters
    ----------
    table : DataFrame
        A long table, with or without the participants' columns.
    formula : str
        The model of every region, as for `regress`: ``"value ~ group + age + sex"``.
    participants : DataFrame, optional
        What is known of the people, as for `join`. Who is on one side only is left out, and named in the report.
    files : DataFrame, optional
        The files table (``cohort.files`` of `load_cohort` or `read_cohort`): for versions, and for quality control.
    sources, measures : str or collection of str, optional
        What is reported; by default volumes of aseg and thickness of aparc, or if the table has neither, volume and
        thickness of every source.
    term : str, optional
        The variable that the report is about; by default the first of the model that has levels, or the first.
    head_size : {"covariate", "residual", "proportion", "power", "none"}
        How volumes and areas account for the size of the head: as a further variable of their model, or by adjusting
        their values first (see `adjust_head_size`), or not at all. Other measures are not adjusted. Without a head
        size in the table nothing is, and the report says so.
    site : str, optional
        The column of sites. Quality control then compares within it; the values are also harmonised, as a further way
        to ask, and the report has a section on what sites do. The results themselves are of values as measured.
    correct : str or None
        As for `correct`; None for no correction.
    std_errors, cluster, reference, allow, conf_level : optional
        As for `regress`.
    alpha : float
        p-values below it are called significant.
    title : str, optional
        Title of the page.
    date : str, optional
        A date to print; without one the same input gives the same page.
    inputs : sequence of paths
        The files that table and participants were read from, to be named with their check sums.
    command : str
        The command that made the report, to be printed.
    progress : callable, optional
        Called with the steps that are done, and all steps.

    Returns
    -------
    Report
        To be saved, or to be gone on with.

    Raises
    ------
    UnknownNameError, FormulaError, TableError, ColumnsError
        As `regress` and `join` do; and if nothing of the table is to be reported.

    See Also
    --------
    Report : A report of your own.

    Notes
    -----
    Sections: in short; cohort (flow of exclusions, demographics); quality; results of each measure (table, brain maps,
    forest, volcano, single regions); sensitivity (head size, HC3, outliers out, sites); harmonisation; methods;
    references; provenance. Warnings of the library are not given but listed in the page. Every region has its own n;
    header Measures such as eTIV are variables, not results.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import load_cohort
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_cohort(folder, n_subjects=40, effects={"Left-Hippocampus": -0.2}, seed=1)
    ...     cohort = load_cohort(made.root, sources=["aseg"], measures=["volume", "eTIV"])
    >>> page = report(cohort.table, "value ~ group + age + sex", participants=made.participants, files=cohort.files)
    >>> "left hippocampus" in page.to_html()
    True
    """
    given = {name: value for name, value in locals().items() if name not in _NOT_REPEATED}
    choices = Choices(
        head_size=head_size,
        std_errors=std_errors,
        cluster=cluster,
        reference=reference,
        correction=correct,
        allow=tuple(listed(allow)),
        site=site,
        conf_level=conf_level,
        alpha=alpha,
    )
    said: list[str] = []
    with heard(said):
        study = study_of(
            table,
            formula,
            participants=participants,
            files=files,
            sources=sources,
            measures=measures,
            main=term,
            choices=choices,
        )
        page = Report(title or _title(study), _subtitle(study, date))
        for blocks in _counted(_sections(study, files), _n_steps(study), progress):
            page = replace(page, blocks=(*page.blocks, *blocks))
    defaults = {name: one.default for name, one in signature(report).parameters.items()}
    python = python_of(formula, given, inputs, defaults)
    options = _options(study, sources, measures)
    page = page.provenance(inputs=inputs, options=options, files=files, command=command, python=python)
    return page.points(*said, summary=f"{counted(len(said), 'warning')} while it was made") if said else page


def _title(study: Study) -> str:
    names = (
        " and ".join(part.name for part in study.parts)
        if len(study.parts) < 4
        else counted(len(study.parts), "measure")
    )
    return f"{upper(names)} by {study.main}"


def _subtitle(study: Study, date: str | None) -> str:
    parts = [subjects_in(study.table), study.formula, *([date] if date else [])]
    return " · ".join(parts)


def _n_steps(study: Study) -> int:
    """Count what `_sections` yields."""
    return 6 + len(study.parts) + (1 if study.choices.site else 0)


def _counted(steps: Iterator[list[Block]], n: int, progress: Progress | None) -> Iterator[list[Block]]:
    for done, blocks in enumerate(steps, start=1):
        if progress is not None:
            progress(done, n)
        yield blocks


def _sections(study: Study, files: pd.DataFrame | None) -> Iterator[list[Block]]:
    """Give the sections one by one, as they are made; those that only sum up come when all else is known."""
    yield [Section("In short"), *_in_short(study)]
    yield [Section("Cohort"), *flow_of(study), *demographics_of(study)]
    yield [Section("Quality"), *quality_of(study, files)]
    for k, part in enumerate(study.parts):
        yield _results(study, part, is_drawn=k < _DRAWN)
    harmonised = [harmonised_of(study, part) for part in study.parts] if study.choices.site else []
    blocks, also = sensitivity_of(study, harmonised)
    yield [Section("Sensitivity"), *blocks]
    if study.choices.site:
        also = f"{also} {combat_sentence(study.choices.site, harmonised)}"
        yield [Section("Harmonisation"), *harmonisation_of(study, harmonised)]
    methods = methods_of(study.results, table=study.table, files=files)
    first, *rest, last = methods.paragraphs
    yield [Section("Methods"), Text((first, *of_head_size(study), *rest, also, last))]
    keys = {*methods.keys, AUSTIN, *SENSITIVITY, *(COMBAT if harmonised else ()), *_works_of_head_size(study)}
    yield [Section("References"), References(tuple(work for key, work in references().items() if key in keys))]


def _works_of_head_size(study: Study) -> tuple[str, ...]:
    is_used = study.choices.head_size != "none" and any(part.is_scaled for part in study.parts)
    return _HEAD_WORKS.get(study.head or "", ()) if is_used else ()


def _in_short(study: Study) -> list[Block]:
    """Say what came out, in a few sentences."""
    points = []
    for part in study.parts:
        for term in study.main_terms:
            rows = _rows(study, part, [term])
            points.append(_finding(study, part, rows))
    return [Text((_who(study),)), Points(tuple(points))]


def _who(study: Study) -> str:
    """Say who is in the models."""
    part = study.parts[0]
    text = f"{subjects_in(study.table)} with what is known of them"
    if study.main in part.design.levels:
        words = part.people[study.main].astype("str")
        text += (
            f" ({', '.join(f'{count((words == level).sum())} {level}' for level in part.design.levels[study.main])})"
        )
    others = "".join(f"; of {one.name}: {one.formula}" for one in study.parts if one.formula != study.formula)
    return f"{text}. The model of every region is {study.formula}{others}; {counted(part.n, 'run')} have all variables."


def _finding(study: Study, part: Part, rows: pd.DataFrame) -> str:
    """Say in how many regions there is an effect, and where it is the most certain."""
    found = significance_of(rows, study.choices.alpha, None, needed_by="a report")
    p = numbers_of(rows, p_column(rows, None))
    tests, k = int(np.isfinite(p).sum()), int(found.rows.sum())
    name = f"{upper(part.name)}, {term_text(rows['term'].iloc[0])}"
    if not tests:
        return f"{name}: no region could be tested."
    best = rows.iloc[[int(np.nanargmin(p))]]
    how_many = f"{count(k)} of {counted(tests, 'region')} significant ({found.says})"
    return f"{name}: {how_many}. {_best(best, float(np.nanmin(p)), found.says)}"


def _best(row: pd.DataFrame, p: float, says: str) -> str:
    """Describe the most certain effect."""
    size, low, high = (float(numbers_of(row, name)[0]) for name in ("effect_size", "effect_low", "effect_high"))
    level = level_of(row)
    where = region_labels(row)[0]
    ci = f" ({per_cent(level)} CI {interval(low, high, 2)})" if level and np.isfinite(low) else ""
    shown = probability(p)
    equals = f"{says.partition(' <')[0]} {shown if shown.startswith('<') else f'= {shown}'}"
    size_ = f"{effect_text(row['effect_name'].iloc[0])} = {fixed(size)}{ci}, " if np.isfinite(size) else ""
    return f"The smallest p-value is that of the {where}: {size_}{equals.replace('<0', '< 0')}."


def _rows(study: Study, part: Part, terms: Sequence[str] | None = None) -> pd.DataFrame:
    own = (study.results["source"] == part.source) & (study.results["measure"] == part.measure)
    if terms is not None:
        own &= study.results["term"].isin(terms)
    return study.results[own].reset_index(drop=True)


def _results(study: Study, part: Part, *, is_drawn: bool) -> list[Block]:
    """Show the results of one measure: the main variable with figures, the others as tables and maps."""
    alpha = study.choices.alpha
    name = upper(part.name)
    n = _rows(study, part)["n"]
    blocks: list[Block] = [
        Section(f"Results: {part.name}"),
        Text((f"Model: {part.formula}. n = {spread(n[n > 0].min(), n.max())} a region.",)),
    ]
    for term in study.main_terms:
        rows = _rows(study, part, [term])
        blocks += [Section(upper(term_text(term)), 3)]
        blocks += maps_of(rows, alpha=alpha)
        blocks += sheets_of(rows, f"{name}: {term_text(term)}", alpha=alpha)
        blocks += list(effects_of(study, part, rows)) if is_drawn else []
    if is_drawn:
        blocks += list(regions_of(study, part, _rows(study, part, study.main_terms)))
    others = [term for term in _rows(study, part)["term"].unique() if term not in study.main_terms]
    for term in others:
        rows = _rows(study, part, [term])
        blocks += [Section(upper(term_text(term)), 3)]
        if is_drawn:
            blocks += maps_of(rows, alpha=alpha)
        blocks += sheets_of(rows, f"{name}: {term_text(term)}", alpha=alpha, shown=5)
    return blocks


def of_head_size(study: Study) -> tuple[str, ...]:
    """Say how the size of the head was accounted for."""
    scaled = [part.name for part in study.parts if part.is_scaled]
    if not scaled:
        return ()
    which = ", ".join(scaled)
    if study.head is None:
        return (f"The table has no size of the head, so {which} is not adjusted for it.",)
    head, begin = f"{study.head}{_head_cited(study)}", upper(which)
    texts = {
        "covariate": f"{head} is a variable of the model of {which}.",
        "none": f"{begin} is not adjusted for the size of the head.",
    }
    way = study.choices.head_size
    return (texts.get(way, f"{begin} was adjusted for {head} first (method {way})."),)


def _head_cited(study: Study) -> str:
    return cited(_HEAD_WORKS.get(study.head or "", ()))


def _options(study: Study, sources: object, measures: object) -> dict[str, object]:
    """Say what was chosen, asked for or not."""
    choices = study.choices
    return {
        "formula": study.formula,
        "about": study.main,
        "measures": [part.name for part in study.parts],
        "chosen by": "the caller"
        if sources is not None or measures is not None
        else "default: volumes of aseg, thickness of aparc",
        "head size": choices.head_size if study.head else "none in the table",
        "standard errors": f"by clusters of {choices.cluster}" if choices.cluster else choices.std_errors,
        "reference levels": {name: levels[0] for name, levels in study.parts[0].design.levels.items()},
        "correction": choices.correction or "none",
        "site": choices.site,
        "allowed to be mixed": choices.allow,
        "confidence level": choices.conf_level,
        "significance level": choices.alpha,
    }
