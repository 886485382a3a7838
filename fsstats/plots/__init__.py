"""Figures of long tables, results tables and judgements: axes in, axes out."""

from fsstats.plots.brain_map import brain_map
from fsstats.plots.brain_map_svg import brain_map_svg
from fsstats.plots.brain_map_table import brain_map_table
from fsstats.plots.correlations import correlations
from fsstats.plots.forest import forest
from fsstats.plots.groups import groups
from fsstats.plots.heatmap import heatmap
from fsstats.plots.meta_forest import meta_forest
from fsstats.plots.qq import qq
from fsstats.plots.quality import quality
from fsstats.plots.quality_runs import quality_runs
from fsstats.plots.regression import regression
from fsstats.plots.sites import sites
from fsstats.plots.spaghetti import spaghetti
from fsstats.plots.volcano import volcano

__all__ = [
    "brain_map",
    "brain_map_svg",
    "brain_map_table",
    "correlations",
    "forest",
    "groups",
    "heatmap",
    "meta_forest",
    "qq",
    "quality",
    "quality_runs",
    "regression",
    "sites",
    "spaghetti",
    "volcano",
]
