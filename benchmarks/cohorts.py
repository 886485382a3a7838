"""Write the made-up cohorts that are measured: trees of ten stats files a subject, and archives of 300 members.

This is a program, which the benchmark starts (``python cohorts.py tree FOLDER 1000``), so that the memory that it
takes is not counted as that of what is measured.
"""

import argparse
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from contenders import STATS

from fsstats.datasets import make_cohort

MEMBERS = 300
"""Files of an archive, about as many as UK Biobank's archives of FreeSurfer 6 have."""
PORTION = 1000
"""Subjects made at a time: `make_cohort` holds the whole truth about them in memory."""
NEW_YEAR = (2024, 1, 1, 0, 0, 0)
ANYBODY_READS = 0o100644 << 16


def write_tree(folder: Path, subjects: int) -> None:
    """Write a SUBJECTS_DIR."""
    folder.mkdir(parents=True)
    for start in range(0, subjects, PORTION):
        portion = folder / "portion"
        make_cohort(portion, n_subjects=min(PORTION, subjects - start), seed=start)
        made = sorted(path for path in portion.iterdir() if path.is_dir())
        for number, subject in enumerate(made, start + 1):
            _keep_ten(subject / "stats")
            _rename(subject, folder / f"sub-{number:06d}")
        shutil.rmtree(portion)


def write_zips(folder: Path, tree: Path) -> None:
    """Write every subject of a tree as an archive as UK Biobank hands them out."""
    folder.mkdir(parents=True)
    for name, files in _persons(tree):
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                member = zipfile.ZipInfo(path, NEW_YEAR)
                member.external_attr = ANYBODY_READS
                archive.writestr(member, content, zipfile.ZIP_DEFLATED)


def write_unpacked(folder: Path, tree: Path) -> None:
    """Write what `write_zips` writes, as folders."""
    for name, files in _persons(tree):
        for member, content in files.items():
            path = folder / name / member
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _keep_ten(stats: Path) -> None:
    """Remove the stats files that are not measured."""
    for path in stats.iterdir():
        if path.name not in STATS:
            path.unlink()


def _rename(subject: Path, target: Path) -> None:
    """Move a subject, and give it its new name in its files too."""
    for path in _files(subject):
        path.write_bytes(path.read_bytes().replace(subject.name.encode(), target.name.encode()))
    subject.rename(target)


def _persons(tree: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Give the name of every archive, and its members: those of the subject, and small ones up to `MEMBERS`."""
    for number, subject in enumerate(sorted(tree.iterdir()), 1000001):
        files = {}
        for path in _files(subject):
            content = path.read_bytes().replace(subject.name.encode(), b"FreeSurfer")
            files[f"FreeSurfer/{path.relative_to(subject).as_posix()}"] = content
        for filler in range(MEMBERS - len(files)):
            place = ("label", "mri", "surf", "touch")[filler % 4]
            files[f"FreeSurfer/{place}/{place}.{filler:03d}"] = b"made up\n"
        yield f"{number}_20263_2_0", dict(sorted(files.items()))


def _files(subject: Path) -> list[Path]:
    return [path for path in subject.rglob("*") if path.is_file()]


def main() -> None:
    """Write the cohort that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("tree", "zips", "unpacked"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", help="subjects of a tree; or the tree from which to pack")
    arguments = parser.parse_args()
    if arguments.kind == "tree":
        write_tree(arguments.folder, int(arguments.what))
    else:
        {"zips": write_zips, "unpacked": write_unpacked}[arguments.kind](arguments.folder, Path(arguments.what))


if __name__ == "__main__":
    main()
