"""Words set as code that are public names or commands become links to their pages; the texts stay plain Markdown."""

import re

from docutils import nodes
from public import commands, paths
from sphinx import addnodes
from sphinx.application import Sphinx

_NAME = re.compile(r"(?:(?:fs|fsstats)\.)?([A-Za-z_][\w.]*)(\(.*\))?", re.DOTALL)
_COMMAND = re.compile(r"fsstats ([a-z0-9]+)\b.*", re.DOTALL)


_MEANS_MORE = {"asymmetry", "power", "stats"}
"""Words of our pages that name a method, a rule or a format as well: they lead nowhere when they stand alone."""


def name_of(text: str, *, is_name: bool) -> str | None:
    """Find the public name that a word is; a word without a sign of being one counts only if it `is_name`."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    path = f"fsstats.{found[1]}"
    is_sure = found[2] or text != found[1] or re.search("[A-Z_.]", text)
    return path if path in paths() and (is_name or is_sure) else None


def within_modules(word: str) -> str | None:
    """Find the one public module that has this name, as docstrings of the module itself speak of it."""
    found = [path for path in paths() if path.endswith(f".{word}")]
    return found[0] if len(found) == 1 else None


def command_of(text: str) -> str | None:
    """Find the command that a line begins with."""
    found = _COMMAND.fullmatch(text)
    return found[1] if found and found[1] in commands() else None


def link(app: Sphinx, page: str, node: nodes.TextElement) -> nodes.TextElement:
    """Give what stands in the place of a word: a link, or the word set as code."""
    text = node.astext()
    word = nodes.literal("", text)
    if _is_within(node, nodes.title, nodes.reference, addnodes.desc_signature):
        return word
    if command := command_of(text):
        address = app.builder.get_relative_uri(page, f"generated/commands/{command}")
        return nodes.reference("", "", word, internal=True, refuri=address)
    is_single = isinstance(node, nodes.title_reference)  # in docstrings a name stands in single backticks
    is_prose = app.env.doc2path(page).suffix == ".md"
    name = name_of(text, is_name=is_single or (is_prose and text not in _MEANS_MORE))
    if name := name or (within_modules(text) if is_single else None):
        facts = {"refdomain": "py", "reftype": "obj", "reftarget": name, "refexplicit": True, "refwarn": True}
        return addnodes.pending_xref("", word, refdoc=page, **facts)
    return word


def _is_within(node: nodes.Node, *kinds: type[nodes.Node]) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def put_links(app: Sphinx, doctree: nodes.document) -> None:
    """Replace the words of a page."""
    words = [*doctree.findall(nodes.title_reference), *doctree.findall(nodes.literal)]
    for node in words:
        if not isinstance(node.parent, addnodes.pending_xref):
            node.replace_self(link(app, app.env.current_document.docname, node))


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at every page once it has been read."""
    app.connect("doctree-read", put_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
