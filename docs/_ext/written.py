"""Pages that are made at every build; one that says the same as before is left alone, and Sphinx need not read it."""

from collections.abc import Iterable, Mapping
from pathlib import Path


def heading(text: str, mark: str = "=") -> str:
    """Underline a heading."""
    return f"{text}\n{mark * len(text)}\n\n"


def indented(text: str, by: str = "   ") -> str:
    """Move a text to the right, into a directive."""
    return "\n".join(by + line if line else line for line in text.splitlines()) + "\n"


def table(rows: Mapping[str, str]) -> str:
    """Give a table of names, or of links to them, with a sentence each."""
    lines = "".join(f"   * - {name}\n     - {sentence}\n" for name, sentence in rows.items())
    return f".. list-table::\n   :widths: 30 70\n\n{lines}\n"


def contents(names: Iterable[str]) -> str:
    """Put these pages below the one that lists them."""
    return ".. toctree::\n   :hidden:\n\n" + indented("\n".join(names)) + "\n"


def write_pages(folder: Path, pages: Mapping[str, str], *, suffix: str = ".rst") -> None:
    """Write these pages and remove all others of this kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in set(folder.glob(f"*{suffix}")) - {folder / f"{name}{suffix}" for name in pages}:
        old.unlink()
    for name, text in pages.items():
        path = folder / f"{name}{suffix}"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
