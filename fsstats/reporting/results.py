"""The results of each measure: tables, brain maps, figures."""

import pandas as pd

from fsstats.plots._names import upper
from fsstats.reporting._maps import maps_of
from fsstats.reporting._sheets import sheets_of
from fsstats.reporting.blocks import Block, Section, Text
from fsstats.reporting.figures import effects_of, regions_of
from fsstats.reporting.methods import and_list
from fsstats.reporting.remarks import fits_of, remarks_of, units_of
from fsstats.reporting.study import Part, Study, terms_about
from fsstats.reporting.visits import n_of, people_by_region, with_people


def results_of(study: Study, part: Part, *, is_drawn: bool) -> list[Block]:
    """Show the results of one measure: the main variable with figures, the others as tables and maps.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.
    is_drawn : bool
        More is drawn than brain maps of the main variable.

    Returns
    -------
    list of Block
        A section.
    """
    rows, terms, wholes = study.rows(part), study.main_terms, study.wholes(part)
    people = people_by_region(study, part)
    blocks: list[Block] = [
        Section(f"Results: {part.name}"),
        Text(tuple(filter(None, (_model(study, part, n_of(rows, people)), " ".join(fits_of(study, part)))))),
        *_caution(study, part),
        *remarks_of(study, part),
    ]
    for whole in wholes:
        blocks += _term(study, part, whole, people, note="As a whole: whether it makes any difference at all.")
    for term in terms:
        own = study.rows(part, [term])
        blocks += _term(study, part, own, people)
        blocks += list(effects_of(study, part, own)) if is_drawn else []
    if is_drawn:
        blocks += list(regions_of(study, part, wholes[0] if wholes else study.rows(part, terms)))
    for term in rows["term"].unique():
        if term not in terms:
            blocks += _term(study, part, study.rows(part, [term]), people, shown=5, is_mapped=is_drawn)
    return blocks


def _term(
    study: Study,
    part: Part,
    rows: pd.DataFrame,
    people: pd.Series | None,
    *,
    note: str = "",
    shown: int = 25,
    is_mapped: bool = True,
) -> list[Block]:
    """Show the results of one term: brain maps, and the table."""
    alpha, name = study.choices.alpha, study.named(str(rows["term"].iloc[0]))
    is_mapped &= bool(rows[["estimate", "effect_size"]].notna().any(axis=None))
    maps = maps_of(rows, alpha=alpha) if is_mapped else []
    title, level = f"{upper(part.name)}: {name}", study.choices.conf_level
    return [
        Section(upper(name), 3),
        *maps,
        *sheets_of(with_people(rows, people), title, note=note, alpha=alpha, level=level, shown=shown, is_named=True),
    ]


def _model(study: Study, part: Part, n: str) -> str:
    """Write the model of a part, with its random intercepts, what groups are compared with, and what slopes are of."""
    random = " and ".join(study.choices.random)
    model = f"{part.formula}, with a random intercept of {random}" if random else part.formula
    levels = [f"{own[0]} ({name})" for name, own in part.design.levels.items()]
    compared = f" Groups are compared with {and_list(levels)}." if levels else ""
    units = units_of(study, part)
    return f"Model: {model}. n = {n} a region.{compared}{f' {units}' if units else ''}"


def _caution(study: Study, part: Part) -> list[Block]:
    """Say what the effect of the main variable by itself is, where it goes with another variable."""
    about = terms_about(part.design, study.main)
    factors = [factor for one in about for factor in zip(one.name.split(":"), one.variables, strict=False)]
    others = dict.fromkeys(factor for factor in factors if factor[1] != study.main)
    if not others or about[0].variables != (study.main,):
        return []
    levels = part.design.levels
    where = [f"{name} is {levels[name][0]}" if name in levels else f"{factor} is 0" for factor, name in others]
    text = (
        f"The model lets the effect of {study.main} differ with {and_list([name for _, name in others])}: "
        f"what it says of {study.main} by itself is the effect where {and_list(where)}."
    )
    if study.wholes(part):
        text += f" The test of {study.main} overall does not depend on that: it leaves the difference aside (type II)."
    return [Text((text,), "doubt")]
