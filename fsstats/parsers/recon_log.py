"""recon-all's logs: versions, run times, surface defects before and after fixing, errors."""

from fsstats.parsers.formats import Format

FORMATS: tuple[Format, ...] = ()
