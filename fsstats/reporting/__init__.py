"""Reports: one HTML file, made of tables, figures and words, that can be sent to a co-author."""

from fsstats.reporting.cohort import report
from fsstats.reporting.document import Report

__all__ = ["Report", "report"]
