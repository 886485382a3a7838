"""Every rule of quality control in one table: what it finds, how bad that is, and where it comes from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from fsstats._frames import one_or_more, require
from fsstats.errors import UnknownNameError
from fsstats.qc import completeness, copies, heads, impossible, jumps, multivariate, sides, surfaces, versions
from fsstats.qc._judgements import judgements_of
from fsstats.qc._seen import Seen, seen_of
from fsstats.qc.outliers import find_enigma, find_many, find_outliers
from fsstats.schema import FILES, LONG


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of quality control."""

    find: Callable[[Seen], pd.DataFrame]
    """From the table as the rules see it to judgements."""
    severity: str
    """How bad it is; of a rule with several kinds of findings the worst."""
    description: str
    """What it finds, in one line."""
    source: str
    """Where the rule, or its limit, comes from."""
    by_default: bool = True
    """Whether it runs unasked."""
    by_chance: bool = False
    """Whether it looks at so many values that a few of them are beyond its limit in any sound cohort."""


RULES: Final[Mapping[str, Rule]] = {
    "files": Rule(
        completeness.find_files,
        "error",
        "files that are missing, partial, empty or unreadable, or doubtful otherwise",
        "the files table, see fsstats.problems",
    ),
    "missing": Rule(
        completeness.find_missing,
        "warning",
        "sources, sides, measures and regions that a run lacks, though most runs of its stream and version have them",
        "the other runs",
    ),
    "missing_values": Rule(
        completeness.find_missing_values,
        "warning",
        "values that are missing (NaN), though most runs of the stream have a number",
        "the other runs",
    ),
    "range": Rule(
        impossible.find_out_of_range,
        "error",
        "values that there cannot be: negative or infinite, thickness above 5 mm, counts that are not whole",
        "recon-all cuts the thickness at 5 mm; fsstats.schema.limits",
    ),
    "zero": Rule(
        impossible.find_zeros,
        "error",
        "sizes of 0 of structures that every brain has; in one row a file that lists labels which are not there",
        "schema.limits",
    ),
    "constant": Rule(
        impossible.find_constant,
        "warning",
        "sizes that are the same number in all runs of 10 subjects or more, 0 only of what every brain has",
        "exact comparison; schema.limits",
    ),
    "contradiction": Rule(
        impossible.find_contradictions,
        "error",
        "a mean outside minimum and maximum; header Measures that contradict each other, or the regions",
        "what is exact in files of FreeSurfer",
    ),
    "larger_than_head": Rule(
        impossible.find_larger_than_head, "error", "structures larger than the head that they are in", "eTIV of the run"
    ),
    "same_sides": Rule(
        impossible.find_same_sides,
        "error",
        "left and right that are exactly the same in more than half of the structures",
        "files copied to the other side",
    ),
    "unit": Rule(
        impossible.find_units,
        "error",
        "a run whose sizes are a power of ten away from those of the others: cm^3 or m in place of mm^3 or mm",
        "the other runs",
    ),
    "copy": Rule(
        copies.find_copies,
        "error",
        "runs, or files of runs, that equal those of another run in 95 % of their values or more",
        "exact comparison",
    ),
    "swapped_sessions": Rule(
        copies.find_swapped_sessions,
        "warning",
        "sessions that are much nearer to another subject (0.6 times the distance) than to their own other sessions",
        "sizes of regions differ more between people than within them",
    ),
    "swapped_sides": Rule(
        sides.find_swapped_sides,
        "warning",
        "runs whose asymmetries are the mirror image of the usual ones",
        "the other runs",
    ),
    "outlier": Rule(
        find_outliers,
        "warning",
        "values more than 3.5 robust deviations (1.4826 MAD) from the median of the other runs",
        "Iglewicz and Hoaglin 1993",
        by_chance=True,
    ),
    "enigma": Rule(
        find_enigma,
        "note",
        "values more than 2.698 standard deviations from the mean, as ENIGMA's protocol lists them",
        "ENIGMA's outlier scripts",
        by_default=False,
        by_chance=True,
    ),
    "many_outliers": Rule(
        find_many,
        "warning",
        "runs of which more than 10 % of the values are outliers: the whole brain is odd",
        "the rule outlier",
    ),
    "multivariate": Rule(
        multivariate.find_multivariate,
        "warning",
        "runs whose regions, taken together, are unlike those of the others (robust Mahalanobis distance, p < .001)",
        "minimum covariance determinant, shrunk by Ledoit and Wolf 2004",
    ),
    "asymmetry": Rule(
        sides.find_asymmetry,
        "warning",
        "structures whose asymmetry (L - R) / ((L + R) / 2) is more than 3.5 robust deviations from the median",
        "the other runs",
        by_chance=True,
    ),
    "defects": Rule(
        surfaces.find_defects,
        "warning",
        "surfaces with many more holes than usual: by median and MAD of the root, within stream and site",
        "Rosen et al. 2018 for the measure; the other runs for the limit",
    ),
    "defects_centred": Rule(
        surfaces.find_defects_centred,
        "warning",
        "the root of the negative mean Euler number more than 10 above the median of stream and site",
        "quality control of normative models (braincharts, where the limit is 5)",
        by_default=False,
    ),
    "defects_absolute": Rule(
        surfaces.find_defects_absolute,
        "note",
        "a mean Euler number below -217",
        "Rosen et al. 2018, found in one study",
        by_default=False,
    ),
    "head_size": Rule(
        heads.find_head_sizes,
        "error",
        "head sizes that are missing, in another unit, implausible, smaller than the brain, or differ between sessions",
        "fsstats.check_head_size",
    ),
    "brain_in_head": Rule(
        heads.find_brain_in_head,
        "warning",
        "a brain (BrainSegVol) that fills an unusual share of its head, or is unusual in so large a head",
        "the other runs",
    ),
    "versions": Rule(
        versions.find_versions,
        "warning",
        "releases of a program that are mixed in the cohort, or in the runs of one subject",
        "column version, see fsstats.with_versions, or the files table",
    ),
    "jump": Rule(
        jumps.find_jumps,
        "warning",
        "a session that differs from every other one of its subject by more than 5 % a year and 5 robust deviations",
        "the changes of the other subjects",
    ),
    "streams": Rule(
        jumps.find_streams,
        "warning",
        "a longitudinal run that differs from the cross-sectional one of its session by 10 % and 5 deviations",
        "the other sessions",
    ),
}
"""The rules of `judge`, by name."""


def judge(
    table: pd.DataFrame,
    *,
    files: pd.DataFrame | None = None,
    rules: str | Collection[str] | None = None,
    covariates: Sequence[str] = (),
    site: str | None = None,
    time: str | None = None,
) -> pd.DataFrame:
    """Judge a cohort: list everything in it that is impossible, implausible or to be known.

    Parameters
    ----------
    table : DataFrame
        A long table, perhaps with people's columns.
    files : DataFrame, optional
        The files table of the same study (``cohort.files`` of `load_cohort` or `read_cohort`): what is missing on
        disk, and which version wrote what.
    rules : str or collection of str, optional
        Which of `RULES`; by default all that run unasked.
    covariates : str or sequence of str
        What values are adjusted for before outliers are looked for: columns of the people (age, sex), header Measures
        (``eTIV``).
    site : str, optional
        The column of sites; each run is then compared with those of its own site. Runs without a site are compared
        with each other, and a warning says how many there are.
    time : str, optional
        A column of years, for changes between sessions; by default ``time``, as `sessions` makes it, if there is one.

    Returns
    -------
    DataFrame
        The judgements table, a row a judgement, the worst first: subject, session, stream, source, hemi, region,
        measure, value, unit, ``expected_low``, ``expected_high``, ``rule``, ``severity`` (error: impossible; warning:
        implausible; note: to be known) and ``says``, a sentence. What does not apply is missing: without a region it
        is the whole run, without a subject the whole cohort. No rows where all is well.

    Raises
    ------
    UnknownNameError
        If there is no such rule or column.
    ColumnsError, FormulaError, TableError
        If it is no long table, or a column cannot be what it is named for.

    Warns
    -----
    FsstatsWarning
        If runs lack their site.

    Notes
    -----
    `RULES` describes every rule. Those that compare a run with the others need at least 10 runs (changes: 10 pairs of
    sessions; `multivariate`: 30). They compare within the processing stream (runs without one are a stream of their
    own), and within `site` if that is given; where a site has fewer than 10 values, with the whole cohort. Skewed
    structures (ventricles, WM hypointensities) are compared by their logarithms. As medians and MAD of few runs vary,
    limits are wider by 1 + 10 / n.

    A judgement is a reason to look, not to leave out.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": [f"s{k}" for k in range(12)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(value=[3.0, 3.1, 2.9, 3.05, 2.95, 3.0, 3.1, 2.9, 3.2, 2.8, 3.0, 5.2])
    >>> judge(table)[["subject", "value", "expected_high", "rule", "severity"]].round(2)
      subject  value  expected_high     rule severity
    0     s11    5.2           5.00    range    error
    1     s11    5.2           3.95  outlier  warning
    """
    names = _chosen(rules)
    require(table, LONG, needed_by="judge")
    if files is not None:
        require(files, FILES, needed_by="judge (files)")
    seen = seen_of(table, needed_by="judge", files=files, covariates=covariates, site=site, time=time)
    if not len(table):
        names = [name for name in names if name == "files"]
    parts = {name: RULES[name].find(seen) for name in names}
    return judgements_of(parts, {name: rule.severity for name, rule in RULES.items()})


def _chosen(rules: str | Collection[str] | None) -> list[str]:
    """Give the rules to run, in the order of the table of rules."""
    wanted = one_or_more(rules)
    if wanted is None:
        return [name for name, rule in RULES.items() if rule.by_default]
    strange = next((name for name in wanted if name not in RULES), None)
    if strange is not None:
        raise UnknownNameError.among("rule", str(strange), RULES)
    return [name for name in RULES if name in wanted]
