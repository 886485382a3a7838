"""The methods paragraph, written from what was done: from the texts that every results table carries.

What a results table does not say is not said here. A text of ``method`` that no pattern knows is quoted.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import pandas as pd

from fsstats._frames import some_of
from fsstats._version import __version__
from fsstats.plots._names import effect_text, measure_text, term_text
from fsstats.reporting._numbers import count, counted, per_cent, spread
from fsstats.reporting._sheets import level_of
from fsstats.reporting.references import cited, references
from fsstats.schema import GLOBAL, LONG, Source, source_of


class Methods(NamedTuple):
    """What was done, and the works that it rests on."""

    paragraphs: tuple[str, ...]
    keys: tuple[str, ...]
    """Keys of `references`, in the order of the alphabet."""


class _Said(NamedTuple):
    """A sentence, and what it cites."""

    text: str
    keys: tuple[str, ...] = ()


_LEAST_SQUARES: Final = re.compile(
    r"(?:ordinary least squares|least squares weighted by (?P<weights>.+?)), "
    r"(?:(?:classical|(?P<robust>HC\d)) standard errors|standard errors by clusters of (?P<clusters>.+) \(CR1\))"
)
_PIECES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    r"(Welch|Student)'s t test": ("Groups were compared in every region by {0}'s t test", ()),
    r"Student's t test with the variance of all groups": (
        "Groups were compared in every region by Student's t test with the variance of all groups",
        (),
    ),
    r"Welch analysis of variance": ("Groups were compared in every region by Welch's analysis of variance", ()),
    r"one-way analysis of variance": ("Groups were compared in every region by one-way analysis of variance", ()),
    r"linear mixed model by (REML|ML), (random intercept of .+)": (
        "A linear mixed model was fitted to every region by {0}, with a {1}",
        (),
    ),
    r"(.*correlation)(, given .+)?": ("{0} was computed in every region{1}", ()),
    r"meta-analysis( of Fisher's z)?, (random effects \(\w+\)|equal effects), (.+)": (
        "Results of the sites were pooled by meta-analysis{0} ({1}; {2})",
        (),
    ),
    r"Brown-Forsythe F of the residuals": (
        "Variances were compared by Brown and Forsythe's test of the residuals",
        ("brown1974",),
    ),
    r"Freedman-Lane, (all )?(\d+ .+?)(, seed \d+)?(, greater|, less)?": (
        "p-values were found by {0}{1} of the residuals of the reduced model (Freedman and Lane's scheme{2}{3})",
        ("freedman1983", "winkler2014"),
    ),
    r"p_fwe by the largest statistic (.+)": (
        "Family-wise p-values rest on the largest statistic {0}",
        ("winkler2014",),
    ),
    r"[tzF]": ("", ()),
    r"F, type (I+)": ("Whole terms were tested by F tests with type {0} sums of squares", ()),
    r"t, Satterthwaite": ("Degrees of freedom are Satterthwaite's approximation", ("kuznetsova2017",)),
    r"chi2": ("Models were compared by the likelihood ratio", ()),
}
"""Parts of the text of ``method``, between semicolons: what each says in a sentence, and the works it cites."""
_NAMED_IN: Final = {"Welch": ("welch1947",), "Knapp and Hartung": ("knapp2003",)}
"""Works that are cited where a part of the text has these words."""
_CORRECTIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "fdr_bh": ("for the false discovery rate by Benjamini and Hochberg's procedure", ("benjamini1995",)),
    "fdr_by": ("for the false discovery rate by Benjamini and Yekutieli's procedure", ("benjamini2001",)),
    "holm": ("for the family-wise error by Holm's procedure", ("holm1979",)),
    "bonferroni": ("for the family-wise error by Bonferroni's procedure", ("dunn1961",)),
    "hochberg": ("for the family-wise error by Hochberg's procedure", ("hochberg1988",)),
    "hommel": ("for the family-wise error by Hommel's procedure", ("hommel1988",)),
    "tukey": ("for the pairs of groups by Tukey's procedure", ()),
}
_EFFECTS: Final = {"cohens_d": ("cohen1988",), "hedges_g": ("hedges1981",)}
_SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "aseg": ("fischl2002",),
    "wmparc": ("desikan2006",),
    "aparc": ("desikan2006",),
    "aparc.DKTatlas": ("klein2012",),
    "aparc.DKTatlas.mapped": ("klein2012",),
    "aparc.a2009s": ("destrieux2010",),
    "first": ("patenaude2011",),
    "fast": ("zhang2001",),
    "sienax": ("smith2002",),
    "synthseg": ("billot2023",),
}
_STREAMS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "long": ("The visits of each person were processed together, by the longitudinal stream", ("reuter2012",)),
    "cross": ("Each visit was processed by itself, by the cross-sectional stream", ()),
    "base": ("The templates of people were measured (base)", ()),
}
_PROGRAMS: Final = {"FreeSurfer": ("fischl2012",), "FastSurfer": ("henschel2020",)}


def methods_of(*results: pd.DataFrame, table: pd.DataFrame | None = None, files: pd.DataFrame | None = None) -> Methods:
    """Write the methods paragraph from what results, and the tables behind them, say of themselves.

    Parameters
    ----------
    *results : DataFrame
        Results tables.
    table : DataFrame, optional
        The long table that they were made of, for the versions of programs (column ``version``) and streams.
    files : DataFrame, optional
        The files table, for the same.

    Returns
    -------
    tuple of (tuple of str, tuple of str)
        Paragraphs in plain text, and the keys of the works that they cite.

    Examples
    --------
    >>> from fsstats.stats._results import results_table
    >>> cells = {"source": ["aparc"], "hemi": ["lh"], "region": ["insula"], "measure": ["thickness"], "unit": ["mm"]}
    >>> how = {"estimate": -0.1, "n": 40, "method": "Student's t test; value ~ group; t"}
    >>> found = results_table(pd.DataFrame(cells), ["group"], **how)
    >>> print(methods_of(found).paragraphs[1])
    Groups were compared in every region by Student's t test: value ~ group (thickness of aparc, 1 region; n = 40). \
The term group was tested.
    """
    said = [_measured(results, table, files)]
    said += [_analysis(rows) for rows in _analyses(results)]
    said += [_sizes(results), _corrections(results), _software()]
    keys = sorted({key for one in said for key in one.keys}, key=list(references()).index)
    return Methods(tuple(one.text for one in said if one.text), tuple(keys))


def _analyses(results: Iterable[pd.DataFrame]) -> list[pd.DataFrame]:
    """Give the rows of each way in which something was done, in the order in which they appear."""
    return [rows for one in map(_with_numbers, results) for _, rows in one.groupby("method", sort=False)]


def _with_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what has no number: variables of the model, regions that could not be tested."""
    has = rows[["statistic", "p_value"]].notna().any(axis=1)
    has = has if has.any() else rows["estimate"].notna()
    return rows[rows["method"].notna() & has]


def _measured(results: Sequence[pd.DataFrame], table: pd.DataFrame | None, files: pd.DataFrame | None) -> _Said:
    """Say how the values were measured: by which program, and how visits were processed."""
    said = [_programs(results, table, files), _streams(table)]
    return _Said(" ".join(one.text for one in said if one.text), tuple(key for one in said for key in one.keys))


def _programs(results: Sequence[pd.DataFrame], table: pd.DataFrame | None, files: pd.DataFrame | None) -> _Said:
    """Say which program measured what."""
    versions = versions_of(table, files)
    sources = list(dict.fromkeys(str(name) for one in results for name in one["source"].dropna().unique()))
    kinds = [source_of(name) for name in sources]
    described = [_described(name, kind) for name, kind in zip(sources, kinds, strict=True)]
    keys = [key for name in versions for program, own in _PROGRAMS.items() if name.startswith(program) for key in own]
    keys += [key for name in sources for key in _SOURCES.get(name, ())]
    if "thickness" in {str(name) for one in results for name in one["measure"].unique()} and versions:
        keys.append("fischl2000")
    if not sources:
        return _Said("")
    by = f" with {and_list(versions)}" if versions else ""
    text = f"Values were measured{by}: {and_list(described)}{cited(keys)}."
    return _Said(text, tuple(keys))


def _streams(table: pd.DataFrame | None) -> _Said:
    """Say how visits were processed: of a longitudinal study, and of people with several visits in any."""
    if table is None or "stream" not in table.columns:
        return _Said("")
    streams = sorted(table["stream"].dropna().astype("str").unique())
    keys = tuple(_STREAMS["long"][1]) if "long" in streams else ()
    if len(streams) > 1:
        return _Said(f"Runs of several streams were put into one model: {and_list(streams)}{cited(keys)}.", keys)
    visits = table[["subject", "session"]].drop_duplicates()
    if streams == ["long"] or (streams and visits["subject"].duplicated().any()):
        text, keys = _STREAMS.get(streams[0], (f"The runs are of the stream {streams[0]}", ()))
        return _Said(f"{text}{cited(keys)}.", keys)
    return _Said("")


def _described(name: str, kind: Source | None) -> str:
    """Say what a source is, without the remarks on it.

    Examples
    --------
    >>> _described("fast", source_of("fast")), _described("aseg", source_of("aseg"))
    ('FAST: tissue volumes, each voxel by its fraction (fast)', 'subcortical segmentation (aseg)')
    """
    if kind is None:
        return name
    text = kind.description.partition(";")[0]
    return f"{text if text[:2].isupper() else text[:1].lower() + text[1:]} ({name})"


def versions_of(table: pd.DataFrame | None, files: pd.DataFrame | None) -> list[str]:
    """Name programs with their versions, as the table or the files say; nothing where neither does.

    Examples
    --------
    >>> versions_of(pd.DataFrame({"version": ["FreeSurfer 7.4.1", None, "FreeSurfer 7.4.1"]}), None)
    ['FreeSurfer 7.4.1']
    """
    if table is not None and "version" in table.columns:
        return sorted({str(version).removesuffix(" ?") for version in table["version"].dropna().unique()})
    if files is not None and {"tool", "version"} <= set(files.columns):
        known = files[files["tool"].notna() & files["version"].notna()]
        return sorted({f"{tool} {version}" for tool, version in zip(known["tool"], known["version"], strict=True)})
    return []


def _analysis(rows: pd.DataFrame) -> _Said:
    """Say how some rows were made: model, of what, terms, n."""
    method = str(rows["method"].iloc[0])
    pieces = method.split("; ")
    formula = next((piece for piece in pieces if " ~ " in piece), "")
    said = [_sentence(piece) for piece in pieces if piece != formula]
    main, others = said[0], [one for one in said[1:] if one.text]
    head = main.text + cited(main.keys) + (f": {formula}" if formula else "")
    tail = "".join(f" {one.text}{cited(one.keys)}." for one in others)
    terms = [term_text(term) for term in rows["term"].dropna().unique() if term != "Intercept"]
    tested = f" The term{'s' if len(terms) > 1 else ''} {and_list(terms)} {'were' if len(terms) > 1 else 'was'} tested."
    text = f"{head} ({_of_what(rows)}; {_n(rows)}).{tested if terms else ''}{tail}{_left(rows)}"
    return _Said(text, tuple(key for one in said for key in one.keys))


def _sentence(piece: str) -> _Said:
    """Say a part of the text of ``method`` in a sentence; quote it if it is not known."""
    if found := _LEAST_SQUARES.fullmatch(piece):
        return _least_squares(found["weights"], found["robust"], found["clusters"])
    named = [key for words, own in _NAMED_IN.items() if words in piece for key in own]
    for pattern, (template, keys) in _PIECES.items():
        if found := re.fullmatch(pattern, piece):
            text = template.format(*(word or "" for word in found.groups()))
            return _Said(text if text.startswith("p-") else text[:1].upper() + text[1:], (*keys, *named))
    return _Said(f"Method: “{piece}”")


def _least_squares(weights: str | None, robust: str | None, clusters: str | None) -> _Said:
    how = f"least squares weighted by {weights}" if weights else "ordinary least squares"
    errors = "classical standard errors"
    if robust:
        errors = f"heteroscedasticity-consistent standard errors ({robust})"
    elif clusters:
        errors = f"standard errors that allow for clusters of {clusters} (CR1)"
    text = f"A linear model was fitted to every region by {how}, with {errors}"
    return _Said(text, ("mackinnon1985",) if robust else ())


def _of_what(rows: pd.DataFrame) -> str:
    """Say of how many regions of which measures."""
    texts = []
    for (measure, source), own in rows.groupby(["measure", "source"], sort=False, dropna=False):
        cells = own[["hemi", "region"]].drop_duplicates()
        regions = int((cells["region"] != GLOBAL).sum())
        what = counted(regions, "region") if regions else "whole brain"
        of = f" of {source}" if isinstance(source, str) else ""
        texts.append(f"{measure_text(measure)}{of}, {what}")
    return some_of(texts, 12)


def _n(rows: pd.DataFrame) -> str:
    return f"n = {spread(rows['n'].min(), rows['n'].max())}"


def _left(rows: pd.DataFrame) -> str:
    """Say how many values could not be used."""
    lost = rows["n_missing"]
    if not (lost > 0).any():
        return ""
    runs = "run was" if lost.max() == 1 else "runs were"
    each = "" if lost.min() == lost.max() else ", by region,"
    return f" For want of a value or a variable {spread(lost.min(), lost.max())} {runs}{each} left out."


def _sizes(results: Sequence[pd.DataFrame]) -> _Said:
    """Say what effect sizes and intervals are."""
    names = [str(name) for name in _distinct(results, "effect_name")]
    levels = sorted({level for one in results if (level := level_of(one)) is not None})
    texts, keys = [], [key for name in names for key in _EFFECTS.get(name, ())]
    if names:
        sizes = [f"{effect_text(name)}{cited(_EFFECTS.get(name, ()))}" for name in names]
        texts.append(f"Effect sizes are {and_list(sizes)}.")
    if "cohens_d" in names and "hedges_g" not in names:
        texts.append(
            "Hedges' g, which fsstats compare gives, is Cohen's d corrected for small samples, and a little smaller."
        )
    if levels:
        texts.append(f"Confidence intervals are of {and_list([per_cent(level) for level in levels])}, not corrected.")
    return _Said(" ".join(texts), tuple(keys))


def _corrections(results: Sequence[pd.DataFrame]) -> _Said:
    """Say how p-values were corrected, and how many tests a family has."""
    texts: list[str] = []
    keys: list[str] = []
    corrected = [one for one in results if "adjustment" in one.columns]
    for adjustment in map(str, _distinct(corrected, "adjustment")):
        sizes = pd.concat([one.loc[one["adjustment"] == adjustment, "n_tests"] for one in corrected])
        method, _, family = adjustment.partition(" ")
        what, own = _CORRECTIONS.get(method, (f"by {method}", ()))
        known = sizes[sizes > 0]
        tests = f"; a family has {spread(known.min(), known.max())} tests" if len(known) else ""
        texts.append(f"p-values were corrected {what}{cited(own)} {_family(family)}{tests}.")
        keys += own
    if not texts and any(one["p_value"].notna().any() for one in results):
        texts.append("p-values are not corrected for the number of tests.")
    return _Said(" ".join(texts), tuple(keys))


def _family(text: str) -> str:
    """Say what one family of tests is."""
    found = re.fullmatch(r"(?:of (\w+) )?within (.+)", text)
    if not found:
        return text
    if found[2] == "region":
        return "within each region"
    return f"{f'(of {found[1]}) ' if found[1] else ''}over all regions of the same {and_list(found[2].split(', '))}"


def _distinct(results: Sequence[pd.DataFrame], name: str) -> list[object]:
    return list(dict.fromkeys(value for one in results if name in one.columns for value in one[name].dropna().unique()))


def _software() -> _Said:
    return _Said(f"The analysis was made with fsstats {__version__}.")


def and_list(words: Sequence[object]) -> str:
    """Write words one after the other.

    Examples
    --------
    >>> and_list(["a"]), and_list(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    texts = [str(word) for word in words]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def subjects_in(table: pd.DataFrame) -> str:
    """Say how many subjects and runs a table has.

    Examples
    --------
    >>> subjects_in(pd.DataFrame(columns=list(LONG)))
    '0 subjects'
    """
    subjects = table["subject"].nunique()
    runs = len(table[list(LONG[:3])].drop_duplicates())
    more = f" ({counted(runs, 'run')})" if runs != subjects else ""
    return f"{counted(subjects, 'subject')}{more}" if subjects else f"{count(0)} subjects"
