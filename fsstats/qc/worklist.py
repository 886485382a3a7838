"""Which runs to look at first."""

from typing import Final

import numpy as np
import pandas as pd

from fsstats._frames import FloatArray, require
from fsstats.qc.rules import RULES
from fsstats.schema import JUDGEMENTS, SEVERITIES, SUBJECT_KEY

_WEIGHTS: Final = {"error": 10.0, "warning": 5.0, "note": 0.5}
_BY_CHANCE: Final = 0.2
"""What the weight of rules is multiplied by that find a few values in any sound cohort."""
_FAR: Final = 2.0
"""Nor are values found by chance that lie so many times as far out as their limit."""
WORKLIST_COLUMNS: Final = {
    "n_errors": "Judgements that are errors.",
    "n_warnings": "Judgements that are warnings.",
    "n_notes": "Judgements that are notes.",
    "rules": "The rules that found something, the worst first.",
    "worst_rule": "The rule that is named in look_at: that of an error, of the value far out, or that weighs most.",
    "score": "How much it matters: over the rules that found something, their weight times 1 + log2 of their rows.",
    "far_out": "How many times as far out as its limit the furthest value is; missing below 2, where it may be chance.",
    "look_at": "What the worst rule says, of several values that of the furthest.",
}


def worklist(judgements: pd.DataFrame) -> pd.DataFrame:
    """Sum up judgements run by run, sorted by how much they matter.

    Parameters
    ----------
    judgements : DataFrame
        What `judge` gave.

    Returns
    -------
    DataFrame
        A row a run with any judgement: subject, session, stream; ``n_errors``, ``n_warnings``, ``n_notes``;
        ``rules``, those that found something; ``worst_rule``; ``score``; ``far_out``, how many times as far out as its
        limit the furthest value is, if that is twice or more; and ``look_at``, what to look at first. Runs with errors
        come before all others, then those with a value far out, the furthest first, then by ``score``. Judgements of
        the whole cohort are not in it.

    Raises
    ------
    ColumnsError
        If it is no judgements table.

    Notes
    -----
    The score is the sum over the rules that found something of w (1 + log2 n), where n counts its rows and w is 10
    for errors, 5 for warnings and 0.5 for notes; a fifth of that for rules that compare every value (``outlier``,
    ``asymmetry``, ``enigma``), which find one here and there in any sound cohort. So a run that many rules find odd
    goes before one in which one rule finds many values odd.

    Among the values that these three rules find in a sound cohort hardly one is twice as far from the middle of what
    was expected as the limit is (sizes by their logarithms). A structure that was lost or has run into its neighbour
    is, so such a value goes before any number of mild ones.

    Examples
    --------
    >>> from fsstats.qc import judge
    >>> table = pd.DataFrame({"subject": [f"s{k}" for k in range(12)], "session": None, "stream": "cross"})
    >>> table = table.assign(source="aparc", hemi="lh", region="insula", measure="thickness", unit="mm")
    >>> table = table.assign(value=[3.0, 3.1, 2.9, 3.05, 2.95, 3.0, 3.1, 2.9, 4.2, 2.8, 3.0, 5.2])
    >>> worklist(judge(table))[["subject", "n_errors", "n_warnings", "worst_rule", "score"]]
      subject  n_errors  n_warnings worst_rule  score
    0     s11         1           1      range   11.0
    1      s8         0           1    outlier    1.0
    """
    require(judgements, JUDGEMENTS, needed_by="worklist")
    keys = list(SUBJECT_KEY)
    text = dict.fromkeys([*keys, "rule", "severity", "says"], "str")
    rows = judgements.assign(far_out=_far_out(judgements))[judgements["subject"].notna()].astype(text)
    of_rules = _of_rules(rows, keys)
    runs = of_rules.groupby(keys, dropna=False, sort=False)
    found = runs.agg(
        rules=("rule", lambda names: ", ".join(dict.fromkeys(names))),
        worst_rule=("rule", "first"),
        score=("score", "sum"),
        far_out=("far_out", "max"),
        look_at=("says", "first"),
        rank=("rank", "min"),
    )
    counts = {
        f"n_{name}s": of_rules["n"]
        .where(of_rules["severity"] == name, 0)
        .groupby([of_rules[key] for key in keys], dropna=False, sort=False)
        .sum()
        for name in SEVERITIES
    }
    table = found.assign(**counts, score=found["score"].round(3)).reset_index()
    far, score = (table[name].fillna(0.0).to_numpy(dtype=np.float64) for name in ("far_out", "score"))
    order = np.lexsort((-score, -far, table["rank"].to_numpy() > 0))
    return table.iloc[order][[*keys, *WORKLIST_COLUMNS]].reset_index(drop=True)


def _of_rules(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Count rows by run, rule and severity, and weigh them; of a run errors go first, then values far out."""
    furthest = rows.sort_values("far_out", ascending=False, kind="stable")
    groups = furthest.groupby([*keys, "rule", "severity"], dropna=False, sort=False)
    found = groups.agg(n=("says", "size"), says=("says", "first"), far_out=("far_out", "max")).reset_index()
    far = found["far_out"].where(found["far_out"] >= _FAR)
    rank = found["severity"].map({name: place for place, name in enumerate(SEVERITIES)}).astype("int64")
    chance = found["rule"].map({name: _BY_CHANCE for name, rule in RULES.items() if rule.by_chance}).fillna(1.0)
    weight = found["severity"].map(_WEIGHTS).astype("float64") * chance.astype("float64")
    score = weight * (1 + np.log2(found["n"].to_numpy(dtype=np.float64)))
    found = found.assign(rank=rank, far_out=far, score=score)
    order = np.lexsort((-score, rank, -far.fillna(0.0), rank > 0))
    return found.iloc[order]


def _far_out(judgements: pd.DataFrame) -> FloatArray:
    """Give how many times as far as its limit a value lies from the middle of what was expected."""
    columns = ("value", "expected_low", "expected_high")
    value, low, high = (judgements[name].to_numpy(dtype=np.float64) for name in columns)
    rule = judgements["rule"].astype("str")
    is_size = (value > 0) & (low > 0) & (rule != "asymmetry").to_numpy()
    value, low, high = (np.log(each, where=is_size, out=each.copy()) for each in (value, low, high))
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.abs(value - (low + high) / 2) / ((high - low) / 2)
    of_values = rule.isin([name for name, one in RULES.items() if one.by_chance]).to_numpy()
    return np.where(of_values, far, np.nan)
