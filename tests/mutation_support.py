"""Mutation testing: a change in a core module is tried on the tests nearest to it, and by a fresh look at everything."""

import os
import sys

NEAREST = {
    "fsstats.parsers.": ("tests/parsers/",),
    "fsstats.schema.": ("tests/schema/", "tests/parsers/", "tests/tables/"),
    "fsstats.tables.": ("tests/tables/",),
    "fsstats.stats._ols.": ("tests/stats/test_ols.py", "tests/stats/test_regress.py", "tests/stats/test_agreement.py"),
    "fsstats.stats._head_size_fit.": ("tests/stats/test_head_size.py",),
    "fsstats.stats._combat.": ("tests/stats/test_harmonise.py", "tests/stats/test_agreement.py"),
    "fsstats.stats._harmonising.": ("tests/stats/test_harmonise.py",),
    "fsstats.stats._pooling.": ("tests/stats/test_meta.py", "tests/stats/test_agreement.py"),
    "fsstats.stats.correct.": ("tests/stats/test_correct.py", "tests/stats/test_agreement.py"),
}
"""Where the tests of a mutant stand, by how its name begins; the first that fits counts."""
_asked_for: set[str] = set()


def pytest_configure(config):
    """Collect the files nearest to a mutant whole: by their names, thousands of tests take long, and some are not found."""
    mutant = os.environ.get("MUTANT_UNDER_TEST")
    nearest = next((tests for module, tests in NEAREST.items() if mutant and mutant.startswith(module)), ("",))
    _asked_for.clear()
    if mutant is not None:
        _asked_for.update(name for name in config.args if "::" in name)
        config.args[:] = sorted({name.partition("::")[0] for name in config.args if name.startswith(nearest)})


def pytest_collection_modifyitems(items):
    """Keep the tests that mutmut asks for by name, if it does."""
    if _asked_for:
        items[:] = [item for item in items if item.nodeid in _asked_for]
    if os.environ.get("MUTANT_UNDER_TEST"):
        _forget()


def pytest_runtest_setup():
    """Have every test do all that it needs where mutmut notes which functions a test calls."""
    if os.environ.get("MUTANT_UNDER_TEST") == "stats":
        _forget()


def _forget():
    """Clear what fsstats keeps: a mutant runs in a process that has run all tests before."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("fsstats.") and name != "fsstats.schema._registry":  # that keeps the text of its files
            for kept in vars(module).values():
                if callable(clear := getattr(kept, "cache_clear", None)):
                    clear()
