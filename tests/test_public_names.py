"""The public surface is a promise: sorted, importable, documented, and cheap to import."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import pytest
from numpydoc.validate import validate

import fsstats

PACKAGE = Path(fsstats.__file__).parent
SUBMODULES = {module.name for module in pkgutil.iter_modules(fsstats.__path__)}
MODULES = sorted(module.name for module in pkgutil.walk_packages(fsstats.__path__, "fsstats."))
PUBLIC = [name for name in fsstats.__all__ if not name.startswith("__")]
WITHIN = [f"{part}.{name}" for part in ("plots", "qc", "runners") for name in getattr(fsstats, part).__all__]
FUNCTIONS = [name for name in (*PUBLIC, *WITHIN) if inspect.isfunction(attrgetter(name)(fsstats))]
CLASSES = [name for name in PUBLIC if inspect.isclass(getattr(fsstats, name))]

# numpydoc's checks that every public function and class passes ...
ALWAYS = {
    "GL03": "no two blank lines in a row",
    "GL05": "no tabs",
    "GL06": "no section that numpydoc does not know",
    "GL07": "the sections in their usual order",
    "GL08": "there is a docstring",
    "SS01": "it opens with a summary ...",
    "SS02": "... which begins with a capital letter",
    "SS03": "... ends with a full stop",
    "SS04": "... has no blanks before it",
    "SS06": "... and fits on one line",
}
# ... and those that a function passes as well. RT02 (no name for a single returned value) comes with RT01.
FUNCTION = ALWAYS | {
    "SS05": "the summary says what to do: Read, not Reads",
    "PR01": "every parameter is documented",
    "PR02": "no parameter is documented that does not exist",
    "PR03": "the parameters stand in the order of the signature",
    "PR04": "every parameter has a type",
    "PR07": "every parameter is explained",
    "PR10": "a blank stands before the colon",
    "RT01": "what is returned is documented",
    "RT02": "a single returned value has a type, not a name",
    "RT03": "what is returned is explained",
    "EX01": "there is an example",
}


def faults(name, checks):
    """Say which of these numpydoc checks a public name fails."""
    one = attrgetter(name)(fsstats)  # where it is written: fsstats.plots.qq would be the module
    return [(code, said) for code, said in validate(f"{one.__module__}.{one.__qualname__}")["errors"] if code in checks]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_a_full_docstring(name):
    assert faults(name, FUNCTION) == []


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_has_a_docstring(name):
    assert faults(name, ALWAYS) == []


def test_the_public_names_are_sorted_and_said_once():
    assert fsstats.__all__ == sorted(set(fsstats.__all__))


def test_every_public_name_has_a_home_or_is_a_submodule():
    assert sorted([*fsstats._HOME, *fsstats._MODULES]) == PUBLIC
    assert set(fsstats._MODULES) <= SUBMODULES


@pytest.mark.parametrize(("name", "home"), fsstats._HOME.items(), ids=fsstats._HOME)
def test_a_public_name_is_loaded_from_its_home(name, home):
    assert name in dir(fsstats)
    assert getattr(fsstats, name) is getattr(importlib.import_module(home), name)


@pytest.mark.parametrize("name", fsstats._MODULES)
def test_a_public_submodule_is_loaded_on_first_use(name):
    assert name in dir(fsstats)
    assert getattr(fsstats, name) is importlib.import_module(f"fsstats.{name}")


def test_no_function_or_class_has_the_name_of_a_submodule():
    assert not SUBMODULES & set(fsstats._HOME)  # which of the two one gets would depend on what was imported before


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'fsstats' has no attribute 'find_stat'"):
        fsstats.find_stat  # noqa: B018


HEAVY = ["numpy", "pandas", "pyarrow", "rich", "typer"]


@pytest.mark.parametrize("statement", ["import fsstats", "import fsstats; dir(fsstats); fsstats.__version__"])
def test_importing_fsstats_loads_nothing_heavy(statement, tmp_path):
    code = f"import sys; {statement}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def undocumented(tree, inside=""):
    """Name the public functions, classes and methods of a module that have no docstring."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield f"{inside}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node, f"{inside}{node.name}.")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_module_and_what_is_public_in_it_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert list(undocumented(tree)) == []


def examples():
    """Give every docstring of the installed package that holds examples."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for name in ["fsstats", *MODULES]:
        for found in finder.find(importlib.import_module(name), name):
            if found.examples:
                yield pytest.param(found, id=found.name)


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_gives_what_it_shows(example, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write files
    said = []
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, _ = doctest.DocTestRunner(optionflags=flags).run(example, out=said.append)
    assert not failed, "".join(said)
