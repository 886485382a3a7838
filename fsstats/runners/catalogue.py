"""All tools that have a function here, and what of them is on this machine."""

from collections.abc import Iterable
from typing import Final

import pandas as pd

from fsstats.runners.command import Suite, Tool
from fsstats.runners.engine.probe import licence_of, version_of, where
from fsstats.runners.programs import (
    ants,
    arithmetic,
    dipy,
    fastsurfer,
    first,
    freesurfer,
    fsl,
    mrtrix,
    recon,
    registration,
    stats2table,
    synthseg,
    viewers,
    warps,
)

ALL_TOOLS: Final = tuple(
    tool
    for module in (
        *(recon, freesurfer, stats2table, fastsurfer, synthseg, fsl, first, registration, warps, arithmetic),
        *(mrtrix, dipy, ants, viewers),
    )
    for tool in module.TOOLS
)
"""Every tool that has a function here."""
_COLUMNS: Final = ("tool", "suite", "found", "version", "licence")


def tools(known: Iterable[Tool] = ALL_TOOLS) -> pd.DataFrame:
    """List the tools that have a function here, and what of them is on this machine.

    Parameters
    ----------
    known : iterable of Tool
        Only these.

    Returns
    -------
    DataFrame
        A row a tool: ``tool``, ``suite``, ``found`` (where the program is), ``version``, ``licence``: ``there``,
        ``missing``, or ``not needed``. What is not here is missing (NaN).

    Examples
    --------
    >>> from fsstats.runners.programs.fsl import BET
    >>> tools([BET])[["tool", "suite", "licence"]].iloc[0].to_list()
    ['bet', 'FSL', 'not needed']
    """
    rows = []
    versions: dict[Suite, str | None] = {}
    for tool in known:
        found, suite = where(tool.program, tool.suite), tool.suite
        if found is not None and suite not in versions:
            versions[suite] = version_of(suite, tool.program)
        version = None if found is None else versions[suite]
        rows.append((tool.name, suite.name, None if found is None else str(found), version, _licence_word(suite)))
    return pd.DataFrame(rows, columns=[*_COLUMNS]).astype("str")


def _licence_word(suite: Suite) -> str:
    if not suite.licences:
        return "not needed"
    return "missing" if licence_of(suite) is None else "there"
