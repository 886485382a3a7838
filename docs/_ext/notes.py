"""Formulas and references of functions on one page, taken from their docstrings: the directive ``notes-of``."""

import re
from operator import attrgetter

from docutils import nodes
from docutils.statemachine import StringList
from numpydoc.docscrape import FunctionDoc
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import fsstats

_CITED = re.compile(r"\[(\d+)\]")


def notes_of(name: str) -> list[str]:
    """Give notes and references of a function; the numbers of its references are told from those of others."""
    doc = FunctionDoc(attrgetter(name)(fsstats))
    references = [line for line in doc["References"] if line.strip() != ".. [1]"]
    lines = [*doc["Notes"], "", *([".. rubric:: References", "", *references] if references else [])]
    return [_CITED.sub(rf"[{name}-\1]", line) for line in lines]


class NotesOf(SphinxDirective):
    """A section for each function that is named."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the sections."""
        found: list[nodes.Node] = []
        for name in " ".join(self.content).split():
            lines = [f"In Python: :py:obj:`fsstats.{name}`.", "", *notes_of(name)]
            section = nodes.section(ids=[f"methods-{name.replace('_', '-')}"])
            section += nodes.title("", name)
            self.state.nested_parse(StringList(lines, source=f"docstring of {name}"), 0, section)
            found.append(section)
        return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the directive known."""
    app.add_directive("notes-of", NotesOf)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
