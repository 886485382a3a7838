"""Pages made of files that lie outside of this folder, and links to them; what is no page of the site is only named."""

import json
import posixpath
import re
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.config import Config
from written import write_pages

ROOT = Path(__file__).parents[2]
PAGES = {
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "benchmarks/README.md": "benchmarks",
    "benchmarks/RESULTS.md": "benchmarks-reading",
    "benchmarks/MODELS.md": "benchmarks-statistics",
    "packaging/README.md": "install",
} | {f"notebooks/{path.name}": path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
_LINK = re.compile(r"(!?)\[([^\]]+)\]\((?!\w+:|/)([\w./-]*[./][\w./-]*)(#[\w-]+)?\)")


def led(text: str, folder: str) -> str:
    """Let the links of a Markdown file of this folder lead to pages of the site."""

    def replaced(link: re.Match[str]) -> str:
        image, words, target, heading = link[1], link[2], link[3], link[4] or ""
        path = posixpath.normpath(posixpath.join(folder, target))
        if path in PAGES:
            return f"[{words}](/generated/{PAGES[path]}.md{heading})"
        return f"{image}[{words}](/{path.removeprefix('docs/')}{heading})" if path.startswith("docs/") else words

    return _LINK.sub(replaced, text)


def markdown_of(path: Path) -> str:
    """Give a file as Markdown; of a notebook its texts and its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = ((cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"])
    return "\n\n".join(said if kind == "markdown" else f"```python\n{said}\n```" for kind, said in cells)


def write(app: Sphinx, _: Config) -> None:
    """Write the pages before Sphinx looks for what there is to read."""
    pages = {page: led(markdown_of(ROOT / path), str(PurePosixPath(path).parent)) for path, page in PAGES.items()}
    write_pages(Path(app.srcdir) / "generated", pages, suffix=".md")


def lead(app: Sphinx, page: str, source: list[str]) -> None:
    """Let the links of a page lead to pages of the site."""
    if app.env.doc2path(page).suffix == ".md":
        source[0] = led(source[0], posixpath.dirname(f"docs/{page}"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Make the pages when a build begins, and look at the links of every other."""
    app.connect("config-inited", write)
    app.connect("source-read", lead)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
