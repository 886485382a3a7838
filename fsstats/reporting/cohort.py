"""The whole report of a cohort: from the long table and a model to a page."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import Final

import pandas as pd

from fsstats._frames import listed
from fsstats.io._stores import PathLike
from fsstats.plots._names import upper
from fsstats.reporting._numbers import counted
from fsstats.reporting.blocks import Block, References, Section, Text
from fsstats.reporting.choices import DEFAULT, Choices, HeadSizeChoice
from fsstats.reporting.demographics import demographics_of, works_of_demographics
from fsstats.reporting.document import Report
from fsstats.reporting.flow import flow_of
from fsstats.reporting.harmonisation import COMBAT, combat_sentence, harmonisation_of, harmonised_of
from fsstats.reporting.methods import and_list, methods_of, subjects_in
from fsstats.reporting.quality import quality_of
from fsstats.reporting.references import cited, references
from fsstats.reporting.repeating import python_of
from fsstats.reporting.results import results_of
from fsstats.reporting.sensitivity import sensitivity_of
from fsstats.reporting.study import Study, study_of
from fsstats.reporting.summary import in_short
from fsstats.reporting.visits import runs_of_people
from fsstats.reporting.warned import heard, sentences, within
from fsstats.stats.correct import Correction
from fsstats.stats.regress import StdErrors

Progress = Callable[[int, int], object]
_DRAWN: Final = 4
"""Measures of which more is drawn than brain maps."""
_HEAD_WORKS: Final = {"eTIV": ("buckner2004",)}
"""The works that head sizes rest on."""
_NOT_REPEATED: Final = frozenset({"table", "formula", "participants", "files", "progress"})
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
    random: str | Collection[str] = (),
    reference: Mapping[str, str] | None = None,
    allow: str | Collection[str] = (),
    conf_level: float = 0.95,
    alpha: float = 0.05,
    title: str | None = None,
    date: str | None = None,
    inputs: Sequence[PathLike] = (),
    reading: Mapping[str, object] | None = None,
    command: str = "",
    output: PathLike = "report.html",
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
    std_errors, cluster : optional
        As for `regress`.
    random : str or collection of str
        Columns whose groups have a random intercept, as for `mixed`: ``"subject"`` where subjects have several runs.
        The models are then mixed models, without effect sizes, and without `std_errors` and `cluster`.
    reference, allow, conf_level : optional
        As for `regress`.
    alpha : float
        p-values below it are called significant.
    title : str, optional
        Title of the page.
    date : str, optional
        A date to print; without one the same input gives the same page.
    inputs : sequence of paths
        What the table was read from, and behind it the file of the participants if they are given: to be named with
        their check sums, and read again by the printed lines of Python.
    reading : mapping, optional
        What was read of them, for the printed lines of Python: ``subjects`` and ``sources``, as for `read_cohort` and
        `load_cohort`, and ``stream``.
    command : str
        The command that made the report, to be printed.
    output : path
        Where the page is saved to, for the printed lines of Python.
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
    references; provenance. Warnings of the library are not given but listed in the page, with what they are about.
    Every region has its own n; header Measures such as eTIV are variables, not results. Of subjects with several runs
    both are counted, people and runs, and the people are described once, at the first visit in a model.

    Where the variable that the report is about has several columns in the model (three groups or more), the results
    begin with a test of all of them at once: F of type II (`anova`), or of mixed models, where the variable stands as a
    term of its own, the likelihood ratio (`compare_mixed`).

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
        random=tuple(listed(random)),
        reference=reference,
        correction=correct,
        allow=tuple(listed(allow)),
        site=site,
        conf_level=conf_level,
        alpha=alpha,
    )
    said: dict[str, list[str]] = {}
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
    python = python_of(formula, given, defaults, has_people=participants is not None, has_files=files is not None)
    options = _options(study, sources, measures)
    page = page.provenance(inputs=inputs, options=options, files=files, command=command, python=python)
    warnings_ = sentences(said, study.table)
    return page.points(*warnings_, summary=f"{counted(len(warnings_), 'warning')} while it was made") if said else page


def _title(study: Study) -> str:
    many = counted(len(study.parts), "measure")
    names = and_list([part.name for part in study.parts]) if len(study.parts) < 4 else many
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
    yield [Section("In short"), *in_short(study)]
    with within("cohort"):
        cohort = [*flow_of(study), *demographics_of(study)]
    yield [Section("Cohort"), *cohort]
    with within("quality control"):
        quality = quality_of(study, files)
    yield [Section("Quality"), *quality]
    for k, part in enumerate(study.parts):
        with within(f"results of {part.name}"):
            results = results_of(study, part, is_drawn=k < _DRAWN)
        yield results
    harmonised = [harmonised_of(study, part) for part in study.parts] if study.choices.site else []
    blocks, also, works = sensitivity_of(study, harmonised)
    yield [Section("Sensitivity"), *blocks]
    if study.choices.site:
        also = f"{also} {combat_sentence(study.choices.site, harmonised)}"
        yield [Section("Harmonisation"), *harmonisation_of(study, harmonised)]
    methods = methods_of(study.overall, study.results, table=study.table, files=files)
    first, *rest, last = methods.paragraphs
    yield [Section("Methods"), Text((first, *of_head_size(study), *rest, *_of_visits(study), also, last))]
    keys = {
        *methods.keys,
        *works_of_demographics(study),
        *works,
        *(COMBAT if any(one.rows is not None for one in harmonised) else ()),
        *_works_of_head_size(study),
    }
    yield [Section("References"), References(tuple(work for key, work in references().items() if key in keys))]


def _of_visits(study: Study) -> tuple[str, ...]:
    """Say what n counts, where people have several runs."""
    if not study.is_repeated:
        return ()
    counts = "; ".join(f"{part.name}: {runs_of_people(study, part)}" for part in study.parts)
    return (f"n is a number of runs, of which people have several ({counts}).",)


def _works_of_head_size(study: Study) -> tuple[str, ...]:
    is_used = study.choices.head_size != "none" and any(part.is_scaled for part in study.parts)
    return _HEAD_WORKS.get(study.head or "", ()) if is_used else ()


def of_head_size(study: Study) -> tuple[str, ...]:
    """Say how the size of the head was accounted for, in the table that was given and by the report."""
    told = [f"{upper(part.name)} came adjusted for {part.adjusted_for}." for part in study.parts if part.adjusted_for]
    scaled = [part.name for part in study.parts if part.is_scaled]
    return (*told, *(_by_the_report(study, scaled) if scaled else ()))


def _by_the_report(study: Study, scaled: Sequence[str]) -> tuple[str, ...]:
    """Say how the report accounts for the size of the head in these measures."""
    which, are, were = and_list(scaled), *(("is", "was") if len(scaled) == 1 else ("are", "were"))
    if study.head is None:
        return (f"The table has no size of the head, so {which} {are} not adjusted for it.",)
    head, begin = f"{study.head}{_head_cited(study)}", upper(which)
    texts = {
        "covariate": f"{head} is a variable of the model of {which}.",
        "none": f"{begin} {are} not adjusted for the size of the head.",
    }
    way = study.choices.head_size
    return (texts.get(way, f"{begin} {were} adjusted for {head} first (method {way})."),)


def _by_default(study: Study) -> str:
    is_usual = {part.source for part in study.parts} <= {source for source, _ in DEFAULT}
    return f"default: {'volumes of aseg, thickness of aparc' if is_usual else 'volume and thickness of every source'}"


def _head_size(study: Study) -> str:
    if not any(part.is_scaled for part in study.parts):
        return "adjusted for before" if any(part.adjusted_for for part in study.parts) else "not needed"
    return study.choices.head_size if study.head else "none in the table"


def _errors(choices: Choices) -> str:
    if choices.random:
        return "of the mixed model"
    return f"by clusters of {choices.cluster}" if choices.cluster else choices.std_errors


def _head_cited(study: Study) -> str:
    return cited(_HEAD_WORKS.get(study.head or "", ()))


def _options(study: Study, sources: object, measures: object) -> dict[str, object]:
    """Say what was chosen, asked for or not."""
    choices = study.choices
    return {
        "formula": study.formula,
        "about": study.main,
        "measures": [part.name for part in study.parts],
        "chosen by": "the caller" if sources is not None or measures is not None else _by_default(study),
        "head size": _head_size(study),
        "random intercepts": choices.random,
        "standard errors": _errors(choices),
        "reference levels": {name: levels[0] for name, levels in study.parts[0].design.levels.items()},
        "correction": choices.correction or "none",
        "site": choices.site,
        "allowed to be mixed": choices.allow,
        "confidence level": choices.conf_level,
        "significance level": choices.alpha,
    }
