"""The reference of every public name, written from what the package lists; the words are those of its docstrings."""

import inspect
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

from public import PAGED, kind_of, modules, own_names, paths, top_names
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.pycode import ModuleAnalyzer
from written import contents, heading, indented, table, write_pages

import fsstats


def table_of(names: list[str]) -> str:
    """Give a table of names with the first sentence of each."""
    return table({f":py:obj:`~{name}`": first_sentence(name) for name in names})


def first_sentence(path: str) -> str:
    """Give the first line of a docstring."""
    return inspect.getdoc(attrgetter(path.removeprefix("fsstats."))(fsstats)).partition("\n")[0]


def text_of_data(module: ModuleType, name: str) -> str:
    """Find the text that stands below a constant where it is defined."""
    within = walk_packages(module.__path__, f"{module.__name__}.")
    for home in [module.__name__, *(one.name for one in within)]:
        texts = ModuleAnalyzer.for_module(home).find_attr_docs()
        if ("", name) in texts:
            return "\n".join(texts["", name])
    return ""


def value_of(value: object) -> str:
    """Show a constant: of a dictionary its keys."""
    if isinstance(value, frozenset):
        value = sorted(value)
    return "``" + (value if isinstance(value, str) else ", ".join(map(str, value))) + "``"


def entry(path: str) -> str:
    """Document one name by its docstring."""
    kind = kind_of(path)
    if kind == "data":
        parent, _, name = path.rpartition(".")
        module = import_module(parent)
        text = f"{text_of_data(module, name)}\n\n{value_of(getattr(module, name))}"
        return f".. py:data:: {name}\n   :module: {parent}\n\n" + indented(text) + "\n"
    members = "   :members:\n" if kind == "class" else ""
    return f".. auto{kind}:: {path}\n{members}\n"


def page_of(module: ModuleType) -> str:
    """Write the page of a public module."""
    here = module.__name__
    names = own_names(module)
    data = [name for name in names if kind_of(name) == "data"]
    others = [name for name in names if name not in data]
    text = heading(here) + f".. automodule:: {here}\n   :no-members:\n\n"
    if here in PAGED:
        return text + table_of(others) + contents(names) + "".join(f"* :py:obj:`~{name}`\n" for name in data)
    return text + (table_of(others) if others else "") + "".join(map(entry, names))


def pages() -> dict[str, str]:
    """Give every page of the reference by its name."""
    found = {"python": index()} | {one.__name__: page_of(one) for one in modules()}
    return found | {path: heading(path) + entry(path) for path, page in paths().items() if path == page not in found}


def index() -> str:
    """List what can be imported."""
    groups = top_names()
    here = [one.__name__ for one in modules()]
    text = heading("In Python") + ".. py:module:: fsstats\n\n"
    text += "".join(heading(title, "-") + table_of(names) for title, names in groups.items())
    text += heading("Modules", "-") + table_of(here)
    text += ".. py:data:: __version__\n\n   The version of fsstats.\n\n"
    return text + contents([name for names in groups.values() for name in names] + here)


def write(app: Sphinx, _: Config) -> None:
    """Write the pages before Sphinx looks for what there is to read."""
    write_pages(Path(app.srcdir) / "generated", pages())


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the pages when a build begins."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
