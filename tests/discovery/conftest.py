"""Little trees of subjects, as recon-all and run_fastsurfer.sh leave them."""

import pytest

TEXT = "# generating_program mris_anatomical_stats\n# hemi {hemi}\n# subjectname {subject}\n# ColHeaders StructName NumVert ThickAvg\ninsula 2210 3.012\n"


class Tree:
    """A study to be: a root, and subjects that are put into it."""

    def __init__(self, root):
        self.root = root

    def subject(self, name, *files, stamp=None, done=None, scripts=None):
        """Put a subject there; ``scripts`` is file name to content."""
        folder = self.root / name
        stats = folder / "stats"
        stats.mkdir(parents=True, exist_ok=True)
        for file in files or ("lh.mine.stats", "rh.mine.stats"):
            (stats / file).write_text(TEXT.format(hemi=file[:2], subject=folder.name), "utf-8", "surrogateescape")
        logs = {"build-stamp.txt": stamp, "recon-all.done": done, **(scripts or {})}
        for file, content in logs.items():
            if content is not None:
                (folder / "scripts").mkdir(exist_ok=True)
                (folder / "scripts" / file).write_text(content, encoding="utf-8")
        return folder


@pytest.fixture(scope="session")
def tree_in():
    """Give a function that begins a study in a folder."""
    return Tree


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "study"
    root.mkdir()
    return Tree(root)
