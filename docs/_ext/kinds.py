"""Tables of what fsstats knows, made of its own data: kinds of file, measures, columns."""

import re
from collections.abc import Callable, Iterable

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fsstats import schema

Row = tuple[str, ...]


def kinds(tool: str) -> Iterable[Row]:
    """Give the kinds of file of one tool."""
    yield "source", "what it holds", "files", "atlas"
    for one in schema.sources().values():
        if one.tool == tool:
            star = " *" if one.on_request else ""
            yield f"`{one.name}`{star}", one.description, files_of(one), f"`{one.atlas}`" if one.atlas else ""


def files_of(kind: schema.Source) -> str:
    """Say how the files of a kind are called; a name of two folders is the way to the file."""
    named = [legible(name.pattern) for name in kind.files]
    return ", ".join(f"`{name}`" for name in named or [f"{'?h.' if kind.hemispheric else ''}{kind.name}.stats"])


_LETTERS = re.compile(r"\[[^\]]+\](\?)?")
_GROUP = re.compile(r"\((?:\?(?:P<(?P<name>\w+)>|(?P<condition>[=!]|<!)|i?:))?(?P<inner>[^()]*)\)(?P<maybe>\?)?")


def legible(pattern: str) -> str:
    """Turn a regular expression into a name as people write it: ``?h.hippoSfVolumes-<v1>.<v2>.txt``."""
    pattern = _LETTERS.sub(lambda found: "" if found[1] else "?", pattern)
    before = ""
    while pattern != before:
        before, pattern = pattern, _GROUP.sub(_part, pattern)
    return re.sub(r"\.[+*]\??", "*", pattern.replace("\\.", "\0")).replace("\0", ".").replace("\\", "")


def _part(group: re.Match[str]) -> str:
    """Write a part in brackets: what it is called, nothing for a condition, else what stands in it."""
    if group["condition"] or not group["inner"]:
        return ""
    is_plain = re.fullmatch(r"[\w?]+", group["inner"]) is not None
    said = f"<{group['name']}>" if group["name"] and not is_plain else group["inner"].replace("|", "/")
    return f"[{said}]" if group["maybe"] else said


def measures(_: str) -> Iterable[Row]:
    """Give the measures of a region."""
    yield "measure", "unit", "what it is"
    for one in schema.measures().values():
        yield f"`{one.name}`", one.unit, one.description


def global_measures(_: str) -> Iterable[Row]:
    """Give the header Measures."""
    yield "measure", "unit", "what it is"
    for name, one in schema.global_measures().items():
        yield f"`{name}`", one.unit, one.description


def columns(name: str) -> Iterable[Row]:
    """Give the columns of one of the tables."""
    yield "column", "what it holds"
    for column, text in getattr(schema, name).items():
        yield f"`{column}`", text


TABLES: dict[str, Callable[[str], Iterable[Row]]] = {
    "kinds": kinds,
    "measures": measures,
    "global-measures": global_measures,
    "columns": columns,
}


class SchemaTable(SphinxDirective):
    """The directive ``schema-table``: which table, and perhaps of what."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        which, *of = self.arguments
        heads, *rows = TABLES[which](*of or [""])
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=1) for _ in heads]
        group += nodes.thead("", self.row(heads))
        group += nodes.tbody("", *map(self.row, rows))
        return [nodes.table("", group, classes=["colwidths-auto"])]

    def row(self, cells: Row) -> nodes.row:
        """Make a row; what stands between backticks is set as code."""
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *self.words(cell))) for cell in cells))

    @staticmethod
    def words(cell: str) -> list[nodes.Node]:
        """Part a cell into text and code."""
        parts = enumerate(cell.split("`"))
        return [nodes.literal("", part) if number % 2 else nodes.Text(part) for number, part in parts if part]


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known."""
    app.add_directive("schema-table", SchemaTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
