"""Tar archives: plain ones by jumping from header to header, packed ones in one pass that keeps what will be read."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, Final

from fsstats.errors import PlaceError
from fsstats.places._faults import fault
from fsstats.places._index import Archive, Index, Member
from fsstats.places._sources import Readable, Source, exactly, too_large, up_to
from fsstats.schema import identify

KEPT_EACH: Final = 4 << 20
"""Of a packed archive, known files up to this size are kept in memory ..."""
KEPT_IN_ALL: Final = 64 << 20
"""... up to this in all; others take another pass over the archive."""
MAX_HEADER: Final = 1 << 18
"""No member's name and attributes may be longer."""
_MAX_GLOBALS: Final = 100
_BLOCK: Final = 512
_STEP: Final = 1 << 20
_BEHIND: Final = 1 << 16
"""How far a plain archive is read behind its end, to see whether there is anything."""
_MOST_UNPACKED: Final = 1 << 30
_MOST_RATIO: Final = 200
"""Beyond 1 GiB, what unpacks to more than so many times its size is no archive of images."""
_MOST_WINDOW: Final = 1 << 28

_Codec = Callable[[Any], Any]


def open_tar(source: Source) -> Archive:
    """Read the headers of all members.

    Raises
    ------
    PlaceError
        If it is no tar archive, or packed content is damaged so that nothing of it can be trusted.
    OSError
        If it cannot be opened.

    Notes
    -----
    Of an archive that was cut, what lies before the cut is used; ``Index.faults`` says so. What gzip has packed has
    one check sum, at its end: damage that looks like a cut is not told from one.
    """
    codec = _codec_of(source)
    tar = _Tar(source, codec, jumps=codec is None and source.seekable)
    with tar.opened() as stream:
        tar.take_all(stream)
    tar.index.close()
    return Archive(tar.index, tar.read, 300 * len(tar.index) + tar.weight)


@dataclass
class _Tar:
    """An archive, and what one pass over it has found."""

    source: Source
    codec: _Codec | None
    jumps: bool
    """Whether members are reached without reading what lies before them."""
    index: Index = field(init=False)
    kept: dict[int, bytes] = field(default_factory=dict)
    """The content of small members that are likely to be read, by where they start."""
    weight: int = 0
    """The size of all of that."""

    def __post_init__(self) -> None:
        self.index = Index(self.source.where)

    @contextmanager
    def opened(self) -> Iterator["_Stream"]:
        """Open the archive, unpacked."""
        with self.source.open(jumps=self.jumps) as file, _unpacked(file, self.codec, self.source.where) as content:
            yield _Stream(content, self.source, jumps=self.jumps)

    def read(self, member: Member, where: str, limit: int) -> bytes:
        """Give a member's content."""
        if member.size > limit:
            raise too_large(where, f"{member.size:,}", limit)
        if member.start in self.kept:
            return self.kept[member.start]
        if self.jumps:
            return self.source.read(member.start, member.start + member.size)
        with self.opened() as stream:
            stream.seek(member.start)
            return exactly(stream.unbounded, member.size, where)

    def take_all(self, stream: "_Stream") -> None:
        """Take every member, up to the archive's end or where it was cut."""
        last = None
        problem = None
        try:
            with tarfile.TarFile(fileobj=stream, errorlevel=1) as tar:
                while (info := tar.next()) is not None:
                    tar.members = []  # type: ignore[attr-defined]  # else it keeps them all
                    _require_few(tar, self.source.where)
                    last = self._take(info, stream) or last
        except PlaceError:
            raise
        except (tarfile.TarError, ArithmeticError, LookupError, RecursionError, ValueError) as error:
            problem = str(error) or type(error).__name__
        if problem is not None and not len(self.index):
            found = "nothing whole before it was cut" if stream.cut else f"another content ({problem})"
            raise fault(self.source.where, expected="a tar archive", found=found, hint="Is the download complete?")
        self._finish(stream, last, problem)

    def _take(self, info: tarfile.TarInfo, stream: "_Stream") -> str | None:
        """Add a member to the index; give the path of one that is a file."""
        if info.isdir():
            self.index.add_folder(info.name)
        elif info.issym() or info.islnk():
            self.index.add_link(info.name, info.linkname, from_root=info.islnk())
        elif info.issparse() or not info.isreg():
            self.index.leave_out(info.name, "files with holes" if info.issparse() else "devices, pipes and others")
        elif info.size < 0 or info.offset_data < 0:
            raise tarfile.ReadError("a negative size")
        else:
            path = self.index.add(info.name, Member(info.offset_data, info.size))
            if path and not self.jumps:
                self._keep(path, info.size, stream)
            return path
        return None

    def _keep(self, path: str, size: int, stream: "_Stream") -> None:
        """Keep a small file that is likely to be read."""
        if size <= KEPT_EACH and self.weight + size <= KEPT_IN_ALL and _is_wanted(path):
            start = stream.tell()
            content = up_to(stream.unbounded, size)
            if len(content) == size:
                self.kept[start] = content
                self.weight += size

    def _finish(self, stream: "_Stream", last: str | None, problem: str | None) -> None:
        """See whether the archive ends as it should, and name what does not."""
        ended = stream.last == bytes(_BLOCK) and problem is None
        behind = sum(bool(block.strip(b"\0")) for block in stream.rest())  # to the last, for the check sum
        member = self.index.find(last) if last else None
        if last and member is not None and member.start + member.size > stream.length():
            self.index.drop(last, "files that were cut off")
        if not ended or stream.cut:
            proof = ", though the archive's check sum cannot prove it" if self.codec else ""
            text = f"the archive was cut or is damaged; what lies before that is used{proof}"
            self.index.faults.append(f"{self.source.where}: {text}" + (f" ({problem})" if problem else ""))
        if ended and behind:
            text = "what lies behind the archive's end is not read. Were several archives put together?"
            self.index.faults.append(f"{self.source.where}: {text}")


def _require_few(tar: tarfile.TarFile, where: str) -> None:
    if len(tar.pax_headers) > _MAX_GLOBALS:
        raise fault(where, expected=f"at most {_MAX_GLOBALS} attributes of the whole archive", found="more")


def _is_wanted(path: str) -> bool:
    """Say whether a member is likely to be read: a kind of file that is known, or what tells of a subject's state."""
    *folders, name = path.split("/")
    return folders[-1:] == ["scripts"] or name == "base-tps" or identify(path) is not None


class _Stream(io.RawIOBase):
    """The archive's content as tarfile reads it: forward only unless it `jumps`, and never much at once."""

    def __init__(self, file: Readable, source: Source, *, jumps: bool) -> None:
        super().__init__()
        self._file, self._jumps, self._where, self._at = file, jumps, source.where, 0
        self._source_size = source.size
        self._most = _MOST_UNPACKED + _MOST_RATIO * (source.size or _MOST_UNPACKED)
        self.unbounded = _Unbounded(self)
        self.last = b""
        """What was read last: the header behind the last member."""
        self.cut = False

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= MAX_HEADER:
            raise fault(self._where, expected=f"names of at most {MAX_HEADER:,} bytes", found=f"{size:,}")
        self.last = up_to(self.unbounded, size)
        return self.last

    def seek(self, position: int, _whence: int = 0, /) -> int:
        if self._jumps:
            self._file.seek(position)
            self._at = position
        while self._at < position and self.take(min(position - self._at, _STEP)):
            pass
        if self._at > position:
            raise tarfile.ReadError("a header that leads back")
        return self._at

    def take(self, size: int) -> bytes:
        """Read up to so many bytes; none where the content ends or was cut."""
        try:
            block: bytes = self._file.read(size)
        except EOFError:
            self.cut, block = True, b""
        except PlaceError:
            raise
        except Exception as error:
            hint = "Nothing of it is used, since no member can be trusted"
            raise fault(self._where, expected="whole packed content", found=str(error), hint=hint) from error
        self._at += len(block)
        if self._at > self._most:
            found = f"{self._most:,} bytes and more when it is unpacked"
            raise fault(self._where, expected="an archive of images and tables", found=found, hint="It is not read on")
        return block

    def rest(self) -> Iterator[bytes]:
        """Give what lies behind: all of it where that proves a check sum."""
        most = self._at + _BEHIND
        while (not self._jumps or self._at < most) and (block := self.take(_BEHIND)):
            yield block

    def length(self) -> int:
        """Give the number of bytes that there are, once the end was reached."""
        return self._source_size or 0 if self._jumps else self._at


@dataclass(frozen=True, slots=True)
class _Unbounded:
    """A stream, to read contents of members and not headers."""

    stream: _Stream

    def read(self, size: int, /) -> bytes:
        return self.stream.take(size)

    def seek(self, position: int, /) -> int:
        return self.stream.seek(position)


def _codec_of(source: Source) -> _Codec | None:
    """Tell by the first bytes how an archive is packed; None if it is not."""
    with source.open(jumps=True) as file:
        head = up_to(file, _BLOCK)
    if head.startswith(b"PK\3\4"):
        raise fault(source.where, expected="a tar archive", found="a zip archive", hint="Rename it to .zip")
    return next((partial(codec, head) for magic, codec in _CODECS.items() if head.startswith(magic)), None)


@contextmanager
def _unpacked(file: Readable, codec: _Codec | None, where: str) -> Iterator[Readable]:
    if codec is None:
        yield file
        return
    try:
        content = codec(file)
    except (ImportError, lzma.LZMAError) as error:
        hint = 'Try pip install "zstandard", or unpack it'
        raise fault(where, expected="packing that can be undone here", found=str(error), hint=hint) from error
    with content:
        yield content


def _gunzipped(_head: bytes, file: Readable) -> object:
    return gzip.GzipFile(fileobj=file, mode="rb")


def _bunzipped(_head: bytes, file: Readable) -> object:
    return bz2.BZ2File(file)  # type: ignore[call-overload]  # it only reads


def _unxzed(head: bytes, file: Readable) -> object:
    lzma.LZMADecompressor(memlimit=_MOST_WINDOW).decompress(head, max_length=1)  # raises if it asks for more
    return lzma.LZMAFile(file)  # type: ignore[arg-type]  # the same


def _from_zstd(_head: bytes, file: Readable) -> object:
    return import_module("zstandard").ZstdDecompressor().stream_reader(file, read_across_frames=True)


_CODECS: Final = {
    b"\x1f\x8b": _gunzipped,
    b"BZh": _bunzipped,
    b"\xfd7zXZ\0": _unxzed,
    b"(\xb5/\xfd": _from_zstd,
}
