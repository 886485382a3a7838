"""Made-up data to try, teach and test with: a cohort on disk whose every number is known."""

from fsstats.datasets._also import ALSO
from fsstats.datasets._cohort import MadeCohort, make_cohort
from fsstats.datasets._damage import DAMAGE
from fsstats.datasets._ukb import make_ukb_zips

__all__ = ["ALSO", "DAMAGE", "MadeCohort", "make_cohort", "make_ukb_zips"]
