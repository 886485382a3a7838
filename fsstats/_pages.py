"""Pages that ask for nothing but what is in them: one HTML file of a template, a style sheet and a script."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from fsstats._version import __version__


def page(package: str, **values: object) -> str:
    """Fill ``page.html`` of a package, with its ``page.css`` and ``page.js`` in it.

    Parameters
    ----------
    package : str
        The package that has the three files.
    **values : object
        What the template asks for beside ``style``, ``script``, ``script_sum`` (by which a browser knows the one script
        that may run) and ``version``.

    Returns
    -------
    str
        HTML in which all values are escaped.
    """
    script = _text(package, "page.js")
    return _template(package).render(
        **values,
        style=Markup(_text(package, "page.css")),  # noqa: S704 - ours, without a word of the data
        script=Markup(script),  # noqa: S704 - likewise
        script_sum=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=__version__,
    )


def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


@cache
def _template(package: str) -> Template:
    loader = FunctionLoader(lambda name: _text(package, name))
    around = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return around.get_template("page.html")
