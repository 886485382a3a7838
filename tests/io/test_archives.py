"""Studies in archives: the same table as of the folders, with little more read than what is wanted."""

import io
import shutil
import tarfile
import zipfile

import pytest

import fsstats as fs
from frames_support import assert_frame_equal
from fsstats.datasets import make_cohort, make_ukb_zips
from fsstats.places import _sources


class Counted(io.FileIO):
    """A file that counts the bytes that are read of any archive."""

    n_bytes = 0

    def read(self, size=-1):
        data = super().read(size)
        Counted.n_bytes += len(data) if str(self.name).endswith(".zip") else 0
        return data

    def readinto(self, buffer):
        n = super().readinto(buffer)
        Counted.n_bytes += n if str(self.name).endswith(".zip") else 0
        return n

    def readall(self):
        data = super().readall()
        Counted.n_bytes += len(data) if str(self.name).endswith(".zip") else 0
        return data


def unpack(root, folder):
    """Unpack every archive into a folder of its own; of images and surfaces, which are stored as noise, the names."""
    for path in root.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                out = folder / path.stem / member.filename
                out.parent.mkdir(parents=True, exist_ok=True)
                out.write_bytes(b"" if member.compress_type == zipfile.ZIP_STORED else archive.read(member))


@pytest.mark.long
def test_300_uk_biobank_zips_give_the_table_of_the_unpacked_tree(tmp_path, monkeypatch):
    zips = make_ukb_zips(tmp_path / "zips", n_subjects=300, filler=2_000_000, seed=3)
    unpack(zips.root, tmp_path / "tree")
    monkeypatch.setattr(_sources, "open_local", Counted)
    Counted.n_bytes = 0
    merged = fs.merge(zips.root, tmp_path / "zips.parquet")
    n_bytes = Counted.n_bytes
    there = sum(path.stat().st_size for path in zips.root.glob("*.zip"))
    unpacked = fs.merge(tmp_path / "tree", tmp_path / "tree.parquet")
    assert merged.table.equals(unpacked.table)
    assert fs.read_table(tmp_path / "zips.parquet").equals(fs.read_table(tmp_path / "tree.parquet"))
    assert merged.table["subject"].nunique() == 300
    assert set(merged.table["session"]) == {"2"}
    assert set(merged.files["status"]) == {"ok"}
    assert 0 < n_bytes < 0.05 * there, f"{n_bytes:,} of {there:,} bytes were read"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_cohort(
        tmp_path_factory.mktemp("made") / "s", n_subjects=2, sessions=2, layout="longitudinal", also=("first",), seed=5
    )


@pytest.fixture(scope="module")
def plain(made):
    return fs.load_cohort(made.root)


def zip_of(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))


def tar_of(folder, path):
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        archive.add(folder, folder.name)


def one_archive(write, name):
    def pack(root, out):
        write(root, out / name)
        return out / name

    return pack


def one_each(write, suffix):
    def pack(root, out):
        for folder in sorted(root.iterdir()):
            if folder.is_dir():
                write(folder, out / f"{folder.name}{suffix}")
        return out

    return pack


WAYS = {
    "one zip": one_archive(zip_of, "study.zip"),
    "one tar": one_archive(tar_of, "study.tar"),
    "one tar.gz": one_archive(tar_of, "study.tar.gz"),
    "a zip per run": one_each(zip_of, ".zip"),
    "a tgz per run": one_each(tar_of, ".tgz"),
}


@pytest.mark.parametrize("pack", WAYS.values(), ids=WAYS)
def test_an_archive_gives_the_table_of_its_folder(made, plain, tmp_path, pack):
    out = tmp_path / "packed"
    out.mkdir()
    archived = fs.load_cohort(pack(made.root, out))
    assert_frame_equal(archived.table, plain.table)
    columns = ["subject", "session", "stream", "source", "hemi", "state", "version", "status", "definitions"]
    assert_frame_equal(archived.files[columns], plain.files[columns])


def test_one_member_is_read_by_its_address(made, tmp_path):
    zip_of(made.root, tmp_path / "study.zip")
    address = f"zip://{made.root.name}/sub-001_ses-1/stats/lh.aparc.stats::{tmp_path / 'study.zip'}"
    stats = fs.read_stats(address)
    assert (stats.source, stats.hemi, len(stats.names)) == ("aparc", "lh", 34)


def test_a_damaged_archive_costs_only_itself(made, tmp_path):
    for name in ("sub-001_ses-1", "sub-002_ses-1"):
        zip_of(made.root / name, tmp_path / f"{name}.zip")
    whole = (tmp_path / "sub-001_ses-1.zip").read_bytes()
    (tmp_path / "sub-001_ses-1.zip").write_bytes(whole[: len(whole) // 2])
    cohort = fs.load_cohort(tmp_path)
    assert set(cohort.table["subject"]) == {"sub-002"}
    bad = cohort.files[cohort.files["status"] == "unreadable"]
    assert bad["path"].tolist() == [str(tmp_path / "sub-001_ses-1.zip")]
    assert bad["problem"].str.contains("expected a zip archive's directory at its end, found none").all()
    assert (fs.problems(cohort.files)["level"] == "error").any()


def test_a_member_that_lies_about_itself_costs_only_itself(made, tmp_path):
    path = tmp_path / "sub-001_ses-1.zip"
    zip_of(made.root / "sub-001_ses-1", path)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("sub-001_ses-1/stats/aseg.stats").header_offset
    data = bytearray(path.read_bytes())
    data[start + 80] ^= 0xFF
    path.write_bytes(data)
    files = fs.load_cohort(tmp_path).files
    status = dict(zip(files["source"], files["status"], strict=True))
    assert status["aseg"] == "unreadable"
    assert status["wmparc"] == "ok"


def test_a_hostile_archive_is_named_and_nothing_leaves_it(made, tmp_path):
    path = tmp_path / "sub-001_ses-1.zip"
    zip_of(made.root / "sub-001_ses-1", path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.stats", "x")
    before = sorted(tmp_path.parent.iterdir())
    files = fs.find_stats(tmp_path)
    assert sorted(tmp_path.parent.iterdir()) == before
    named = files[files["status"] == "unreadable"]
    assert named["problem"].str.contains("names that lead out of it").tolist() == [True]


def test_a_link_to_a_template_outside_is_no_fault(made, tmp_path):
    (tmp_path / "s").mkdir()
    shutil.copytree(made.root / "sub-001_ses-1", tmp_path / "s" / "sub-001_ses-1")
    (tmp_path / "s" / "fsaverage").symlink_to("/opt/freesurfer/subjects/fsaverage")
    tar_of(tmp_path / "s", tmp_path / "study.tar")
    cohort = fs.load_cohort(tmp_path / "study.tar")
    named = cohort.files[cohort.files["path"] == str(tmp_path / "study.tar")]
    assert named["status"].tolist() == ["skipped"]
    assert not (fs.problems(cohort.files)["level"] == "error").any()


def test_a_study_below_a_memory_address(made, plain):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for file in made.root.rglob("*"):
        if file.is_file():
            memory.pipe(f"/study/{file.relative_to(made.root).as_posix()}", file.read_bytes())
    cohort = fs.load_cohort("memory://study")
    assert_frame_equal(cohort.table, plain.table)
    assert cohort.files["path"].str.startswith("memory://study/").all()


def test_names_in_other_scripts_and_read_only_trees(tmp_path):
    root = make_cohort(tmp_path / "研究 é", n_subjects=1, seed=1).root
    (root / "sub-001").rename(root / "sub-頭")
    zip_of(root, tmp_path / "研究.zip")
    shutil.copytree(root, tmp_path / "ro")
    for path in sorted((tmp_path / "ro").rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    expected = fs.load(root)
    assert_frame_equal(fs.load(tmp_path / "研究.zip"), expected)
    assert_frame_equal(fs.load(tmp_path / "ro"), expected)
    for path in (tmp_path / "ro").rglob("*"):
        path.chmod(0o755)
    assert set(expected["subject"]) == {"sub-頭"}
