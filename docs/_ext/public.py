"""The public names, as the package itself lists them, and where each has its page."""

import inspect
from functools import cache
from importlib import import_module
from operator import attrgetter
from types import ModuleType

import typer

import fsstats
from fsstats_cli.main import app

GROUPS = {
    "fsstats.discovery": "Finding",
    "fsstats.io": "Reading and writing",
    "fsstats.parsers": "One file, and formats of your own",
    "fsstats.tables": "Tables",
    "fsstats.stats": "Statistics",
    "fsstats.qc": "Quality",
    "fsstats.gallery": "Snapshots",
    "fsstats.reporting": "Reports",
}
"""Headings of the reference, by the module in which a name has its home."""

PAGED = ("fsstats.plots", "fsstats.qc", "fsstats.runners")
"""Modules with a page for each of their names; those of the others share one."""


def modules() -> list[ModuleType]:
    """Give the modules that are public."""
    return [import_module(f"fsstats.{name}") for name in fsstats._MODULES]  # noqa: SLF001 - the package's own list


def own_names(module: ModuleType) -> list[str]:
    """Give the names that are documented with a public module: those that `fsstats` has not itself, and its errors."""
    if module is fsstats.errors:
        return [f"fsstats.{name}" for name, home in sorted(homes().items()) if home == module.__name__]
    own = (name for name in module.__all__ if getattr(fsstats, name, None) is not getattr(module, name))
    return [f"{module.__name__}.{name}" for name in own]


def homes() -> dict[str, str]:
    """Give the names of `fsstats` itself, each with the module that it comes from."""
    return fsstats._HOME  # noqa: SLF001 - the package's own list


def top_names() -> dict[str, list[str]]:
    """Give the names of `fsstats` itself by the headings of the reference."""
    names = sorted(homes().items())
    return {title: [f"fsstats.{name}" for name, of in names if of == home] for home, title in GROUPS.items()}


@cache
def paths() -> dict[str, str]:
    """Give every public name (``fsstats.load``, ``fsstats.plots.forest``) with the page that it stands on."""
    found = {name: name for names in top_names().values() for name in names}
    for module in modules():
        here = module.__name__
        found |= {here: here} | {name: name if here in PAGED else here for name in own_names(module)}
    return found


@cache
def commands() -> dict[str, typer.core.TyperCommand]:
    """Give every command by its name."""
    return typer.main.get_command(app).commands


def kind_of(path: str) -> str:
    """Say what autodoc calls a public name: function, class, exception, data."""
    one = attrgetter(path.removeprefix("fsstats."))(fsstats)
    if inspect.isclass(one):
        return "exception" if issubclass(one, Exception) else "class"
    return "function" if callable(one) else "data"
