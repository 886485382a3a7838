"""The JSON file beside a table: what every column holds, in BIDS' words."""

import json
from pathlib import Path
from typing import Final

import pandas as pd

from fsstats.errors import TableError
from fsstats.io._stores import text_in
from fsstats.schema import (
    ADJUSTED_COLUMNS,
    DETAIL_COLUMNS,
    FILES,
    FILES_COLUMNS,
    FURTHER_RESULT_COLUMNS,
    GLOBAL,
    JUDGEMENT_COLUMNS,
    JUDGEMENTS,
    LONG,
    LONG_COLUMNS,
    RESULT_COLUMNS,
    RESULTS,
    SEVERITIES,
    STATUSES,
    global_measures,
    measures,
    source_of,
)
from fsstats.tables.problems import PROBLEMS, PROBLEMS_COLUMNS
from fsstats.tables.shape import split_name
from fsstats.tables.versions import VERSION_COLUMNS

GENERATOR: Final = "fsstats"


def is_ours(path: Path) -> bool:
    """Say whether a JSON file is a sidecar that fsstats wrote."""
    try:
        content = json.loads(text_in(path) or "")
    except (OSError, ValueError):
        return False
    maker = content.get("GeneratedBy") if isinstance(content, dict) else None
    return isinstance(maker, dict) and maker.get("Name") == GENERATOR


def describe_columns(table: pd.DataFrame) -> dict[str, object]:
    """Describe every column of a table: Description, Units and Levels, as far as they are known."""
    columns = set(table.columns)
    kinds = (
        (JUDGEMENTS, JUDGEMENT_COLUMNS),
        (FILES, FILES_COLUMNS),
        (PROBLEMS, PROBLEMS_COLUMNS),
        (RESULTS, {**RESULT_COLUMNS, **FURTHER_RESULT_COLUMNS}),
    )
    others = {**LONG_COLUMNS, **DETAIL_COLUMNS, **VERSION_COLUMNS, **ADJUSTED_COLUMNS}
    texts = next((known for names, known in kinds if set(names) <= columns), others)
    described = {str(name): _describe(str(name), texts) for name in table.columns}
    if set(LONG) <= columns:
        described["measure"]["Levels"] = _levels(table["measure"])
        known_sources = {name: source_of(name) for name in _used(table["source"])}
        described["source"]["Levels"] = {name: kind.description for name, kind in known_sources.items() if kind}
        described["value"]["Units"] = "see column unit"
    if set(RESULTS) <= columns:
        described["measure"]["Levels"] = _levels(table["measure"])
    if texts is JUDGEMENT_COLUMNS:
        described["severity"]["Levels"] = dict(SEVERITIES)
    if texts is FILES_COLUMNS:
        described["status"]["Levels"] = dict(STATUSES)
    return dict(described)


def _describe(name: str, texts: dict[str, str]) -> dict[str, object]:
    if name in texts:
        return {"Description": texts[name]}
    try:
        parts = split_name(name)
    except TableError:  # a measure of an atlas of one's own, or a participants' column that ends like one
        parts = None
    if parts is None:
        return {}
    source, hemi, region, measure, unit = parts
    known = global_measures().get(measure) if region == GLOBAL else measures().get(measure)
    what = known.description if known else measure
    place = " ".join(part for part in (hemi, region if region != GLOBAL else None) if part)
    text = f"{what}, {place} ({source})" if place else f"{what} ({source})"
    return {"Description": text, **({"Units": unit} if unit else {})}


def _used(column: pd.Series) -> list[str]:
    return [str(name) for name in column.dropna().unique()]


def _levels(names: pd.Series) -> dict[str, str]:
    texts = {name: measure.description for name, measure in measures().items()}
    for name, known in global_measures().items():
        texts[name] = f"{known.description} ({known.note})" if known.note else known.description
    return {name: texts[name] for name in _used(names) if name in texts}
