"""Quality control: a long table in, judgements out; no files, no processes, no pictures."""

from fsstats.qc.outliers import outliers
from fsstats.qc.rules import RULES, Rule, judge
from fsstats.qc.worklist import worklist

__all__ = [
    "RULES",
    "Rule",
    "judge",
    "outliers",
    "worklist",
]
