"""How the site of the documentation is built: ``nox -s docs``. What is generated is made by the modules of ``_ext``."""

import sys
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from fsstats import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "fsstats"
author = copyright = "The fsstats developers"  # noqa: A001 - Sphinx calls it so
version = release = __version__
language = "en"
smartquotes = False  # two hyphens begin an option

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "commands",
    "dois",
    "elsewhere",
    "kinds",
    "mathml",
    "names",
    "notes",
    "reference_pages",
]
exclude_patterns = ["_ext"]
nitpicky = True  # a name in a docstring that leads nowhere is an error

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # so that [text](page.md#heading) works, as where the Markdown itself is read
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

autodoc_typehints = "none"  # the types stand in the docstrings, in words
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
numpydoc_show_class_members = False  # autodoc lists them, with their own texts

linkcheck_ignore = [r"https?://example\.org"]
linkcheck_allowed_redirects = {r"https://doi\.org/.*": ".*"}  # to lead elsewhere is what they are for

html_theme = "pydata_sphinx_theme"
html_title = f"fsstats {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {page: [] for page in ("index", "formats", "methods")}  # nothing lies below them


def setup(app: Sphinx) -> None:
    """Set tables as plain text, as Pygments has no colours for them."""
    app.add_lexer("csv", TextLexer)
    app.add_lexer("tsv", TextLexer)
