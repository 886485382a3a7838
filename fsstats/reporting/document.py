"""A report: a frozen list of blocks, and verbs that return a longer one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from fsstats.errors import TableError
from fsstats.io._replace import write_text
from fsstats.io._stores import PathLike, path_to_write, require_place
from fsstats.reporting._drawing import picture_of
from fsstats.reporting._maps import maps_of
from fsstats.reporting._render import page_of
from fsstats.reporting._sheets import is_results, sheets_of
from fsstats.reporting.blocks import Block, Code, Points, References, Section, Sheet, Text
from fsstats.reporting.methods import methods_of
from fsstats.reporting.provenance import provenance_of
from fsstats.reporting.references import references


@dataclass(frozen=True, slots=True)
class Report:
    """A page that can be sent to a co-author: one HTML file that needs nothing else.

    Each verb gives a new report, with something more at its end; the old one stays as it is.

    Parameters
    ----------
    title : str
        The title of the page.
    subtitle : str
        What stands below it: who, when, which study.
    blocks : tuple
        What the page holds; the verbs add to it.

    Notes
    -----
    The file holds its tables, pictures, styles and script; nothing is fetched from anywhere. It works without
    JavaScript; with it, tables are sorted and filtered and brain maps show their numbers. Numbers are rounded here and
    nowhere else: estimates to two digits of half their interval, effect sizes to two decimals, p-values to three; the
    CSV of each table, which the page holds too, has all digits. Nothing that comes from the data is taken for markup,
    and no cell of a CSV file for a formula.

    Examples
    --------
    >>> page = Report("Group comparison").text("All of it is made up.")
    >>> "<h1>Group comparison</h1>" in page.to_html()
    True
    """

    title: str
    subtitle: str = ""
    blocks: tuple[Block, ...] = ()

    def section(self, title: str, *, level: int = 2) -> "Report":
        """Begin a section.

        Parameters
        ----------
        title : str
            Its heading.
        level : int
            2 for a section, 3 for a part of one; a part needs a section before it.

        Returns
        -------
        Report
            The report with it.

        Raises
        ------
        TableError
            If the level is none of these.
        """
        if level not in {2, 3} or (level == 3 and not any(isinstance(one, Section) for one in self.blocks)):
            message = f"a section is of level 2, or of level 3 within one; found level {level}"
            raise TableError(message)
        return self._with(Section(title, level))

    def text(self, *paragraphs: str, tone: str = "") -> "Report":
        """Add paragraphs of plain text.

        Parameters
        ----------
        *paragraphs : str
            One or more.
        tone : {"", "note", "doubt"}
            ``note`` sets them off, ``doubt`` marks them as something to look at.

        Returns
        -------
        Report
            The report with them.
        """
        return self._with(Text(tuple(map(str, paragraphs)), tone))

    def points(self, *points: str, summary: str = "") -> "Report":
        """Add a list.

        Parameters
        ----------
        *points : str
            Its points.
        summary : str
            If given, the list is folded under these words; it is printed all the same.

        Returns
        -------
        Report
            The report with it.
        """
        return self._with(Points(tuple(map(str, points)), summary))

    def table(
        self, frame: pd.DataFrame, *, title: str = "", note: str = "", alpha: float = 0.05, shown: int = 25
    ) -> "Report":
        """Add a table: results with their intervals, significant ones first, or any other frame as it is.

        Parameters
        ----------
        frame : DataFrame
            The results table of any statistic, or another frame.
        title : str
            Its caption.
        note : str
            What stands below it.
        alpha : float
            Of results: p-values below it are significant; those of the first there is of ``p_adjusted``, ``p_fwe``,
            ``p_permutation`` and ``p_value``.
        shown : int
            Rows at the most that stand on the page before the rest is folded.

        Returns
        -------
        Report
            The report with it.

        Raises
        ------
        TableError
            If it is no frame, two columns have one name, or alpha is no probability.
        """
        _require_frame(frame, "table")
        plain = _plain(frame)
        caption = title or ("Results" if is_results(plain) else f"Table {1 + self._count(Sheet)}")
        return self._with(*sheets_of(plain, caption, note=note, alpha=alpha, shown=shown))

    def figure(self, drawing: object, *, alt: str, caption: str = "") -> "Report":
        """Add a figure as it is now; what is done to it later does not change the report.

        Parameters
        ----------
        drawing : Axes, Figure, or what has one
            What any function of `fsstats.plots`, matplotlib or seaborn gives.
        alt : str
            What it shows, in words, for who cannot see it.
        caption : str
            What stands below it.

        Returns
        -------
        Report
            The report with it.

        Raises
        ------
        TableError
            If it is no figure, or `alt` says nothing.
        """
        if not alt.strip():
            message = "figure: expected words for who cannot see it in alt, found none"
            raise TableError(message)
        return self._with(picture_of(drawing, alt=alt, caption=caption))

    def brain_map(
        self,
        results: pd.DataFrame,
        *,
        term: str | None = None,
        measure: str | None = None,
        source: str | None = None,
        caption: str = "",
    ) -> "Report":
        """Add brain maps: one of each source, measure and term that the results hold.

        Parameters
        ----------
        results : DataFrame
            A results table.
        term, measure, source : str, optional
            Only these.
        caption : str
            What stands below each.

        Returns
        -------
        Report
            The report with them. Where an atlas has no outlines, a sentence says so in their place.

        Raises
        ------
        TableError
            If there is nothing to draw.
        """
        return self._with(*maps_of(results, term=term, measure=measure, source=source, caption=caption))

    def methods(
        self, *results: pd.DataFrame, table: pd.DataFrame | None = None, files: pd.DataFrame | None = None
    ) -> "Report":
        """Add the methods paragraph, written from what was done, and the works that it cites.

        Parameters
        ----------
        *results : DataFrame
            Results tables; what they do not say is not said.
        table : DataFrame, optional
            The long table behind them, for versions of programs (see `fsstats.with_versions`).
        files : DataFrame, optional
            The files table, for the same.

        Returns
        -------
        Report
            The report with a section for methods, and one for references.

        Raises
        ------
        TableError
            If something is no results table.
        """
        for one in results:
            _require_frame(one, "methods")
            if not is_results(one):
                message = "methods: expected results tables, as regress, compare and others give them"
                raise TableError(message)
        said = methods_of(*results, table=table, files=files)
        works = tuple(references()[key] for key in said.keys)
        blocks: list[Block] = [Section("Methods"), Text(said.paragraphs)]
        blocks += [Section("References"), References(works)] if works else []
        return self._with(*blocks)

    def provenance(
        self,
        *,
        inputs: Sequence[PathLike] = (),
        options: Mapping[str, object] | None = None,
        files: pd.DataFrame | None = None,
        command: str = "",
        python: str = "",
    ) -> "Report":
        """Add where everything comes from: versions, inputs with their check sums, options, how to repeat it.

        Parameters
        ----------
        inputs : sequence of paths
            Files that were read; each with its size and SHA-256.
        options : mapping, optional
            What was chosen.
        files : DataFrame, optional
            The files table: how many files of which program were read.
        command : str
            The command that makes the report again.
        python : str
            The same in Python.

        Returns
        -------
        Report
            The report with it.

        Raises
        ------
        OSError
            If an input cannot be read.
        """
        blocks: list[Block] = [Section("Provenance"), *provenance_of(inputs, options or {}, files)]
        blocks += [Code(command, "In a shell")] if command else []
        blocks += [Code(python, "In Python")] if python else []
        return self._with(*blocks)

    def to_html(self) -> str:
        """Give the whole page.

        Returns
        -------
        str
            HTML. The same report gives the same text.
        """
        return page_of(self.title, self.subtitle, self.blocks)

    def save(self, path: PathLike) -> None:
        """Write the page to a file, whole or not at all.

        Parameters
        ----------
        path : path
            Where to; its name ends in ``.html``.

        Raises
        ------
        TableError
            If the name ends otherwise.
        OSError
            If it cannot be written.
        """
        require_page(path)
        write_text(self.to_html(), path_to_write(path))

    def _with(self, *blocks: Block) -> "Report":
        return replace(self, blocks=(*self.blocks, *blocks))

    def _count(self, kind: type) -> int:
        return sum(isinstance(one, kind) for one in self.blocks)


def require_page(path: PathLike) -> None:
    """Raise unless a page can be written there: a name that ends in .html, in a folder that is there."""
    place = path_to_write(path)
    if place.suffix not in {".html", ".htm"}:
        message = f"{path}: expected a name that ends in .html, found {place.suffix or 'no suffix'!r}"
        raise TableError(message)
    require_place(place)


def _require_frame(frame: object, needed_by: str) -> None:
    if not isinstance(frame, pd.DataFrame):
        message = f"{needed_by}: expected a data frame, found {type(frame).__name__}"
        raise TableError(message)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame with columns of one level, and what its index says as columns."""
    named = [name for name in frame.index.names if name is not None]
    plain = frame.reset_index(level=named) if named else frame
    if isinstance(plain.columns, pd.MultiIndex):
        plain = plain.set_axis([" ".join(map(str, filter(None, label))) for label in plain.columns], axis=1)
    plain = plain.set_axis([str(name) for name in plain.columns], axis=1)
    twice = plain.columns[plain.columns.duplicated()]
    if len(twice):
        message = f"table: two columns are called {twice[0]!r}; rename or drop one"
        raise TableError(message)
    return plain
