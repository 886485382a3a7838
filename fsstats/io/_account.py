"""The account of a cohort: what became of every file, and the rules that take all files together."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fsstats._frames import Numbers, Positions, some_of
from fsstats.discovery import GROUP_TABLE
from fsstats.errors import wording
from fsstats.io._batch import KIND, OUTCOME, Batch
from fsstats.io._conflicts import copies, equal_ones
from fsstats.io._reading import Reading, text_of
from fsstats.parsers import Layout
from fsstats.schema import GLOBAL
from fsstats.tables.assemble import WHO, Block

_ENOUGH: Final = 3
"""Files of one kind that it takes before what they have is compared."""
_ALIKE: Final = (*KIND, "tool", "version", "stream")
"""Files that ought to have the same header Measures."""


class Account:
    """What is kept of the files of a study when their values are gone: a few words a file.

    Parameters
    ----------
    files : DataFrame
        The files table before reading.
    """

    def __init__(self, files: pd.DataFrame) -> None:
        n = len(files)
        self._files = files
        self._outcome = {name: np.empty(n, dtype=np.int32) for name in OUTCOME}
        """Numbers for the words of each column: a number is a twentieth of what a text takes."""
        self._numbered = Numbers[object]()
        for name in OUTCOME:
            codes, words = pd.factorize(files[name])
            self._outcome[name][:] = self._numbered.of([*words, None])[codes]  # no word is -1: the last entry
        self._layout = np.full(n, -1, dtype=np.int32)
        self._layouts: list[Layout] = []
        self._known: dict[Layout, int] = {}
        self._fingerprints = np.zeros(n, dtype=np.uint64)
        self._open_ended = np.zeros(n, dtype=np.bool_)
        self._digests: dict[int, bytes] = {}
        self._in_tables: set[str] = set()
        self.sources: set[str] = set()
        """Sources that were found, also in tables of many subjects."""
        self.has_tables = bool((files["source"] == GROUP_TABLE).any())
        """Whether there are such tables."""

    def add(self, at: Positions, batch: Batch) -> None:
        """Enter the files of a batch, which stand at these positions of the files table."""
        for name in OUTCOME:
            self._outcome[name][at] = self._numbered.of(batch.columns[name])
        numbers = [self._number(sheet.layout) for sheet in batch.sheets]
        self._layout[at] = np.array([*numbers, -1])[batch.sheet]  # no sheet is -1, and so is the last entry
        self._fingerprints[at] = batch.fingerprints()
        self._open_ended[at] = batch.open_ended
        for i, digest in batch.digests.items():
            self._digests[int(at[i])] = digest
        self.sources |= {source for source in batch.columns["source"] if source != GROUP_TABLE}
        for block in (block for group in batch.groups.values() for block in group):
            self._in_tables.add(block.subject)
            self.sources.add(block.source)
            self._number(block.layout)

    def _number(self, layout: Layout) -> int:
        """Give the number of a layout; equal ones of other processes have the same."""
        number = self._known.setdefault(layout, len(self._layouts))
        if number == len(self._layouts):
            self._layouts.append(layout)
        return number

    def measures(self) -> set[str]:
        """Give the measures that any file has."""
        return {name for layout in self._layouts for name in layout.measure}

    def copies(self) -> dict[int, str]:
        """Find files that are a copy of another subject's: position in the files table, and what is wrong."""
        at = equal_ones(self._fingerprints)
        found = copies([self._reading(i) for i in at])
        return {at[k]: str(reading.record["problem"]) for k, reading in found.items()}

    def _reading(self, i: int) -> Reading:
        record: dict[Hashable, Any] = {name: text_of(self._files[name].iloc[i]) for name in self._files.columns}
        record |= {name: self._numbered.word(numbers[i]) for name, numbers in self._outcome.items()}
        who = {name: record[name] for name in WHO}
        number = self._layout[i]
        block = Block(**who, layout=self._layouts[number], values=np.empty(0)) if number >= 0 else None
        return Reading(record, block, digest=self._digests.get(i))

    def note_lacking(self) -> None:
        """Name what a file lacks and more than half of the files of its kind have."""
        expected = "the regions that most files of this kind have"
        self._note_lacking(KIND, lambda layout: layout.region, expected, self._open_ended)
        expected = "the Measures that most such files have"
        self._note_lacking(_ALIKE, lambda layout: layout.fields, expected, np.ones_like(self._open_ended))

    def _note_lacking(
        self,
        kind: Sequence[str],
        names_of: Callable[[Layout], Sequence[str]],
        expected: str,
        concerned: npt.NDArray[np.bool_],
    ) -> None:
        for own in self._groups(kind):
            if len(own) < _ENOUGH or not concerned[own].any():
                continue
            for i, lacking in self._lacking(own, names_of):
                if concerned[i]:
                    self._note(i, wording(expected=expected, found=f"none of {some_of(lacking)}"))

    def _groups(self, kind: Sequence[str]) -> list[Positions]:
        """Give the positions of files with values that agree in some columns."""
        codes = np.zeros(len(self._layout), dtype=np.intp)
        for name in kind:
            own, names = pd.factorize(self._outcome[name] if name in self._outcome else self._files[name])
            codes = pd.factorize(codes * (len(names) + 1) + own + 1)[0]
        at = np.flatnonzero(self._layout >= 0)
        order = at[np.argsort(codes[at], kind="stable")]
        return [part for part in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(part)]

    def _lacking(self, own: Positions, names_of: Callable[[Layout], Sequence[str]]) -> list[tuple[int, list[str]]]:
        """Give the files of a group that lack names that most of it have."""
        n_files = dict(zip(*(part.tolist() for part in np.unique(self._layout[own], return_counts=True)), strict=True))
        has = {number: dict.fromkeys(names_of(self._layouts[number])) for number in n_files}
        counts = Counter[str]()
        for number, n in n_files.items():
            counts.update(dict.fromkeys(has[number], n))
        usual = [name for name, n in counts.items() if 2 * n > len(own)]
        lacking = {number: [name for name in usual if name not in has[number]] for number in n_files}
        return [(i, names) for i in own.tolist() if (names := lacking[self._layout[i]])]

    def _note(self, i: int, problem: str) -> None:
        """Add a remark to a file's row; values of it are missing."""
        before = self._numbered.word(self._outcome["problem"][i])
        words = [f"{before}; {problem}" if before else problem, "partial"]
        self._outcome["problem"][i], self._outcome["status"][i] = self._numbered.of(words)

    def names_found(self) -> dict[str, dict[str, list[tuple[str, str, str]]]]:
        """Give the names that files have for structures which are called otherwise today, by source and version.

        Each is side (empty for none), region and name. Where files of one version disagree, nothing is said.
        """
        found: dict[str, dict[str, list[tuple[str, str, str]]]] = {}
        for own in self._groups(("source", "version")):
            record = {name: self._word(name, int(own[0])) for name in ("source", "version")}
            layouts = [self._layouts[number] for number in np.unique(self._layout[own]).tolist()]
            labels = [zip(one.hemi, one.region, one.name_found, strict=True) for one in layouts]
            known = {(hemi or "", region, name) for own_labels in labels for hemi, region, name in own_labels}
            counts = Counter((hemi, region) for hemi, region, _ in known)
            names = [one for one in sorted(known) if counts[one[:2]] == 1 and one[1] not in {one[2], GLOBAL}]
            if names:
                found.setdefault(record["source"] or "", {})[record["version"] or ""] = names
        return found

    def _word(self, name: str, i: int) -> str | None:
        known = self._outcome.get(name)
        return text_of(self._files[name].iloc[i]) if known is None else text_of(self._numbered.word(known[i]))

    def _column(self, name: str) -> pd.Series:
        """Give the words of a column, each of which is made once."""
        places, numbers = pd.factorize(self._outcome[name])
        words = pd.Series([self._numbered.word(number) for number in numbers.tolist()], dtype=self._files[name].dtype)
        return words.take(places).reset_index(drop=True)

    def files(self) -> pd.DataFrame:
        """Give the files table with what became of each file."""
        filled = ((name, self._column(name)) for name in OUTCOME)
        found = self._files.assign(**{name: own for name, own in filled if not own.equals(self._files[name])})
        if not self._in_tables:
            return found
        due = found["status"].eq("missing") & found["path"].isna() & found["subject"].isin(self._in_tables)
        return found[~due].reset_index(drop=True)
