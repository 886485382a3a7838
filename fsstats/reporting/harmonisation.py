"""What sites do to the values, before and after harmonisation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import FloatArray, as_words, some_of
from fsstats.errors import FsstatsError
from fsstats.plots import sites
from fsstats.plots._names import region_labels
from fsstats.reporting._drawing import page_style, picture_of
from fsstats.reporting._numbers import count, fixed
from fsstats.reporting._sheets import sheets_of
from fsstats.reporting.blocks import Block, Cell, Head, Points, Sheet, Text
from fsstats.reporting.formulas import without_term
from fsstats.reporting.references import cited
from fsstats.reporting.study import Part, Study
from fsstats.reporting.warned import plain_words, within
from fsstats.schema import CELL, GLOBAL, SUBJECT_KEY
from fsstats.stats import harmonise, site_effects
from fsstats.stats._formula import sides
from fsstats.tables.panel import BoolArray, panel_of
from fsstats.tables.versions import VERSION_COLUMNS

COMBAT: Final = ("johnson2007", "fortin2018")
_WHERE: Final = (
    "The results of this report are of values as they were measured; those after harmonisation stand under "
    "Sensitivity, with the site in the model."
)


@dataclass(frozen=True, slots=True)
class Harmonised:
    """One part before and after."""

    part: Part
    keep: str
    """What was kept: the right side of a formula."""
    before: pd.DataFrame
    """Rows that could be harmonised, with variables."""
    rows: pd.DataFrame | None
    """The same afterwards; None where it could not be done."""
    effects: tuple[pd.DataFrame, ...]
    """Site effects before, and after."""
    left: tuple[str, ...]
    """Regions that do not vary at some site, and so are not harmonised."""
    why: str = ""
    """Why it could not be done."""


def harmonised_of(study: Study, part: Part) -> Harmonised:
    """Harmonise one measure, keeping what the model asks about.

    Parameters
    ----------
    study : Study
        What the report is of; it has sites.
    part : Part
        The measure.

    Returns
    -------
    Harmonised
        With the reason, where it cannot be done.
    """
    site = str(study.choices.site)
    _, keep = sides(without_term(part.formula, site) or part.formula)
    before, left = _usable(part, site)
    try:
        with within(f"harmonisation of {part.name}"):
            first = site_effects(before, site=site, keep=keep, allow=study.choices.allow)
            after = harmonise(before, site=site, keep=keep, measures=[part.measure], allow=study.choices.allow)
            then = site_effects(after, site=site, keep=keep, allow=study.choices.allow)
    except FsstatsError as error:
        return Harmonised(part, keep, before, None, (), left, plain_words(str(error), study.table))
    return Harmonised(part, keep, before, after, (part.of(first), part.of(then)), left)


def _usable(part: Part, site: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out runs without a site or a variable, and regions that do not vary at every site."""
    keys = list(SUBJECT_KEY)
    needed = [name for name in dict.fromkeys([*part.design.data.columns, site]) if name in part.people.columns]
    known = pd.MultiIndex.from_frame(part.people.dropna(subset=needed)[keys].astype("str").fillna(""))
    rows = part.rows[pd.MultiIndex.from_frame(part.rows[keys].astype("str").fillna("")).isin(known)]
    rows = rows.reset_index(drop=True)
    panel = panel_of(rows, needed_by="report", leave_out=tuple(VERSION_COLUMNS))
    poor = ~_varies(panel.values, as_words(panel.people[site]).to_numpy())
    poor &= ((panel.cells["measure"] == part.measure) & (panel.cells["region"] != GLOBAL)).to_numpy()
    names = region_labels(panel.cells[poor]) if poor.any() else []
    return rows[~poor[panel.column]].reset_index(drop=True), tuple(names)


def _varies(values: FloatArray, sites_: npt.NDArray[np.object_]) -> BoolArray:
    """Say of each column whether it has two different values at every site."""
    varies = np.ones(values.shape[1], dtype=np.bool_)
    for name in pd.unique(sites_):
        own = values[sites_ == name]
        with np.errstate(invalid="ignore"):
            varies &= np.fmax.reduce(own, axis=0) > np.fmin.reduce(own, axis=0)
    return varies


def harmonisation_of(study: Study, found: Sequence[Harmonised]) -> list[Block]:
    """Show what sites did, and what was left of it.

    Parameters
    ----------
    study : Study
        What the report is of.
    found : sequence of Harmonised
        Each part, before and after.

    Returns
    -------
    list of Block
        Words, a table, all site effects, and a figure of the region that differed most.
    """
    done = [one for one in found if one.rows is not None]
    blocks: list[Block] = [Text((combat_sentence(str(study.choices.site), found), *([_WHERE] if done else [])))]
    blocks += [Points(_troubles(found))] if _troubles(found) else []
    if not done:
        return blocks
    blocks.append(_summary(study, done))
    for one in done:
        blocks += [*([] if one.rows is None else [_figure(study, one, one.rows)]), *_effects(one)]
    return blocks


def combat_sentence(site: str, found: Sequence[Harmonised]) -> str:
    """Say what was harmonised and what was kept; '' if nothing could be."""
    done = [one for one in found if one.rows is not None]
    kept: dict[str, list[str]] = {}
    for one in done:
        kept.setdefault(one.keep, []).append(one.part.name)
    if not done:
        return "Nothing could be harmonised."
    what = "; ".join(f"{keep} was kept in {', '.join(names)}" for keep, names in kept.items())
    return f"Values were harmonised by ComBat over {site}{cited(COMBAT)}: {what}."


def _troubles(found: Sequence[Harmonised]) -> tuple[str, ...]:
    said = [f"{one.part.name} could not be harmonised: {one.why}" for one in found if one.why]
    said += [
        f"{one.part.name}: not harmonised, as they do not vary at every site: {some_of(list(one.left))}"
        for one in found
        if one.left
    ]
    return tuple(said)


def _summary(study: Study, done: Sequence[Harmonised]) -> Sheet:
    """Count the regions in which sites differ, before and after."""
    heads = [Head("Measure"), Head("Sites differ in")]
    heads += [Head(text, is_number=True) for text in ("Regions before", "after", "Median η² before", "after")]
    rows = []
    for one in done:
        for term in one.effects[0]["term"].unique():
            own = [effects[effects["term"] == term] for effects in one.effects]
            counts = [int((rows_["p_value"] < study.choices.alpha).sum()) for rows_ in own]
            sizes = [float(rows_["effect_size"].median()) for rows_ in own]
            tests = int(own[0]["p_value"].notna().sum())
            what = "mean" if "mean" in str(term) else "variance"
            rows.append(
                (
                    Cell(one.part.name),
                    Cell(what),
                    *(Cell(f"{count(n)} of {count(tests)}", float(n)) for n in counts),
                    *(Cell(fixed(size, 3), size) for size in sizes),
                )
            )
    note = (
        f"Regions with p < {study.choices.alpha:g}, not corrected. After harmonisation p-values only say whether "
        "it did what it should."
    )
    return Sheet("Differences between sites", tuple(heads), tuple(rows), note=note)


def _effects(one: Harmonised) -> list[Block]:
    whole = pd.concat([rows.assign(when=when) for when, rows in zip(("before", "after"), one.effects, strict=True)])
    whole = whole[["when", *(name for name in whole.columns if name != "when")]]
    title = f"Site effects, {one.part.name}"
    last = sheets_of(whole, title, shown=0)[-1]
    return [replace(last, fold=f"All site effects on {one.part.name}")]


def _figure(study: Study, one: Harmonised, rows: pd.DataFrame) -> Block:
    """Draw the region in which sites differed most."""
    first = one.effects[0]
    means = first[first["term"].str.contains("mean")].reset_index(drop=True)
    worst = means.loc[[means["effect_size"].fillna(-1).idxmax()]]
    cell = {name: None if pd.isna(worst[name].iloc[0]) else str(worst[name].iloc[0]) for name in CELL}
    name = region_labels(worst)[0]
    options: dict[str, Any] = {"site": str(study.choices.site), "allow": study.choices.allow, **cell}
    with page_style():
        ax = sites(one.before, rows, keep=one.keep, **options)
    what = f"{name}, {one.part.name}, at each site before and after harmonisation"
    return picture_of(ax, alt=f"{what}.", caption=f"The region in which sites differed most: {what}.", is_ours=True)
