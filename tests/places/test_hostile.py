"""Archives that are damaged, cut, or made to do harm: what is whole is read, the rest is named, nothing else happens."""

import gzip
import hashlib
import io
import lzma
import struct
import sys
import tarfile
import zipfile

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsstats.errors import PlaceError
from fsstats.places import _index, faults, place, tars, zips
from places_support import files_of, make_tar, make_zip, special

SIMPLE = {"sub-01/stats/aseg.stats": b"one" * 300, "sub-01/stats/wmparc.stats": b"two" * 300}
UNSAFE = {
    "../outside.stats": "names that lead out of it",
    "sub-01/../../outside.stats": "names that lead out of it",
    "/etc/absolute.stats": "absolute names",
    "C:/drive.stats": "absolute names",
    "sub-01\\stats\\aseg.stats": "names with a backslash",
    "sub-01::a/aseg.stats": "names with '::' or a zero byte",
    "a/" * 101 + "aseg.stats": "names that are too long",
    "a" * 5000: "names that are too long",
}


def zip_of(*members, comment=b""):
    """Make a zip of (name, content) or (ZipInfo, content), doubles and all."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tar_of(*members, packed=""):
    """Put tar archives of one member each together, so that names may be double."""
    return tars_joined([make_tar({name: content}, "") for name, content in members], packed)


def tars_joined(parts, packed=""):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{packed}") as archive:
        for part in parts:
            with tarfile.open(fileobj=io.BytesIO(part)) as one:
                for info in one:
                    archive.addfile(info, one.extractfile(info) if info.isreg() else None)
    return file.getvalue()


def patched(data, *changes):
    """Change bytes: (what, at which of its places, by what)."""
    for old, which, new in changes:
        at = -1
        for _ in range(which):
            at = data.index(old, at + 1)
        data = data[:at] + new + data[at + len(old) :]
    return data


def unix(name, mode):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def directory_fields(data, **fields):
    """Change fields of the first entry of a zip's directory: name to value."""
    places = {
        "flags": (8, "<H"),
        "method": (10, "<H"),
        "crc": (16, "<L"),
        "packed": (20, "<L"),
        "size": (24, "<L"),
        "start": (42, "<L"),
    }
    changed = bytearray(data)
    at = data.index(b"PK\1\2")
    for name, value in fields.items():
        offset, form = places[name]
        struct.pack_into(form, changed, at + offset, value)
    return bytes(changed)


@pytest.fixture
def put(tmp_path):
    def at(name, data):
        (tmp_path / name).write_bytes(data)
        return place(tmp_path / name)

    return at


ONE = {"a.stats": b"one" * 300}
LEFT_OUT = {
    **{f"zip: {name[:30]}": ("x.zip", zip_of((name, b"x"), *SIMPLE.items()), why) for name, why in UNSAFE.items()},
    **{f"tar: {name[:30]}": ("x.tar", make_tar({name: b"x", **SIMPLE}), why) for name, why in UNSAFE.items()},
    "zip: encrypted": (
        "x.zip",
        directory_fields(zip_of(("a.stats", b"x"), *SIMPLE.items()), flags=1),
        "encrypted files",
    ),
    "zip: an unknown packing": (
        "x.zip",
        directory_fields(zip_of(("a.stats", b"x"), *SIMPLE.items()), method=97),
        "method 97",
    ),
    "zip: outside of the archive": (
        "x.zip",
        directory_fields(zip_of(("a.stats", b"x"), *SIMPLE.items()), start=99999),
        "do not lie in it",
    ),
    "zip: a device": ("x.zip", zip_of((unix("a.stats", 0o020644), b""), *SIMPLE.items()), "devices"),
    "zip: a link out": (
        "x.zip",
        zip_of((unix("a.stats", 0o120777), b"../../etc/passwd"), *SIMPLE.items()),
        "links to what",
    ),
    "zip: an absolute link": (
        "x.zip",
        zip_of((unix("a.stats", 0o120777), b"/sub-01"), *SIMPLE.items()),
        "links to what",
    ),
    "zip: a link of great length": (
        "x.zip",
        zip_of((unix("a.stats", 0o120777), b"a" * 5000), *SIMPLE.items()),
        "links to what",
    ),
    "zip: a link to a folder": (
        "x.zip",
        zip_of((unix("a.stats", 0o120777), b"sub-01"), *SIMPLE.items()),
        "links to what",
    ),
    "tar: a link out": ("x.tar", make_tar({**SIMPLE, "a.stats": special(tarfile.SYMTYPE, "../b")}), "links to what"),
    "tar: a link to itself": (
        "x.tar",
        make_tar({**SIMPLE, "a.stats": special(tarfile.SYMTYPE, "a.stats")}),
        "links to what",
    ),
    "tar: a hard link to nothing": (
        "x.tar",
        make_tar({**SIMPLE, "a.stats": special(tarfile.LNKTYPE, "b")}),
        "links to what",
    ),
    "tar: an absolute link": (
        "x.tar",
        make_tar({**SIMPLE, "root": b"", "a.stats": special(tarfile.SYMTYPE, "/root")}),
        "links to what",
    ),
    "tar: a device": ("x.tar", make_tar({**SIMPLE, "a.stats": special(tarfile.CHRTYPE)}), "devices"),
    "tar: a pipe": ("x.tar.gz", make_tar({**SIMPLE, "a.stats": special(tarfile.FIFOTYPE)}, "gz"), "devices"),
    "zip: a file that is a folder too": ("x.zip", zip_of(("sub-01", b"x"), *SIMPLE.items()), "same name as a folder"),
    "tar: a file that is a folder too": ("x.tar", make_tar({**SIMPLE, "sub-01": b"x"}), "same name as a folder"),
}


@pytest.mark.parametrize(("name", "data", "why"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_member_that_is_not_safe_is_left_out_and_named(put, name, data, why):
    root = put(name, data)
    assert {path: content for path, content in files_of(root).items() if path != "root"} == SIMPLE
    (text,) = faults(root)
    assert text.startswith("left out of the archive, ")
    assert why in text


DEEP = "/".join("d" * 100)
KNOWN = ("sub-01/known.stats", "root.stats", "./C:/known.stats", "d/known.stats")
BESIDE_KNOWN = {
    "C:/drive.stats": "absolute names",
    "/root2.stats": "absolute names",
    "/sub-01/absolute.stats": "absolute names",
    "sub-01/..": "names that lead out of it",
    "sub-01/a\\b": "names with a backslash",
    "sub-01/a::b": "names with '::' or a zero byte",
    "sub-01/" + "a" * 4096: "names that are too long",
    f"{DEEP}/file": "names that are too long",
}


@pytest.mark.parametrize(("name", "why"), BESIDE_KNOWN.items(), ids=[name[:30] for name in BESIDE_KNOWN])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_is_no_safer_for_lying_in_a_folder_that_is_known(put, kind, name, why):
    make = zip_of if kind == "zip" else tar_of
    members = [*((known, b"x") for known in KNOWN), (name, b"y")]
    if kind == "zip":
        members.insert(0, (unix(DEEP, 0o040755), b""))
    root = put(f"x.{kind}", make(*members))
    assert {path for path, content in files_of(root).items() if content == b"y"} == set()
    (text,) = faults(root)
    assert text.startswith(f"left out of the archive, {why}: ")


def test_a_file_has_one_path_however_it_is_spelled(put):
    names = ("a/1", "a//2", "./a/3", "a/./4", "a/.5", "a/..6", "a/7..", "a/8 \n", f"a/{'9' * 300}")
    root = put("x.zip", zip_of(*((name, b"") for name in names)))
    assert [*files_of(root)] == ["a/1", "a/2", "a/3", "a/4", "a/.5", "a/..6", "a/7..", "a/8 \n", f"a/{'9' * 300}"]
    assert faults(root) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_of_files_with_one_name_none_is_used(put, name, times):
    same = [("a/b.stats", b"x"), ("./a//b.stats", b"y"), ("a/b.stats", b"z")][:times]
    make = zip_of if name.endswith("zip") else tar_of
    root = put(name, make(*same, *SIMPLE.items(), **({"packed": "gz"} if name.endswith("gz") else {})))
    assert files_of(root) == SIMPLE
    assert faults(root) == ["left out of the archive, several files of one name, of which none is used: 'a/b.stats'"]
    with pytest.raises(PlaceError, match="several files of one name"):
        (root / "a" / "b.stats").read_bytes()


def test_only_the_first_names_are_shown(put):
    root = put("x.zip", make_zip({f"../{number}.stats": b"" for number in range(2000)} | SIMPLE))
    shown = "'../0.stats', '../1.stats', '../2.stats', '../3.stats', '../4.stats'"
    assert faults(root) == [f"left out of the archive, names that lead out of it: {shown} and 1995 more"]


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.xz"])
def test_links_within_the_archive_are_followed_by_one_step(put, name):
    links = {
        "sub-01/stats/b.stats": "aseg.stats",
        "c.stats": "sub-01/./stats/../stats/aseg.stats",
        "d.stats": "c.stats",
    }
    if name.endswith("zip"):
        data = zip_of(*[(unix(link, 0o120777), target) for link, target in links.items()], *SIMPLE.items())
    else:
        tree = {**SIMPLE, **{link: special(tarfile.SYMTYPE, target) for link, target in links.items()}}
        data = make_tar({**tree, "e.stats": special(tarfile.LNKTYPE, "sub-01/stats/aseg.stats")}, name[6:])
    root = put(name, data)
    one = SIMPLE["sub-01/stats/aseg.stats"]
    also = {} if name.endswith("zip") else {"e.stats": one}
    assert files_of(root) == {**SIMPLE, **also, "sub-01/stats/b.stats": one, "c.stats": one}
    assert faults(root) == ["left out of the archive, links to what is no file of the archive: 'd.stats'"]


LARGE = bytes(100_000)
DEFLATED = make_zip({"a.stats": LARGE})
REFUSED = {
    "more than it says": directory_fields(DEFLATED, size=50_000),
    "less than it says": directory_fields(DEFLATED, size=200_000),
    "another check sum": directory_fields(DEFLATED, crc=1),
    "damaged content": patched(make_zip(ONE), (make_zip(ONE)[37:43], 1, b"\xff" * 6)),
    "no header of its own": patched(make_zip(ONE), (b"PK\3\4", 1, b"PK\0\0")),
    "stored, but not of its size": directory_fields(make_zip(ONE, zipfile.ZIP_STORED), size=10),
    "damaged bzip2": patched(make_zip(ONE, zipfile.ZIP_BZIP2), (b"BZh9", 1, b"BZh0")),
    "damaged lzma": patched(make_zip(ONE, zipfile.ZIP_LZMA), (b"\5\0\x5d", 1, b"\5\0\xff")),
    "lzma without content": directory_fields(make_zip(ONE, zipfile.ZIP_LZMA), packed=3),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_a_damaged_member_is_refused(put, data):
    file = put("x.zip", data) / "a.stats"
    with pytest.raises(PlaceError, match=r"^zip://a\.stats::.*x\.zip: expected .* damaged or was cut$"):
        file.read_bytes()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_usual_packing_is_undone(put, method):
    tree = {"a": b"", "b": b"b", "c": LARGE, "d": bytes(range(256)) * 500}
    assert files_of(put("x.zip", make_zip(tree, method))) == tree


def test_a_file_that_says_it_is_huge_is_refused_unread(put):
    root = put("x.zip", directory_fields(DEFLATED, size=0xFFFFFFF0))
    with pytest.raises(PlaceError, match=r"expected at most 1,073,741,824 bytes, found 4,294,967,280"):
        (root / "a.stats").read_bytes()


def test_what_a_file_unpacks_to_is_bounded_by_what_it_says(put, monkeypatch):
    seen = []
    real = zips._METHODS[8]
    monkeypatch.setitem(zips._METHODS, 8, lambda packed, size: seen.append(real(packed, size)) or seen[-1])
    bomb = directory_fields(make_zip({"a.stats": bytes(50_000_000)}), size=1000)
    with pytest.raises(PlaceError, match="expected 1,000 bytes, as the directory says, found more"):
        (put("x.zip", bomb) / "a.stats").read_bytes()
    assert len(seen[0]) == 1001


def test_an_archive_in_an_archive_is_a_file_and_no_folder(put):
    root = put("x.zip", make_zip({"r.zip": make_zip(SIMPLE), **SIMPLE}))
    assert (root / "r.zip").is_file()
    assert not (root / "r.zip").is_dir()
    assert files_of(root).keys() == {"r.zip", *SIMPLE}


CUT_ZIP = make_zip(SIMPLE)
NO_ARCHIVE = {
    "an empty zip file": ("x.zip", b"", "directory at its end, found none"),
    "text": ("x.zip", b"# Title\n", "directory at its end, found none"),
    "a zip that was cut": ("x.zip", CUT_ZIP[:-100], "directory at its end, found none. Is the download complete"),
    "a zip cut at the end": ("x.zip", CUT_ZIP[:-1], "directory at its end, found none"),
    "a gzip called zip": ("x.zip", make_tar(SIMPLE, "gz"), "directory at its end, found none"),
    "a zip without its start": ("x.zip", CUT_ZIP[200:], "bytes of directory from byte"),
    "a directory of other things": ("x.zip", patched(CUT_ZIP, (b"PK\1\2", 1, b"abcd")), "an entry of the directory"),
    "an entry too few": ("x.zip", patched(CUT_ZIP, (b"\2\0\2\0", 1, b"\3\0\3\0")), "2 of the 3 members"),
    "a part of several": ("x.zip", patched(CUT_ZIP, (b"PK\5\6\0\0", 1, b"PK\5\6\1\0")), "last of several parts"),
    "a name beyond the directory": (
        "x.zip",
        patched(CUT_ZIP, (b"\x19\0\0", 2, b"\xff\xff\0")),
        "an entry of the directory",
    ),
    "an empty tar file": ("x.tar", b"", "a tar archive, found another content"),
    "text called tar": ("x.tar", b"# Title\n" * 100, "a tar archive, found another content"),
    "a zip called tar": ("x.tar.gz", CUT_ZIP, "a tar archive, found a zip archive"),
    "a gzip of text": ("x.tar.gz", gzip.compress(b"# Title\n" * 100), "a tar archive, found another content"),
    "a gzip that was cut early": ("x.tar.gz", make_tar(SIMPLE, "gz")[:60], "nothing whole before it was cut"),
    "another content of gzip": ("x.tar.gz", b"\x1f\x8b\x08" + b"\0" * 100, "whole packed content"),
    "a gzip with a wrong check sum": (
        "x.tar.gz",
        patched(make_tar(SIMPLE, "gz"))[:-8] + bytes(8),
        "whole packed content",
    ),
    "a damaged bzip2": (
        "x.tar.bz2",
        patched(make_tar(SIMPLE, "bz2"), (b"1AY&SY", 1, b"1AY&SX")),
        "whole packed content",
    ),
    "an xz that wants much memory": (
        "x.tar.xz",
        lzma.compress(make_tar(SIMPLE), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]),
        "packing that can be undone",
    ),
}


@pytest.mark.parametrize(("name", "data", "why"), NO_ARCHIVE.values(), ids=NO_ARCHIVE)
def test_what_is_no_whole_archive_is_an_error_with_its_name(put, name, data, why):
    root = put(name, data)
    assert root.is_dir()
    with pytest.raises(PlaceError, match=rf"{name}: expected .*{why}") as caught:
        list(root.iterdir())
    assert faults(root) == [str(caught.value)]
    assert caught.value.strerror is None
    with pytest.raises(PlaceError, match=why):
        (root / "sub-01").is_dir()


@pytest.mark.parametrize("packed", ["", "gz", "bz2", "xz"])
def test_before_a_cut_a_tar_archive_is_used(put, packed):
    tree = {f"sub-{i}/stats/aseg.stats": hashlib.shake_128(bytes([i])).digest(250_000) for i in range(9)}
    whole = make_tar(tree, packed)
    root = put(f"x.tar.{packed}".rstrip("."), whole[: len(whole) * 2 // 3])
    found = files_of(root)
    assert 2 <= len(found) < 9
    assert found.items() <= tree.items()
    assert "the archive was cut or is damaged; what lies before that is used" in faults(root)[0]


def test_a_file_at_the_cut_is_left_out_and_named(put):
    root = put("x.tar", make_tar({"a.stats": b"1" * 1000, "b.stats": b"2" * 1000})[: 512 + 1024 + 512 + 999])
    assert files_of(root) == {"a.stats": b"1" * 1000}
    assert len(faults(root)) == 2
    assert faults(root)[1] == "left out of the archive, files that were cut off: 'b.stats'"
    with pytest.raises(PlaceError, match="cut off"):
        (root / "b.stats").read_bytes()


def test_a_check_sum_is_seen_to_though_the_archive_ends_badly(put):
    data = make_tar({"a.stats": b"1", "b.stats": b"2"})
    for name, content in {"x.tar.gz": data + data, "y.tar.gz": data[:1024] + b"junk" * 256}.items():
        with pytest.raises(PlaceError, match="whole packed content, found CRC check failed"):
            list(put(name, gzip.compress(content)[:-8] + bytes(8)).iterdir())


TAILS = {
    "cut behind its last member": (lambda data: data[:2048], "was cut or is damaged"),
    "a damaged header": (lambda data: data[:1024] + b"junk" * 256 + data[2048:], "was cut or is damaged"),
    "another archive behind it": (lambda data: data + data, "behind the archive's end"),
}


@pytest.mark.parametrize(("change", "why"), TAILS.values(), ids=TAILS)
@pytest.mark.parametrize("packed", ["", "gz"])
def test_what_is_wrong_behind_a_member_is_named(put, packed, change, why):
    data = change(make_tar({"a.stats": b"1", "b.stats": b"2"}))
    root = put(f"x.tar{packed and '.gz'}", gzip.compress(data) if packed else data)
    assert files_of(root)["a.stats"] == b"1"
    assert why in faults(root)[0]


def test_a_gzip_cut_in_its_check_sum_is_used_and_named(put):
    root = put("x.tar.gz", make_tar(SIMPLE, "gz")[:-4])
    assert files_of(root) == SIMPLE
    assert "was cut" in faults(root)[0]


def test_an_empty_archive_is_an_empty_folder(put):
    for name, data in {"x.zip": make_zip({}), "x.tar": make_tar({}), "y.tar.gz": make_tar({}, "gz")}.items():
        assert (files_of(put(name, data)), faults(put(name, data))) == ({}, [])


def test_packed_content_of_another_kind_than_the_name_says_is_read(put):
    assert files_of(put("x.tar.gz", make_tar(SIMPLE))) == SIMPLE
    assert files_of(put("x.tar", make_tar(SIMPLE, "xz"))) == SIMPLE


def test_zstandard_is_undone_if_its_package_is_installed(put, monkeypatch):
    data = zstandard.compress(make_tar(SIMPLE))
    assert files_of(put("x.tar.zst", data)) == SIMPLE
    cut = put("y.tzst", zstandard.compress(make_tar({**SIMPLE, "b": hashlib.shake_128(b"b").digest(500_000)}))[:-9000])
    assert faults(cut)
    assert files_of(cut).items() <= SIMPLE.items()
    damaged = put("z.tar.zst", data[:12] + b"\xff" * 8 + data[20:])
    with pytest.raises(PlaceError, match="whole packed content"):
        list(damaged.iterdir())
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(PlaceError, match=r'packing that can be undone here.*pip install "zstandard"'):
        list(put("without.tar.zst", data).iterdir())


def test_a_name_or_attribute_of_great_length_is_not_taken_into_memory(put):
    info = special(tarfile.REGTYPE)
    info.pax_headers = {"comment": "x" * tars.MAX_HEADER}
    with pytest.raises(PlaceError, match=r"expected names of at most 262,144 bytes"):
        list(put("x.tar.gz", make_tar({"a": info}, "gz")).iterdir())


def test_attributes_of_the_whole_archive_are_bounded(put):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", pax_headers={f"x{i}": "y" for i in range(200)}) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    with pytest.raises(PlaceError, match="at most 100 attributes"):
        list(put("x.tar", file.getvalue()).iterdir())


def test_headers_that_lead_nowhere_end(put):
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 0
    data = info.tobuf() * 5000 + make_tar(SIMPLE)
    with pytest.raises(PlaceError, match="expected a tar archive"):
        list(put("x.tar", data).iterdir())


def test_a_packed_tar_bomb_is_not_unpacked(put, monkeypatch):
    monkeypatch.setattr(tars, "_MOST_UNPACKED", 1 << 20)
    root = put("x.tar.gz", make_tar({"a": bytes(20_000_000)}, "gz"))
    with pytest.raises(PlaceError, match="and more when it is unpacked"):
        list(root.iterdir())


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_too_many_members_are_refused(put, monkeypatch, name):
    for module in (_index, zips):
        monkeypatch.setattr(module, "MAX_ENTRIES", 5)
    tree = {f"a/{number}": b"" for number in range(5)}
    root = put(name, make_zip(tree) if name == "x.zip" else make_tar(tree, name[6:]))
    with pytest.raises(PlaceError, match=r"expected at most 5 members, found .*Split it"):
        list(root.iterdir())


def test_a_directory_is_refused_by_what_it_promises(put):
    data = make_zip(SIMPLE)
    at = data.index(b"PK\5\6")
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at, 1)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 10**9, 10**9, 10**11, 0)
    with pytest.raises(PlaceError, match=r"at most 2,000,000 members, found 1,000,000,000 in a directory"):
        list(put("x.zip", data[:at] + record + locator + data[at:]).iterdir())


def test_sizes_and_numbers_of_64_bits_are_read(put):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("a.stats", "w", force_zip64=True) as member:
        member.write(b"one")
    data = file.getvalue()
    at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    extra = struct.pack("<HHQQQ", 1, 24, 3, 3, 0)
    entry = bytearray(data[at:end])
    entry[20:28] = b"\xff" * 8
    entry[30:32] = struct.pack("<H", len(extra))
    entry[42:46] = b"\xff" * 4
    entry += extra
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), at)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, at + len(entry), 1)
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert files_of(put("x.zip", data[:at] + bytes(entry) + record + locator + tail)) == {"a.stats": b"one"}


def test_more_than_65535_members_are_read(put):
    tree = {f"sub-{number // 100}/{number % 100}": b"" for number in range(70_000)}
    root = put("x.zip", make_zip(tree, zipfile.ZIP_STORED))
    assert len(list(root.iterdir())) == 700
    assert len(list((root / "sub-699").iterdir())) == 100


def test_a_zip_behind_something_else_and_before_a_comment_is_read(put):
    assert files_of(put("x.zip", b"#!/bin/sh\n" * 10 + zip_of(*SIMPLE.items(), comment=b"PK" * 1000))) == SIMPLE


def test_names_that_do_not_say_how_they_are_written_are_read(put):
    data = make_zip({"größe": b"x"})
    unsaid = bytearray(data)
    for sign, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        unsaid[data.index(sign) + offset : data.index(sign) + offset + 2] = b"\0\0"
    assert files_of(put("x.zip", bytes(unsaid))) == {"größe": b"x"}
    assert [*files_of(put("y.zip", make_zip({"gr..e": b"x"}).replace(b"gr..e", b"gr\x94\xe1e")))] == ["größe"]


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_an_archive_that_changed_is_looked_into_again(put, name):
    def make(tree):
        return make_zip(tree) if name == "x.zip" else make_tar(tree, name[6:])

    root = put(name, make({"a": b"1"}))
    assert files_of(root) == {"a": b"1"}
    put(name, make({"a": b"22", "b": b"3"}))
    assert files_of(root) == {"a": b"22", "b": b"3"}


def test_a_closed_file_is_an_error_of_the_system(put, monkeypatch):
    def closed(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("fsstats.places._sources.open_local", closed)
    root = put("x.zip", make_zip(SIMPLE))
    with pytest.raises(PermissionError, match="Permission denied"):
        list(root.iterdir())
    monkeypatch.undo()
    assert files_of(root) == SIMPLE


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tar.bz2", "x.tar.xz"])
def test_whatever_the_bytes_nothing_but_our_error_is_raised(tmp_path_factory, name, data):
    whole = bytearray(make_zip(SIMPLE) if name == "x.zip" else make_tar(SIMPLE, name[6:]))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=8)):
        whole[at] = byte
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole)
    root = place(path)
    assert isinstance(faults(root), list)
    try:
        found = files_of(root)
    except PlaceError:
        return
    # A plain tar has no check sum of contents, and that of gzip or xz is behind a cut.
    if name != "x.tar" and not (name in {"x.tar.gz", "x.tar.xz"} and faults(root)):
        assert set(found.values()) <= {*SIMPLE.values()} | {b""}
