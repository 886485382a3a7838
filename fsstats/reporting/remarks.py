"""What a reader has to know of the models of a measure beside their results."""

import pandas as pd

from fsstats.plots._names import region_labels
from fsstats.reporting._numbers import count, counted, fixed
from fsstats.reporting.blocks import Block, Text
from fsstats.reporting.methods import and_list
from fsstats.reporting.study import Part, Study
from fsstats.reporting.visits import mixtures
from fsstats.schema import CELL, GLOBAL
from fsstats.stats import variables_of


def fits_of(study: Study, part: Part) -> list[str]:
    """Say how the models of a measure were fitted: whether they converged, what is odd, what varies between groups.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.

    Returns
    -------
    list of str
        Sentences; none where there is nothing to say.
    """
    return [*_converged(study, part), *_notes(study, part), *_shares(study, part)]


def units_of(study: Study, part: Part) -> str:
    """Say what an estimate along a number is for, as its unit is not known; '' if there is none."""
    factors = {factor for term in study.rows(part)["term"].unique() for factor in str(term).split(":")}
    names = [one for one in variables_of(part.formula) if one in factors and one in study.table.columns]
    if not names:
        return ""
    return f"An estimate per unit of {' or '.join(names)} is for a difference of 1 in it, in a unit not known here."


def remarks_of(study: Study, part: Part) -> list[Block]:
    """Say what makes results of a measure hard to read: effects of two kinds in one, regions that are mostly 0.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.

    Returns
    -------
    list of Block
        Notes; none where there is nothing to say.
    """
    blocks: list[Block] = []
    if mixed := tuple(map(_mixture, mixtures(study, part))):
        blocks.append(Text(mixed, "doubt"))
    if len(zeros := mostly_zero(study, part)):
        names = and_list(region_labels(zeros))
        they = "It is" if len(zeros) == 1 else "They are"
        text = (
            f"More than half of the values are 0 in {counted(len(zeros), 'region')}: {names}. {they} tested, and "
            "counted in the correction, like any other; but where most have nothing to be measured, a mean says little."
        )
        blocks.append(Text((text,), "note"))
    return blocks


def mostly_zero(study: Study, part: Part) -> pd.DataFrame:
    """Give the regions that were tested and more than half of whose values are 0.

    Parameters
    ----------
    study : Study
        What the report is of.
    part : Part
        The measure.

    Returns
    -------
    DataFrame
        Their source, hemi, region and measure.
    """
    measured = part.measure.removesuffix("_fraction")  # values that were adjusted for head size are 0 no longer
    table = study.table
    own = (table["source"] == part.source) & (table["measure"] == measured) & (table["region"] != GLOBAL)
    rows = table.loc[own & table["value"].notna(), [*CELL, "value"]].astype(dict.fromkeys(CELL, "str"))
    zero = (rows["value"] == 0).groupby([rows[name] for name in CELL], dropna=False, sort=False).mean()
    found = zero[zero > 0.5].index.to_frame(index=False)
    results = study.rows(part)
    tested = results.loc[results["p_value"].notna(), ["hemi", "region"]].drop_duplicates().astype("str")
    return found.merge(tested, on=["hemi", "region"])


def _mixture(name: str) -> str:
    return (
        f"The effect of {name} mixes differences between people with change within them, as {name} differs more from "
        "person to person than from visit to visit. Two variables in its place would tell these apart: "
        f"{name} at the first visit, and the change since then."
    )


def _converged(study: Study, part: Part) -> list[str]:
    """Say how many mixed models converged, and how many are singular."""
    found = part.of(study.components).drop_duplicates(list(CELL))
    if not len(found):
        return []
    good = found["converged"].astype("bool")
    n = int((good & found["singular"].astype("bool")).sum())
    singular = f"{count(n)} of them with a variance of 0 (singular)" if n else "none of them singular"
    return [f"The models of {count(good.sum())} of {counted(len(found), 'region')} converged, {singular}."]


def _notes(study: Study, part: Part) -> list[str]:
    """Say of how many regions the tables have a note, and which."""
    rows = study.rows(part)
    noted = rows.loc[rows["note"].notna(), [*CELL, "note"]].drop_duplicates()
    if not len(noted):
        return []
    said = "; ".join(f"{note} ({counted(n, 'region')})" for note, n in noted["note"].value_counts().items())
    regions, whole = len(noted[list(CELL)].drop_duplicates()), len(rows[list(CELL)].drop_duplicates())
    return [f"{count(regions)} of {counted(whole, 'region')} {'has' if regions == 1 else 'have'} a note: {said}."]


def _shares(study: Study, part: Part) -> list[str]:
    """Say what share of the variance each random intercept has."""
    found = part.of(study.components)
    texts = []
    for name in study.choices.random:
        icc = found.loc[(found["group"] == name) & found["converged"].astype("bool"), "icc"].dropna()
        if len(icc):
            middle, low, high = (fixed(one, 3) for one in (icc.median(), icc.min(), icc.max()))
            texts.append(
                f"Of the variance that the variables leave, the share between one {name} and another (intraclass "
                f"correlation) is {middle} in the median of {counted(len(icc), 'region')}, {low} to {high}."
            )
    return texts
