"""Made-up data to try, teach and test with: a cohort on disk whose every number is known."""

from fsstats.datasets._cohort import MadeCohort, make_cohort
from fsstats.datasets._damage import DAMAGE

__all__ = ["DAMAGE", "MadeCohort", "make_cohort"]
