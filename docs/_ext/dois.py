"""``doi:10...`` in a text becomes a link to the paper."""

import re

from docutils import nodes
from sphinx.application import Sphinx

_DOI = re.compile(r"doi:(10\.\d{4,}/\S*[^\s.,;)])")


def put_links(_app: Sphinx, doctree: nodes.document) -> None:
    """Replace them in every text of a page that is neither code nor a link."""
    for text in [*doctree.findall(nodes.Text)]:
        if isinstance(text.parent, (nodes.reference, nodes.literal, nodes.literal_block)):
            continue
        plain = iter(_DOI.split(text.astext()))
        parts = [nodes.Text(next(plain))]
        for doi, after in zip(plain, plain, strict=True):
            parts += [nodes.reference("", f"doi:{doi}", refuri=f"https://doi.org/{doi}"), nodes.Text(after)]
        if len(parts) > 1:
            text.parent.replace(text, [part for part in parts if part.astext()])


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at every page once it has been read."""
    app.connect("doctree-read", put_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
