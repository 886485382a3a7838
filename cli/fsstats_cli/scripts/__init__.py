"""FreeSurfer's two scripts, flag by flag, with the lines and exit statuses that other programs look at.

What the scripts print on stdout, these print there, in the same order; what is ours to say goes to stderr.
"""

from fsstats_cli.scripts.program import AS_WRITTEN, aparcstats2table, asegstats2table

__all__ = ["AS_WRITTEN", "aparcstats2table", "asegstats2table"]
