"""Write docs/agreement.md: ``python tests/agreements/page.py``."""

import importlib
import pkgutil
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

PAGE = HERE.parents[1] / "docs" / "agreement.md"
TOPICS = sorted(one.name for one in pkgutil.iter_modules([str(HERE)]) if one.name not in {"_case", "page"})
HEAD = """# Agreement with other programs

Every statistic of fsstats is held against an independent program, on made-up cohorts that are in
`tests/reference`, with the scripts and versions that made the figures. This page lists each comparison, the largest
difference that the tests allow and the largest that was seen when the page was written. *Relative*: to the other
program's number. The page is written by `python tests/agreements/page.py`; the tests make sure that it names every
comparison.

| method | what is compared | with | figures | allowed | seen | |
| --- | --- | --- | --- | --- | --- | --- |
"""


def agreements():
    """Give every comparison, topic by topic."""
    modules = [importlib.import_module(f"agreements.{topic}") for topic in TOPICS]
    return [(topic, one) for topic, module in zip(TOPICS, modules, strict=True) for one in module.AGREEMENTS]


def files(one):
    """Name the files that a comparison uses, without suffix."""
    return [name.removesuffix(".csv") for name in one.file.split(", ")]


def cells(one):
    """Give the cells of a comparison's row: those before the difference that was seen, and the one behind."""
    figures = ", ".join(f"`{name}`" for name in files(one))
    before = [f"`{one.method}`", one.quantity, one.program, figures, f"{one.tolerance:g} {one.kind}"]
    return before, one.why


def row(one, seen):
    """Give a comparison's row of the page."""
    before, behind = cells(one)
    return f"| {' | '.join(before)} | {seen:.1e} | {behind} |\n"


def main():
    """Compute all differences and write the page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [row(one, one.difference()) for _, one in agreements()]
    PAGE.write_text(HEAD + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
