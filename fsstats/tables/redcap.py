"""A wide table under names that REDCap takes, and the data dictionary that defines them there."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from fsstats._frames import plain_rows, require
from fsstats.errors import TableError
from fsstats.schema import SUBJECT_KEY
from fsstats.tables._alike import row_name

_LONGEST: Final = 100
_RECORD: Final = "record_id"
DICTIONARY: Final = (
    *("Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label"),
    *("Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number"),
    *("Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)"),
    *("Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name"),
    *("Matrix Ranking?", "Field Annotation"),
)
"""The headings of REDCap's data dictionary."""


def redcap_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name one that REDCap takes: small letters, digits and underscores, a letter first, at most 100 signs.

    Names that would be the same get a number behind.

    Examples
    --------
    >>> redcap_names(["aparc_lh_insula_thickness", "aparc.a2009s_lh_G&S_frontomargin_area", "3rd"])
    {'aparc_lh_insula_thickness': 'aparc_lh_insula_thickness',
     'aparc.a2009s_lh_G&S_frontomargin_area': 'aparc_a2009s_lh_g_s_frontomargin_area', '3rd': 'v_3rd'}
    """
    given: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        plain = (plain if plain[:1].isalpha() else f"v_{plain}")[:_LONGEST].rstrip("_")
        made, number = plain, 1
        while made in used:
            number += 1
            made = f"{plain[: _LONGEST - 4]}_{number}"
        used.add(made)
        given[name] = made
    return given


def redcap_tables(wide: pd.DataFrame, described: Mapping[str, Any], *, form: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give a wide table as records of REDCap, and the data dictionary of its fields.

    Parameters
    ----------
    wide : DataFrame
        A row a run, as `to_wide` gives it.
    described : mapping
        Description and Units of the columns, by name.
    form : str
        The instrument that holds the fields.

    Returns
    -------
    records, dictionary : DataFrame
        ``record_id`` is the name of the run's folder; subject, session and stream are fields.

    Raises
    ------
    TableError
        If the form's name is none that REDCap takes.
    """
    require(wide, SUBJECT_KEY, needed_by="redcap_tables")
    if redcap_names([form])[form] != form:
        message = f"{form!r} is no name of a form in REDCap, which takes small letters, digits and underscores"
        raise TableError(message)
    runs = plain_rows(wide[list(SUBJECT_KEY)])
    names = redcap_names([_RECORD, *map(str, wide.columns)])
    records = wide.rename(columns=lambda name: names[str(name)])
    records.insert(0, _RECORD, pd.Series([row_name(*run) for run in runs], dtype="str"))
    numeric = {str(name) for name in wide.columns if pd.api.types.is_numeric_dtype(wide[name].dtype)}
    lines = [
        {
            DICTIONARY[0]: field,
            DICTIONARY[1]: form,
            DICTIONARY[3]: "text",
            DICTIONARY[4]: described.get(name, {}).get("Description") or name,
            DICTIONARY[6]: " ".join(filter(None, [described.get(name, {}).get("Units"), f"({name})"])),
            DICTIONARY[7]: "number" if name in numeric else "",
        }
        for name, field in names.items()
    ]
    empty = dict.fromkeys(DICTIONARY, "")
    return records, pd.DataFrame([empty | line for line in lines], columns=list(DICTIONARY))
