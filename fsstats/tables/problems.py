"""What is wrong with a cohort, as rows: its files, its subjects, and its mixture of versions and meanings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from fsstats._frames import Numbers, plain_rows, require
from fsstats.parsers import MIXED_MEANING
from fsstats.schema import FILES, GOOD, SUBJECT_KEY, same_release
from fsstats.schema.sources import file_name

PROBLEMS_COLUMNS: Final = {
    "level": "error: values are missing; warning: values are there but doubtful; note: nothing is lost.",
    "rule": "What kind of problem it is.",
    "subject": "Subject; missing if the problem is the whole cohort's.",
    "session": "Session.",
    "stream": "Processing stream.",
    "source": "Kind of file.",
    "hemi": "Hemisphere.",
    "problem": "What was expected and what was found.",
    "path": "The file.",
}
PROBLEMS: Final = tuple(PROBLEMS_COLUMNS)
_AT_ONCE: Final = 4096
_LEVELS: Final = ("error", "warning", "note")
_STATES: Final = {
    "failed": "recon-all ended with an error; stats files may be of an earlier run",
    "running": "recon-all is running or was killed (scripts/IsRunning.*); stats files may be of an earlier run",
    "never run": "scripts holds no sign that recon-all ran",
}
Record = Mapping[Any, Any]
THE_SAME: Final = "the same, {how}, as "
"""How the problem of a file begins that is left out for an equal one; the path of that follows."""
NOT_LOOKED_INTO: Final = "so not looked into"
"""What is said of a folder that lies too deep."""


def problems(files: pd.DataFrame) -> pd.DataFrame:
    """List what is wrong with a cohort's files, worst first.

    Parameters
    ----------
    files : DataFrame
        The files table of a `Cohort`.

    Returns
    -------
    DataFrame
        One row per problem: level, rule, subject, session, stream, source, hemi, problem, path. Level
        ``error`` means that values are missing, ``warning`` that values are there but doubtful, ``note``
        that nothing is lost. No rows where all is well.

    Raises
    ------
    ColumnsError
        If it is no files table.

    Notes
    -----
    Rules: the file's status (``partial``, ``empty``, ``missing``, ``unreadable``, ``conflict``), of files
    that claim one place and differ in one row; ``remark`` for a whole file with something odd;
    ``recon-all`` for subjects whose run failed or did not end; ``subject`` where headers name another
    subject of the cohort, or several subjects, or one subject's files come from several folders; ``copy``
    where equal files of one subject lie in several places; ``versions`` where a cohort or a subject mixes
    releases of a tool; ``definitions`` where a measure means different things in different files;
    ``uncorrected volumes`` for brain volumes that old FreeSurfer counted in voxels that are not 1 mm^3;
    ``too deep`` for folders that nobody looked into, where more subjects may be.

    Examples
    --------
    >>> import tempfile
    >>> from fsstats import load_cohort
    >>> from fsstats.datasets import make_cohort
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tools = ("freesurfer-6.0.0", "freesurfer-7.4.1")
    ...     files = load_cohort(make_cohort(folder, n_subjects=4, tool=tools, seed=1).root, sources=["wmparc"]).files
    >>> problems(files)[["level", "rule", "source"]]
         level        rule  source
    0  warning    versions     NaN
    1  warning  definitions  wmparc
    """
    require(files, FILES, needed_by="problems")
    rules = (
        _bad_files,
        _states,
        _misplaced,
        _from_several,
        _copied,
        _mixed_versions,
        _mixed_versions_within,
        _mixed_definitions,
        _uncorrected,
        _too_deep,
    )
    records = [record for rule in rules for record in rule(files)]
    table = pd.DataFrame(records, columns=list(PROBLEMS)).astype("str")
    order = table["level"].map({level: rank for rank, level in enumerate(_LEVELS)})
    return table.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def count_subjects(rows: pd.DataFrame) -> str:
    """Say how many people rows are of, and how many runs, if these are more.

    Parameters
    ----------
    rows : DataFrame
        subject, session and stream: of a files table or a long table.

    Returns
    -------
    str
        Rows without a subject do not count.

    Examples
    --------
    >>> rows = pd.DataFrame({"subject": ["a", "a", "b", None], "session": ["1", "2", "1", None], "stream": "cross"})
    >>> count_subjects(rows), count_subjects(rows[:1])
    ('2 subjects (3 runs)', '1 subject')
    """
    runs = rows.loc[rows["subject"].notna(), list(SUBJECT_KEY)].drop_duplicates()
    n = runs["subject"].nunique()
    return f"{n} subject{'s' if n != 1 else ''}{f' ({len(runs)} runs)' if len(runs) > n else ''}"


def describe(found: pd.DataFrame, *, most: int | None = None) -> str:
    """Write problems as lines of text; the files that one subject lacks share a line.

    Parameters
    ----------
    found : DataFrame
        The problems table.
    most : int, optional
        How many lines at the most; all by default.

    Returns
    -------
    str
        A line each, with a dash in front.
    """
    lines = [_line(rows) for rows in _lines(found)]
    shown = lines if most is None else lines[:most]
    more = [f"and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
    return "\n".join(f"- {line}" for line in shown + more)


def _lines(found: pd.DataFrame) -> Iterable[list[Record]]:
    """Group problems that share a line: files that one subject lacks for one reason, in the place of the first."""
    lines: dict[object, list[Record]] = {}
    for i, row in enumerate(found.astype("object").where(found.notna(), None).to_dict("records")):
        together = row["rule"] == "missing" and row["source"]
        key = tuple(row[name] for name in (*SUBJECT_KEY, "problem")) if together else i
        lines.setdefault(key, []).append(row)
    return lines.values()


def _line(rows: list[Record]) -> str:
    row = rows[0]
    names = ("subject", "session") if len(rows) > 1 else ("subject", "session", "hemi", "source")
    place = " ".join(row[name] for name in names if row[name]) or "cohort"
    missing = [".".join(filter(None, (row["hemi"], row["source"], "stats"))) for row in rows]
    return f"{place}: {', '.join(missing)}: {row['problem']}" if len(rows) > 1 else f"{place}: {row['problem']}"


def _bad_files(files: pd.DataFrame) -> Iterator[Record]:
    bad = ~files["status"].isin(GOOD) & ~_named_before(files)
    remarked = (files["status"] == "ok") & files["problem"].notna()
    for row in files[bad | remarked].to_dict("records"):
        ok = row["status"] == "ok"
        shown = {name: row[name] for name in PROBLEMS if name in row}
        yield {**shown, "level": "note" if ok else "error", "rule": "remark" if ok else row["status"]}


def _named_before(files: pd.DataFrame) -> pd.Series:
    """Say which files the problem of one before them names already: those that claim one place have one problem."""
    said = files["status"].eq("conflict") & files.duplicated([*SUBJECT_KEY, "source", "hemi", "problem"])
    rows = files[said]
    named = [path in problem for path, problem in zip(rows["path"], rows["problem"], strict=True)]
    said[said] = np.array(named, dtype=np.bool_)
    return said


def _states(files: pd.DataFrame) -> Iterator[Record]:
    told = files["state"].isin(list(_STATES)) & files["subject"].notna()
    if told.any():
        told &= ~files.duplicated([*SUBJECT_KEY, "directory"])
    for row in files[told].to_dict("records"):
        who = {name: row[name] for name in SUBJECT_KEY}
        yield {**who, "level": "warning", "rule": "recon-all", "problem": _STATES[row["state"]]}


def _distinct(versions: pd.Series) -> list[str]:
    """Give the releases that cannot be the same, most exact first."""
    kept: list[str] = []
    for version in sorted(versions.dropna().unique(), key=lambda text: (-len(text), text)):
        if not any(same_release(version, other) for other in kept):
            kept.append(version)
    return sorted(kept)


def _varied(rows: pd.DataFrame, column: str, *, within: Sequence[str]) -> pd.Series:
    """Say of each row whether a column has several values in its group; most groups of most cohorts have one."""
    return rows.groupby(list(within), dropna=False)[column].transform("nunique") > 1


def _misplaced(files: pd.DataFrame) -> Iterator[Record]:
    """Name the subjects whose files say in their headers that they are another one's, or several ones'."""
    within = [*SUBJECT_KEY, "directory"]
    is_named = files["subject_in_file"].notna() & (files["n_values"] > 0)
    is_renamed = is_named & (files["subject_in_file"] != files["directory"])
    if not is_renamed.any():
        return  # of several names one is not the directory's
    named = files.loc[is_named, [*within, "subject_in_file", "source"]]
    others = is_renamed[is_named] & named["subject_in_file"].isin(files["directory"].dropna().unique())
    doubtful = others | _varied(named, "subject_in_file", within=within)
    for key, own in named[doubtful].groupby(within, dropna=False):
        kinds = (
            f"{name} ({', '.join(own.loc[own['subject_in_file'] == name, 'source'].unique())})"
            for name in own["subject_in_file"].unique()
        )
        text = f"expected files of this subject alone, found in their headers {', '.join(kinds)}"
        yield {**dict(zip(SUBJECT_KEY, key, strict=False)), "level": "warning", "rule": "subject", "problem": text}


def _from_several(files: pd.DataFrame) -> Iterator[Record]:
    """Name the subjects whose stats files come from several folders: two people, perhaps, of one name."""
    is_used = (files["n_values"] > 0) & files["tool"].ne("FSL") & files["subject"].notna()
    used = files.loc[is_used, [*SUBJECT_KEY, "path"]]
    folders, numbers = Numbers[str](), np.empty(len(used), dtype=np.int32)
    for start in range(0, len(used), _AT_ONCE):  # as texts of Python all paths would take much memory
        part = slice(start, start + _AT_ONCE)
        numbers[part] = folders.of([*map(_subject_folder, used["path"].iloc[part].tolist())])
    used = used.assign(folder=numbers)
    used = used.loc[used["folder"] >= 0, [*SUBJECT_KEY, "folder"]].drop_duplicates()
    several = used[used.duplicated(list(SUBJECT_KEY), keep=False)]
    for key, own in several.groupby(list(SUBJECT_KEY), dropna=False):
        found = ", ".join(str(folders.word(number)) for number in own["folder"])
        text = f"expected files of one folder, found {found}: is it one subject?"
        yield {**dict(zip(SUBJECT_KEY, key, strict=True)), "level": "warning", "rule": "subject", "problem": text}


def _copied(files: pd.DataFrame) -> Iterator[Record]:
    """Note the subjects of whom equal files lie in several places; two forms of one file have names of their own."""
    start, end = THE_SAME.split("{how}")
    rows = files[files["status"].eq("skipped") & files["problem"].str.startswith(start, na=False)]
    copies: dict[tuple[str | None, ...], list[tuple[str, str]]] = {}
    for *who, path, problem in plain_rows(rows[[*SUBJECT_KEY, "path", "problem"]]):
        used = problem.partition(end)[2]
        if file_name(path) == file_name(used):
            copies.setdefault(tuple(who), []).append((used, path))
    for run, pairs in copies.items():
        used, path = pairs[0]
        more = f"; {len(pairs) - 1} more of this subject likewise" if len(pairs) > 1 else ""
        text = f"found the same file in two places: {used} is used, and {path} is not{more}"
        yield {**dict(zip(SUBJECT_KEY, run, strict=True)), "level": "note", "rule": "copy", "problem": text}


def _subject_folder(path: str) -> str | None:
    """Give the folder, perhaps in an archive, in whose ``stats`` a file lies; None if it lies elsewhere."""
    inner, sign, archive = path.partition("::")
    folder, _, name = inner.replace("\\", "/").rpartition("/stats/")  # which Windows has
    return None if "/" in name else folder + sign + archive


def _mixed_versions(files: pd.DataFrame) -> Iterator[Record]:
    used = files.loc[files["n_values"] > 0, [*SUBJECT_KEY, "tool", "version"]]
    for tool, of_tool in used.groupby("tool"):
        versions = _distinct(of_tool["version"])
        if len(versions) > 1:
            counts = (f"{version} ({_n_subjects(of_tool, version)})" for version in versions)
            text = f"the cohort mixes releases of {tool}: {', '.join(counts)}"
            yield {"level": "warning", "rule": "versions", "problem": text}


def _n_subjects(files: pd.DataFrame, version: str) -> str:
    alike = files["version"].map(lambda other: same_release(version, other), na_action="ignore") == True  # noqa: E712
    n = files.loc[alike, "subject"].nunique()
    return f"{n} subject{'s' if n != 1 else ''}"


def _mixed_versions_within(files: pd.DataFrame) -> Iterator[Record]:
    within = [*SUBJECT_KEY, "tool"]
    counted = files.loc[files["version"].notna() & (files["n_values"] > 0), [*within, "version", "source"]]
    for key, own in counted[_varied(counted, "version", within=within)].groupby(within, dropna=False):
        versions = _distinct(own["version"])
        if len(versions) > 1:
            found = (
                f"{version} ({', '.join(sorted(own.loc[own['version'] == version, 'source'].unique()))})"
                for version in versions
            )
            who = dict(zip(SUBJECT_KEY, key, strict=False))
            yield {
                **who,
                "level": "warning",
                "rule": "versions",
                "problem": f"files of several releases: {'; '.join(found)}",
            }


def _mixed_definitions(files: pd.DataFrame) -> Iterator[Record]:
    stated = files.loc[files["n_values"] > 0, ["source", "definitions"]]
    stated = stated.groupby(["source", "definitions"], sort=False).size().reset_index(name="n")
    counts: dict[tuple[str, str], Counter[str]] = {}
    for source, definitions, n in stated.itertuples(index=False):
        for pair in definitions.split(" "):
            measure, _, meaning = pair.partition("=")
            counts.setdefault((source, measure), Counter())[meaning] += n
    for (source, measure), meanings in sorted(counts.items()):
        if len(meanings) > 1:
            found = ", ".join(f"{meaning} in {n} file{'s' if n != 1 else ''}" for meaning, n in meanings.most_common())
            text = f"{measure} has several meanings: {found} ({MIXED_MEANING[measure]})"
            yield {"level": "warning", "rule": "definitions", "source": source, "problem": text}


def _uncorrected(files: pd.DataFrame) -> Iterator[Record]:
    rows = files[files["definitions"].str.contains("=uncorrected(?: |$)", na=False) & (files["n_values"] > 0)]
    for row in rows.drop_duplicates("path").to_dict("records"):
        shown = {name: row[name] for name in PROBLEMS if name in row}
        text = (
            "the global brain volumes count voxels that are not 1 mm^3 and are not in mm^3 "
            "(FreeSurfer 5.2 to 6.0); those in this subject's surface files likewise"
        )
        yield {**shown, "level": "warning", "rule": "uncorrected volumes", "problem": text}


def _too_deep(files: pd.DataFrame) -> Iterator[Record]:
    """Name the folders that nobody looked into: what is in them is not missed elsewhere."""
    rows = files[files["status"].eq("skipped") & files["problem"].str.contains(NOT_LOOKED_INTO, regex=False, na=False)]
    for path, problem in plain_rows(rows[["path", "problem"]]):
        yield {"level": "warning", "rule": "too deep", "problem": f"{path} lies {problem}", "path": path}
