"""What a list of files depends on: anything that would change it shows, and nothing else does."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from fsstats import NothingFoundError
from fsstats.discovery.find import survey
from fsstats.discovery.footprint import GRAIN, mark_of, unchanged

LONG_AGO = 1_600_000_000
STAMP = "freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460"


def age(root):
    """Let everything be old: what was changed a moment ago may be changed again without a trace."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture
def study(tree):
    for name in ("a", "b"):
        tree.subject(name, "aseg.stats", "lh.mine.stats", stamp=STAMP, done="SUBJECT x\n")
        (tree.root / name / "mri").mkdir()
    (tree.root / "junk").mkdir()
    (tree.root / "people.csv").write_text("participant_id,age\na,30\n")
    (tree.root / "fsaverage").symlink_to("not-there")
    with zipfile.ZipFile(tree.root / "c.zip", "w") as archive:
        archive.writestr("FreeSurfer/stats/aseg.stats", "# hemi lh\n")
    age(tree.root)
    return tree.root


def another_version(root):
    (root / "a" / "scripts" / "build-stamp.txt").write_text(STAMP.replace("7.4.1", "7.3.2"))


def another_end(root):
    (root / "a" / "scripts" / "recon-all.done").write_text("1")


def another_table(root):
    (root / "people.csv").write_text("participant_id,age\na,31\n")


def another_archive(root):
    with zipfile.ZipFile(root / "c.zip", "a") as archive:
        archive.writestr("FreeSurfer/stats/wmparc.stats", "x")


CHANGES = {
    "a build stamp": another_version,
    "how it ended": another_end,
    "a table beside the subjects": another_table,
    "an archive": another_archive,
    "an archive that is gone": lambda root: (root / "c.zip").unlink(),
    "a new file in stats": lambda root: (root / "a" / "stats" / "wmparc.stats").write_text("x"),
    "a new file in mri": lambda root: (root / "a" / "mri" / "lh.hippoSfVolumes-T1.v21.txt").write_text("x"),
    "a file that is gone": lambda root: (root / "a" / "stats" / "aseg.stats").unlink(),
    "a list of time points": lambda root: (root / "a" / "base-tps").write_text("b\n"),
    "a new subject": lambda root: shutil.copytree(root / "a", root / "d"),
    "a subject that is gone": lambda root: shutil.rmtree(root / "b"),
    "a new empty folder": lambda root: (root / "d").mkdir(),
    "a new file in a folder that is no subject": lambda root: (root / "junk" / "x.stats").write_text("x"),
    "what a link leads to": lambda root: (root / "not-there").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_would_change_the_list_shows(study, change):
    before = survey(study).footprint
    assert unchanged(before)
    change(study)
    assert not unchanged(before)


def test_what_a_link_leads_to_shows_outside_the_study_too(study, tmp_path):
    (study / "a" / "stats" / "lh.other.stats").symlink_to(tmp_path / "gone.stats")
    os.utime(study / "a" / "stats", (LONG_AGO, LONG_AGO))
    before = survey(study).footprint
    assert unchanged(before)
    (tmp_path / "gone.stats").write_text("x")
    assert not unchanged(before)


def test_the_values_of_a_stats_file_are_no_matter_of_the_list(study):
    before = survey(study).footprint
    (study / "a" / "stats" / "aseg.stats").write_text("# something else\n")
    assert unchanged(before)


def test_what_has_just_been_changed_may_change_again_without_a_trace(study):
    (study / "a" / "stats" / "wmparc.stats").write_text("x")
    assert not unchanged(survey(study).footprint)


def test_what_may_not_be_listed_is_looked_at_again(study, monkeypatch):
    listing = os.scandir

    def closed(path):
        if str(path).endswith("junk"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert not unchanged(survey(study).footprint)


def test_the_files_are_those_of_find_stats_and_the_paths_absolute(study):
    found = survey(study, sources=["aseg"])
    assert set(found.files["source"].dropna()) == {"aseg"}
    assert all(Path(os.fsdecode(path)).is_absolute() for path, _ in found.footprint.items())
    with pytest.raises(NothingFoundError, match="no processed subject"):
        survey(study / "junk")


@pytest.mark.parametrize("change", [another_version, another_end], ids=["a build stamp", "how it ended"])
def test_a_single_file_depends_on_its_subjects_scripts(study, change):
    before = survey(study / "a" / "stats" / "aseg.stats").footprint
    assert unchanged(before)
    change(study)
    assert not unchanged(before)


def test_what_lies_on_a_server_cannot_be_told():
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://footprint/sub-01/stats/aseg.stats", "wb") as file:
        file.write(b"# hemi lh\n")
    assert survey("memory://footprint").footprint is None


def test_a_mark_is_time_and_size(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"abc")
    os.utime(file, ns=(5 * GRAIN, 5 * GRAIN))
    os.utime(tmp_path, ns=(7 * GRAIN, 7 * GRAIN))
    assert (mark_of(str(file)), mark_of(str(tmp_path))) == ((5 * GRAIN, 3), (7 * GRAIN, -1))
    assert mark_of(str(tmp_path / "gone")) is None
