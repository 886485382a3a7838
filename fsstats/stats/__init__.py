"""Statistics: long table in, results table (or an adjusted long table) out; no files, no processes, no pictures."""

from fsstats.stats._composite import Composite
from fsstats.stats._formula import variables_of
from fsstats.stats._harmonisation import Harmonisation
from fsstats.stats._head_size_model import HeadSize
from fsstats.stats._icv import HEAD_SIZE_CHECKS, check_head_size
from fsstats.stats._norms import Norms
from fsstats.stats._norms_given import norms_from_coefficients
from fsstats.stats.aggregate import aggregate
from fsstats.stats.anova import anova
from fsstats.stats.asymmetry import asymmetry
from fsstats.stats.by_site import by_site
from fsstats.stats.change import change
from fsstats.stats.compare import compare
from fsstats.stats.composite import apply_composite, composite, fit_composite
from fsstats.stats.correct import correct
from fsstats.stats.correlate import correlate
from fsstats.stats.design import Design, design_of
from fsstats.stats.guards import GUARDS
from fsstats.stats.harmonise import apply_harmonisation, fit_harmonisation, harmonise
from fsstats.stats.head_size import adjust_head_size, apply_head_size, fit_head_size
from fsstats.stats.marginal import marginal_means, slopes
from fsstats.stats.meta import egger, leave_one_out, meta, meta_weights
from fsstats.stats.mixed import compare_mixed, mixed, variance_components
from fsstats.stats.model_fit import model_fit
from fsstats.stats.norms import apply_norms, fit_norms, norm_centiles, norm_scores
from fsstats.stats.permute import permute
from fsstats.stats.power import power
from fsstats.stats.regress import regress
from fsstats.stats.site_effects import site_effects

__all__ = [
    "GUARDS",
    "HEAD_SIZE_CHECKS",
    "Composite",
    "Design",
    "Harmonisation",
    "HeadSize",
    "Norms",
    "adjust_head_size",
    "aggregate",
    "anova",
    "apply_composite",
    "apply_harmonisation",
    "apply_head_size",
    "apply_norms",
    "asymmetry",
    "by_site",
    "change",
    "check_head_size",
    "compare",
    "compare_mixed",
    "composite",
    "correct",
    "correlate",
    "design_of",
    "egger",
    "fit_composite",
    "fit_harmonisation",
    "fit_head_size",
    "fit_norms",
    "harmonise",
    "leave_one_out",
    "marginal_means",
    "meta",
    "meta_weights",
    "mixed",
    "model_fit",
    "norm_centiles",
    "norm_scores",
    "norms_from_coefficients",
    "permute",
    "power",
    "regress",
    "site_effects",
    "slopes",
    "variables_of",
    "variance_components",
]
