"""The columns of the tables that users touch, each with what it holds.

The dictionaries are the only place where these names stand: they order the
columns, and their texts become the JSON sidecar beside a written table.
"""

from typing import Final

SCHEMA_VERSION: Final = "1"
"""Raised when a column or the meaning of a value changes."""

LONG_COLUMNS: Final = {
    "subject": "Subject, as the folder names it (BIDS: sub-<label>).",
    "session": "Session or time point; missing in a study with one session.",
    "stream": "FreeSurfer's processing stream: cross, long or base.",
    "source": "Which stats file the value comes from, by its name without hemisphere and suffix.",
    "hemi": "lh or rh where the file or the name says a side, lr for what is made of both, else missing.",
    "region": "Structure in the spelling of current FreeSurfer; 'global' for header Measures.",
    "measure": "What was measured; for header Measures the field that FreeSurfer prints.",
    "value": "The number in the file; missing is NaN, never 0.",
    "unit": "Unit of the value.",
}
"""The long table: one row per value. ``subject`` to ``measure`` is unique."""

LONG: Final = tuple(LONG_COLUMNS)
KEY: Final = LONG[: LONG.index("value")]
SUBJECT_KEY: Final = ("subject", "session", "stream")
GLOBAL: Final = "global"
"""The ``region`` of header Measures."""

DETAIL_COLUMNS: Final = {
    "segid": "FreeSurfer's segmentation id, where the file has one.",
    "name_found": "The structure's or Measure's name as it stands in the file.",
}
"""Further columns of the long table that `load` adds on request."""

ADJUSTED_FOR: Final = "adjusted_for"
ADJUSTED_COLUMNS: Final = {
    ADJUSTED_FOR: "For which size of the head the value was adjusted, and how: eTIV (residual); else missing.",
}
"""The column of the long table that `adjust_head_size` adds, so that nothing is adjusted twice."""

FILES_COLUMNS: Final = {
    "path": "The file, or where it ought to be.",
    "subject": LONG_COLUMNS["subject"],
    "session": LONG_COLUMNS["session"],
    "stream": LONG_COLUMNS["stream"],
    "source": LONG_COLUMNS["source"],
    "hemi": "lh or rh where the file's name says a side, else missing.",
    "part": "Which part of the source it is, where that is several files: a tract, a tissue, a structure.",
    "tool": "Which program family wrote the file: FreeSurfer, FastSurfer or FSL.",
    "version": "Version of that tool, from the file's header or else from the subject's build stamp.",
    "status": "found, ok, partial, empty, missing, unreadable, conflict or skipped.",
    "problem": "What was expected, what stood there, on which line; missing where all is well.",
    "directory": "Name of the subject's folder.",
    "state": "recon-all's own word on the subject: done, failed, running or never run.",
    "subject_in_file": "Subject name in the file's header, which need not be the folder's.",
    "definitions": "What measures mean that changed between versions, as measure=meaning.",
    "n_values": "Values of this file in the long table.",
}
"""The files table: one row per file that was found or ought to be there."""

FILES: Final = tuple(FILES_COLUMNS)

STATUSES: Final = {
    "found": "not read yet",
    "ok": "read whole",
    "partial": "read in part: what is missing is named",
    "empty": "no content",
    "missing": "ought to be there and is not",
    "unreadable": "could not be read or is not a stats file",
    "conflict": "contradicts its name or another file, so nothing of it is used",
    "skipped": "left out on purpose",
}
GOOD: Final = frozenset({"found", "ok", "skipped"})
"""The statuses that are no fault."""

RESULT_COLUMNS: Final = {
    "source": LONG_COLUMNS["source"],
    "hemi": LONG_COLUMNS["hemi"],
    "region": LONG_COLUMNS["region"],
    "measure": "What the statistic is of: the measure that was modelled.",
    "term": "What was estimated: a column of the design, a comparison of levels (patient - control), a term of a test.",
    "estimate": "The estimate; NaN where there is none (a test of several columns at once) or none could be made.",
    "unit": "Unit of the measure; the estimate of a numeric term is in this unit per unit of the term.",
    "std_error": "Standard error of the estimate.",
    "statistic": "The test statistic that method names: t, F, z, chi2.",
    "df_term": "Degrees of freedom of what is tested (1 for t); the numerator's for F.",
    "df": "Residual degrees of freedom; infinite for z and chi2.",
    "p_value": "Two-sided p-value, not corrected for multiple tests.",
    "ci_low": "Lower confidence limit of the estimate.",
    "ci_high": "Upper confidence limit of the estimate.",
    "effect_size": "Standardised size of the effect.",
    "effect_name": "Which one: cohens_d, hedges_g, standardised_beta, partial_r, partial_eta_squared …",
    "effect_se": "Standard error of the effect size, where its formula gives one.",
    "effect_low": "Lower confidence limit of the effect size.",
    "effect_high": "Upper confidence limit of the effect size.",
    "n": "Rows that the estimate rests on.",
    "n_first": "Of a comparison of two levels: rows of the first.",
    "n_second": "Of a comparison of two levels: rows of the second.",
    "n_missing": "Rows left out because this value, or a variable of the model, is missing.",
    "method": "What was done, in words.",
    "note": "Why a number is missing or doubtful; missing where all is well.",
}
"""The results table: one row per region, measure and term."""

FURTHER_RESULT_COLUMNS: Final = {
    "p_adjusted": "p-value corrected for the number of tests.",
    "adjustment": "How, and what is one family of tests.",
    "n_tests": "Tests in the family, those without a p-value not counted.",
    "p_permutation": "p-value by permutations, not corrected.",
    "p_fwe": "p-value by permutations, corrected by the largest statistic of the family.",
    "n_permutations": "Permutations, the one that changes nothing included.",
    "exact": "Whether every permutation that there is was used.",
    "sum_sq": "Sum of squares of the term.",
    "site": "Whose results these are.",
    "left_out": "The site that was left out.",
    "k": "Sites that were pooled.",
    "tau2": "Variance between sites.",
    "tau2_low": "Lower confidence limit of tau2.",
    "tau2_high": "Upper confidence limit of tau2.",
    "i2": "Share of the variance that is between sites, per cent.",
    "h2": "Whole variance over that within sites.",
    "q": "Cochran's Q.",
    "q_df": "Its degrees of freedom.",
    "q_p": "Its p-value: whether sites differ.",
    "prediction_low": "Lower limit of where the effect of a further site is to be expected.",
    "prediction_high": "Upper limit of that.",
}
"""Columns that some statistics add behind those of every results table."""

JUDGEMENT_COLUMNS: Final = {
    **{name: LONG_COLUMNS[name] for name in KEY},
    "value": "What was judged; missing where it is no single number.",
    "unit": "Its unit.",
    "expected_low": "The least that was to be expected.",
    "expected_high": "The most that was to be expected.",
    "rule": "Which rule of quality control says so.",
    "severity": "How bad it is: error, warning or note.",
    "says": "What was expected, what was found, and what to look at.",
}
"""The judgements of quality control: one row a judgement. What does not apply is missing: no region, the whole run."""

JUDGEMENTS: Final = tuple(JUDGEMENT_COLUMNS)
SEVERITIES: Final = {
    "error": "impossible: no brain, or no whole file, has it",
    "warning": "implausible: it is to be looked at",
    "note": "to be known",
}
"""The severities of a judgement, the worst first."""

RESULTS: Final = tuple(RESULT_COLUMNS)
CELL: Final = ("source", "hemi", "region", "measure")
"""What names a column of values: of whom is not said."""

STREAMS: Final = ("cross", "long", "base")
HEMIS: Final = ("lh", "rh")
