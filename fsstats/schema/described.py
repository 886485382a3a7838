"""Add descriptions of kinds of file, atlases and measures, all of a text or none."""

from fsstats.schema._registry import add, take_back
from fsstats.schema.measures import measures
from fsstats.schema.regions import regions
from fsstats.schema.sources import sources


def add_kinds(text: str, where: str = "<text>") -> None:
    """Add what a TOML text describes.

    Parameters
    ----------
    text : str
        ``[[source]]``, ``[[region]]`` and ``[[measure]]`` tables, as in the files of ``schema/kinds``.
    where : str
        Name for messages.

    Raises
    ------
    KindsError
        If anything of it is not valid; nothing is added then.
    """
    add(text, where)
    try:
        sources(), regions(), measures()
    except BaseException:
        take_back()
        raise
