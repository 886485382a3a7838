"""Zip archives: the directory at the end, and each member that is wanted; nothing else is read.

The format is described at https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (sections 4.3 to 4.5).
"""

import bz2
import lzma
import stat
import zlib
from collections.abc import Callable
from functools import lru_cache, partial
from struct import Struct
from typing import Final, NamedTuple

from fsstats.errors import PlaceError
from fsstats.places._faults import fault
from fsstats.places._index import MAX_ENTRIES, Archive, Index, Member, Split, split_name
from fsstats.places._sources import Held, Source, bounded, too_large

MAX_DIRECTORY: Final = 1 << 28
"""An archive with a larger directory is refused: this is enough for two million members."""
MAX_HELD: Final = 1 << 28
"""A larger zip archive is not read from a server that gives no parts of files."""
_LONGEST_LINK: Final = 4096

_END: Final = Struct("<4s4H2LH")
_LOCATOR: Final = Struct("<4sLQL")
_END64: Final = Struct("<4sQ2H2L4Q")
_ENTRY: Final = Struct("<4s x B 2x 2H 4x 3L 3H 6x H L")
"""The system, flags, packing, check sum, two sizes, three lengths, mode and start; the rest is passed over."""
_LOCAL: Final = Struct("<4s5H3L2H")
_EXTRA: Final = Struct("<2H")
_TAIL: Final = _END.size + (1 << 16)
_SHORT_TAIL: Final = 4096
_SLACK: Final = 512
"""How much longer a member's own header may be than the directory tells, before it takes a second read."""
_ZIP64, _FULL, _ENCRYPTED, _UNIX = 1, 0xFFFFFFFF, 1, 3
_KIND: Final = 0o170000
_FILE: Final = (0, stat.S_IFREG)


class _Directory(NamedTuple):
    """The directory, and where it lies."""

    where: str
    data: bytes
    start: int
    entries: int
    shift: int
    """What was put in front of the archive."""


class _Entry(NamedTuple):
    """What the directory says of one member."""

    name: str
    at: int
    """Where in the directory that stands."""
    flags: int
    kind: int
    """Unix's kind of file; 0 if it is not told."""


def open_zip(source: Source) -> Archive:
    """Read an archive's directory.

    Raises
    ------
    PlaceError
        If it has none or one that is not valid.
    OSError
        If it cannot be opened.
    """
    if not source.seekable:
        source = _held(source)
    directory = _find_directory(source)
    index = Index(source.where, partial(_member_at, directory))
    number = _take_all(index, directory, source)
    index.close()
    if number != directory.entries:
        found = f"{number:,} of the {directory.entries:,} members that it promises"
        raise _damaged(source.where, "a whole directory", found)
    held = len(directory.data) + (len(source.data) if isinstance(source, Held) else 0)
    return Archive(index, partial(read_member, source), 100 * len(index) + held)


def _held(source: Source) -> Held:
    """Take an archive into memory whose server gives no parts of it."""
    hint = "Its server gives no parts of files: download it first"
    if (source.size or 0) > MAX_HELD:
        raise fault(source.where, expected=f"at most {MAX_HELD:,} bytes", found=f"{source.size:,}", hint=hint)
    with source.open(jumps=False) as file:
        return Held(source.where, bounded(file, MAX_HELD, source.where))


def _find_directory(source: Source) -> _Directory:
    """Find the directory by the record at the archive's end."""
    size = source.size or 0
    for length in (_SHORT_TAIL, _TAIL):  # the long one is for an archive with a comment
        tail = source.read(max(0, size - length), size)
        at = tail.rfind(b"PK\5\6")
        if at >= 0:
            break
    if at < 0 or len(tail) - at < _END.size:
        hint = "Is the download complete?"
        raise fault(source.where, expected="a zip archive's directory at its end", found="none", hint=hint)
    _, disk, _, _, entries, length, offset, _ = _END.unpack_from(tail, at)
    end = size - len(tail) + at
    if disk not in {0, 0xFFFF}:
        hint = "Join the parts (zip -s 0) first"
        raise fault(source.where, expected="a whole archive", found="the last of several parts", hint=hint)
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size :].startswith(b"PK\6\7"):
        end -= _LOCATOR.size + _END64.size
        record = source.read(max(0, end), max(0, end) + _END64.size)
        sign, *_, entries, length, offset = _END64.unpack(record)
        if sign != b"PK\6\6":
            raise _damaged(source.where, "a record of 64 bits before the end", repr(sign))
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        found, hint = f"{entries:,} in a directory of {length:,} bytes", "Split it, or unpack it and name the folder"
        raise fault(source.where, expected=f"at most {MAX_ENTRIES:,} members", found=found, hint=hint)
    shift = end - length - offset
    if shift < 0:
        raise _damaged(source.where, f"{length:,} bytes of directory from byte {offset:,}", f"its end at {end:,}")
    return _Directory(source.where, source.read(end - length, end), end - length, entries, shift)


def _take_all(index: Index, directory: _Directory, source: Source) -> int:
    """Take all members into the index, each by where its entry in the directory starts; give their number."""
    data, length, head = directory.data, len(directory.data), _ENTRY.size
    last = directory.start - directory.shift - _LOCAL.size
    number = at = 0
    while at < length:
        if at + head > length:
            raise _damaged(directory.where, "a whole directory", "the middle of an entry at its end")
        fields = _ENTRY.unpack_from(data, at)
        sign, system, flags, method, _, packed, size, n_name, n_extra, n_comment, mode, start = fields
        end = at + head + n_name
        behind = end + n_extra + n_comment
        if sign != b"PK\1\2" or behind > length:
            raise _damaged(directory.where, "an entry of the directory", repr(sign))
        name = _split(data[at + head : end])
        kind = mode & _KIND if system == _UNIX else 0
        if (
            method in _METHODS
            and kind in _FILE
            and not flags & _ENCRYPTED
            and start + packed <= last
            and _FULL not in (size, packed, start)
            and name.last
        ):
            index.add_split(name, at)
        else:  # a folder, or one of a few in a thousand
            _add_other(index, source, directory, _Entry(name.text, at, flags, kind))
        number += 1
        at = behind
    return number


def _member_at(directory: _Directory, at: int) -> Member:
    """Read where a member lies from its entry in the directory."""
    _, _, _, method, crc, packed, size, n_name, n_extra, _, _, start = _ENTRY.unpack_from(directory.data, at)
    if _FULL in (size, packed, start):
        extra_at = at + _ENTRY.size + n_name
        extra = directory.data[extra_at : extra_at + n_extra]
        size, packed, start = _wide(extra, [size, packed, start], directory.where)
    return Member(start + directory.shift, size, packed, crc, method)


def _wide(extra: bytes, values: list[int], where: str) -> list[int]:
    """Take the values that need 64 bits from the extra field."""
    at = 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        at += _EXTRA.size
        if kind == _ZIP64:
            wide = extra[at : at + length]
            numbers = iter([int.from_bytes(wide[i : i + 8], "little") for i in range(0, len(wide) - 7, 8)])
            return [next(numbers, value) if value == _FULL else value for value in values]
        at += length
    raise _damaged(where, "a size of 64 bits in the directory", "none")


@lru_cache(maxsize=1 << 12)  # the archives of a study have the same names
def _split(name: bytes) -> Split:
    return split_name(_decoded(name))


def _decoded(name: bytes) -> str:
    """Decode a name: many programs write UTF-8 and do not say so."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")


def _add_other(index: Index, source: Source, directory: _Directory, entry: _Entry) -> None:
    """Add a member that may be no usual file, or leave it out and say why."""
    member = _member_at(directory, entry.at)
    if entry.name.endswith("/") or entry.kind == stat.S_IFDIR:
        index.add_folder(entry.name)
    elif entry.flags & _ENCRYPTED:
        index.leave_out(entry.name, "encrypted files; unpack it with its password")
    elif member.method not in _METHODS:
        index.leave_out(entry.name, f"files packed by method {member.method}, which is not known here")
    elif member.start + _LOCAL.size + member.packed > directory.start:
        index.leave_out(entry.name, "files that do not lie in it")
    elif entry.kind == stat.S_IFLNK:
        _add_link(index, entry.name, member, source)
    elif entry.kind not in _FILE:
        index.leave_out(entry.name, "devices, pipes and sockets")
    else:
        index.add(entry.name, entry.at)


def _add_link(index: Index, name: str, member: Member, source: Source) -> None:
    try:
        target = read_member(source, member, name, _LONGEST_LINK)
    except PlaceError:
        index.leave_out(name, "links to what is no file of the archive")
    else:
        index.add_link(name, target.decode("utf-8", "surrogateescape"))


def read_member(source: Source, member: Member, where: str, limit: int) -> bytes:
    """Give a member's content.

    Raises
    ------
    PlaceError
        If it is too large, damaged, or not as large as the directory says.
    """
    if max(member.size, member.packed) > limit:
        raise too_large(where, f"{member.size:,}", limit)
    likely = member.start + _LOCAL.size + _SLACK + member.packed
    data = source.read(member.start, min(likely, source.size or 0))
    if not data.startswith(b"PK\3\4") or len(data) < _LOCAL.size:
        raise _damaged(where, "the member's own header", repr(data[:4]))
    *_, n_name, n_extra = _LOCAL.unpack_from(data)
    start = _LOCAL.size + n_name + n_extra
    lacking = start + member.packed - len(data)
    if lacking > 0:
        data += source.read(member.start + len(data), min(member.start + len(data) + lacking, source.size or 0))
    content = _unpacked(data[start : start + member.packed], member, where)
    if len(content) != member.size:
        found = "more" if len(content) > member.size else f"{len(content):,}"
        raise _damaged(where, f"{member.size:,} bytes, as the directory says", found)
    if zlib.crc32(content) != member.crc:
        raise _damaged(where, f"check sum {member.crc:08x}", f"{zlib.crc32(content):08x}")
    return content


def _unpacked(packed: bytes, member: Member, where: str) -> bytes:
    """Unpack at most one byte more than there should be."""
    try:
        return _METHODS[member.method](packed, member.size)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, LookupError, ValueError) as error:
        raise _damaged(where, "a packed file", f"what cannot be unpacked ({error})") from error


def _inflated(packed: bytes, size: int) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)


def _bunzipped(packed: bytes, size: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(packed, size + 1)


def _from_lzma(packed: bytes, size: int) -> bytes:
    """Unpack LZMA, which here has a header of its own: version, length and the properties."""
    properties, window = packed[4], int.from_bytes(packed[5:9], "little")
    coder = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": min(window, max(size, 4096)),  # more than the file is never needed, whatever was asked for
        "lc": properties % 9,
        "lp": properties // 9 % 5,
        "pb": properties // 45,
    }
    # At its end it may go on over what only fills up the last byte, so not one byte more.
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[coder]).decompress(packed[9:], size)


_METHODS: Final[dict[int, Callable[[bytes, int], bytes]]] = {
    0: lambda packed, _: packed,
    8: _inflated,
    12: _bunzipped,
    14: _from_lzma,
}


def _damaged(where: str, expected: str, found: str) -> PlaceError:
    return fault(where, expected=expected, found=found, hint="The archive is damaged or was cut")
