"""Read the two tables of this package that ship as tab-separated text."""

import csv
from importlib.resources import files


def read_tsv(name: str) -> list[dict[str, str]]:
    """Give the rows of a packaged table: tab separated, no quoting, one header line."""
    text = files("fsstats.schema").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
