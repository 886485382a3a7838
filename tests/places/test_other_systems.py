"""Names and paths as other systems have them: drives and backslashes, large and small letters, forms of Unicode."""

from pathlib import PureWindowsPath

import pytest

from fsstats.errors import TableError
from fsstats.gallery._run import Run
from fsstats.gallery.snapshots import stems
from fsstats.io._replace import replacing
from fsstats.io.subjectlists import subjects_in_fsgd, subjects_in_lines, subjects_in_qdec
from fsstats.places import file_of, is_packed, is_web, local
from fsstats.places._addresses import inside
from fsstats.schema.sources import file_name
from fsstats.tables.problems import _subject_folder

PATHS = {
    "a drive": ("C:\\study\\sub-01", "C:\\study\\sub-01"),
    "a drive with the other slash": ("C:/study", "C:/study"),
    "a drive and two slashes": ("C://study", "C://study"),
    "a share": ("\\\\host\\study", "\\\\host\\study"),
    "a URL of a drive": ("file:///C:/study", "C:/study"),
    "a URL of a drive here": ("file://localhost/d:/study", "d:/study"),
    "a URL of a folder that begins like a drive": ("file:///C/study", "/C/study"),
    "an archive on a drive": ("zip://stats/aseg.stats::C:\\study\\sub-01.zip", "C:\\study\\sub-01.zip"),
}


@pytest.mark.parametrize(("address", "path"), PATHS.values(), ids=PATHS)
def test_a_path_of_windows_is_a_path(address, path):
    assert file_of(address) == path
    assert not is_web(address)
    if not is_packed(address):
        assert local(address) == path
        assert inside(address) is None


STATS = {
    "a folder": ("C:\\study\\sub-01\\stats\\aseg.stats", "C:/study/sub-01"),
    "an archive": ("zip://sub-01/stats/aseg.stats::C:\\a.zip", "zip://sub-01::C:\\a.zip"),
    "no folder of stats": ("C:\\study\\sub-01\\mri\\x.txt", None),
    "a folder below": ("C:\\study\\sub-01\\stats\\more\\x.stats", None),
}


@pytest.mark.parametrize(("path", "folder"), STATS.values(), ids=STATS)
def test_the_folder_of_a_subject_is_found(path, folder):
    assert _subject_folder(path) == folder


@pytest.mark.parametrize(
    "path", ["C:\\study\\sub-01\\stats\\aseg.stats", "/study/stats/aseg.stats", "zip://stats/aseg.stats::C:\\a.zip"]
)
def test_files_of_one_name_are_known_by_it(path):
    assert file_name(path) == "aseg.stats"


LISTS = {
    "lines": (subjects_in_lines, "sub-01\r\nsub-02\r\n"),
    "a qdec table": (subjects_in_qdec, "fsid age\r\nsub-01 31\r\nsub-02 54\r\n"),
    "a group descriptor file": (subjects_in_fsgd, "Input sub-01 All\r\nInput sub-02 All\r\n"),
}


@pytest.mark.parametrize(("read", "text"), LISTS.values(), ids=LISTS)
def test_a_list_that_an_editor_of_windows_wrote_is_read(tmp_path, read, text):
    (tmp_path / "list.txt").write_bytes(text.encode("utf-8-sig"))
    assert read(tmp_path / "list.txt") == ["sub-01", "sub-02"]


NAMES = (
    "sub-01",
    "Sub-01",
    "SUB-01",
    "M\u00fcller",
    "Mu\u0308ller",
    "a:b",
    "a?b",
    "a\\b",
    "a/b",
    "x ",
    "x.",
    "x",
    "..",
)


def test_no_two_files_of_a_gallery_are_one_on_any_system():
    found = stems([Run(name, None, "cross", "first", None, None) for name in NAMES])
    files = [f"{stem}_axial.png" for stem in found]
    assert len({PureWindowsPath(file) for file in files}) == len(NAMES)  # in which case makes no difference
    assert all(file.isascii() and not set(file) & set('<>:"/\\|?* ') for file in files)


def test_two_files_that_the_disk_takes_for_one_are_named_and_nothing_is_put_in_place(tmp_path):
    paths = [tmp_path / name for name in ("lh.mine.tsv", "lh.Mine.tsv")]
    with pytest.raises(TableError, match=r"lh\.Mine\.tsv: expected files of two names, found .* takes lh\.mine\.tsv"):
        write_both(paths, is_one=True)
    assert [*tmp_path.iterdir()] == []
    write_both(paths, is_one=False)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def write_both(paths, *, is_one):
    """Write two files as a disk would that takes their names for one."""
    with replacing(paths) as (one, other):
        one.write_text("one")
        if is_one:
            other.hardlink_to(one)
        else:
            other.write_text("other")
