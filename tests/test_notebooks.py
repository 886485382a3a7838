"""Every notebook runs from top to bottom, finds the truth that it planted, and is committed without outputs."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LINK = re.compile(r"\]\(((?!\w+:)[^)#]+)")

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def cells_of(path: Path, kind: str) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


def test_the_notebooks_are_numbered_without_a_gap():
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{number:02d}_" for number in range(1, 10)]


@each_notebook
def test_a_notebook_says_what_one_learns_how_to_use_it_and_where_to_go_on(path):
    texts = cells_of(path, "markdown")
    assert "\nYou will learn\n" in texts[0]
    assert any("**With " in text and " of your own**, change the first line of the next cell" in text for text in texts)
    assert texts[-1].startswith("## Where to go on\n")


@each_notebook
def test_what_a_notebook_links_to_is_there(path):
    links = LINK.findall("\n".join(cells_of(path, "markdown")))
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []


@each_notebook
def test_a_notebook_ends_by_asking_whether_the_truth_was_found(path):
    assert "## Was the truth found?" in [line for text in cells_of(path, "markdown") for line in text.splitlines()]
    assert "\nassert " in "\n" + cells_of(path, "code")[-1]


@pytest.mark.long
@each_notebook
# The kernel's own packages warn on some systems; a failing cell is an error all the same.
@pytest.mark.filterwarnings("default")
def test_a_notebook_runs_and_finds_the_truth(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    assert any(cell.get("outputs") for cell in notebook.cells if cell.cell_type == "code")
