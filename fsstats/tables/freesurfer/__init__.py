"""FreeSurfer's tables, as its scripts ``asegstats2table`` and ``aparcstats2table`` print them."""

from fsstats.tables.freesurfer.arrange import chosen_files, freesurfer_table, tabulate, zeros_of
from fsstats.tables.freesurfer.columns import as_alike, columns_of, lacking_fields, reader_of, seen_by_script
from fsstats.tables.freesurfer.specs import APARC_WORDS, ASEG_WORDS, DELIMITERS, AparcTable, AsegTable, Spec
from fsstats.tables.freesurfer.text import Tabulated, text_of

__all__ = [
    "APARC_WORDS",
    "ASEG_WORDS",
    "DELIMITERS",
    "AparcTable",
    "AsegTable",
    "Spec",
    "Tabulated",
    "as_alike",
    "chosen_files",
    "columns_of",
    "freesurfer_table",
    "lacking_fields",
    "reader_of",
    "seen_by_script",
    "tabulate",
    "text_of",
    "zeros_of",
]
