"""What is in an archive: its folders and members, by name."""

import posixpath
import re
from collections.abc import Callable
from sys import intern
from typing import Final, NamedTuple, NoReturn

from fsstats.places._faults import LeftOut, fault

MAX_ENTRIES: Final = 2_000_000
"""An archive with more members and folders is refused: about 5,000 subjects of FreeSurfer, 0.5 GiB of memory."""
_LONGEST: Final = 4096
_DEEPEST: Final = 100
_SHORT: Final = 2 * _DEEPEST
"""A shorter name cannot be too deep: each folder takes a letter and a slash at least."""
_NO_NAMES: Final = frozenset({"", ".", ".."})
_DRIVE: Final = re.compile(r"[A-Za-z]:")


class Member(NamedTuple):
    """Where a file lies in an archive; of one in a tar archive only the first two are known."""

    start: int
    size: int
    packed: int = 0
    crc: int = 0
    method: int = 0


class Archive(NamedTuple):
    """An archive that was looked into; nothing of it is open."""

    contents: "Index"
    read: Callable[[Member, str, int], bytes]
    """Give a member's content, of at most so many bytes; the text is its address."""
    weight: int
    """About how much memory it takes."""


class Split(NamedTuple):
    """A member's name in parts."""

    text: str
    folder: str
    last: str
    is_plain: bool
    """Whether it is safe and in the one spelling, if its folder is."""


class Index:
    """The folders of an archive and what is in each. Names that are not safe, or that two have, are left out.

    Parameters
    ----------
    where : str
        The archive's address.
    look_up : callable, optional
        Gives the Member for a number; numbers take less memory and time than Members.

    Attributes
    ----------
    folders : dict
        For each folder (``""`` is the archive itself) the names in it, each with its Member, or with a number that
        `look_up` makes it of; None stands for a folder.
    left_out : LeftOut
        Members that are not used.
    faults : list of str
        What is wrong with the archive as a whole.
    """

    def __init__(self, where: str, look_up: Callable[[int], Member] | None = None) -> None:
        self.folders: dict[str, dict[str, Member | int | None]] = {"": {}}
        self.left_out = LeftOut()
        self.faults: list[str] = []
        self._where, self._look_up = where, look_up
        self._entries = 0
        self._doubled: set[str] = set()
        self._links: list[tuple[str, str]] = []

    def __len__(self) -> int:
        return self._entries

    def find(self, path: str) -> Member | None:
        """Find a file; None if it is not there or is a folder."""
        found = self._kept(path)
        if isinstance(found, int):
            return self._look_up(found) if self._look_up else None
        return found

    def add(self, name: str, member: Member | int) -> str | None:
        """Add a file; give its path, or None if it is left out."""
        return self.add_split(split_name(name), member)

    def add_split(self, name: Split, member: Member | int) -> str | None:
        """Add a file whose name was taken apart before."""
        path, folder, last, is_plain = name
        children = self.folders.get(folder)
        if children is not None and is_plain:  # as nearly all are
            self._entries += 1
            if self._entries > MAX_ENTRIES:
                self._refuse_many()
        else:
            path = self._safe(path)
            if not path:
                return None
            folder, _, last = path.rpartition("/")
            children = self._folder(folder)
        if last in children or path in self._doubled:
            self._refuse_double(path, children, last)
            return None
        children[last] = member
        return path

    def add_folder(self, name: str) -> None:
        """Add a folder, be it there already or not."""
        path = self._safe(name)
        if path:
            self._folder(path)

    def add_link(self, name: str, target: str, *, from_root: bool = False) -> None:
        """Add a link to a file of this archive; `target` starts at the link's folder, or at the root."""
        path = self._safe(name)
        if path:
            start = "" if from_root else posixpath.dirname(path)
            self._links.append((path, posixpath.normpath(posixpath.join(start, target))))

    def leave_out(self, name: str, reason: str) -> None:
        """Count and name a member that cannot be used."""
        self._count()
        self.left_out.add(reason, name)

    def drop(self, path: str, reason: str) -> None:
        """Take a file out again."""
        folder, _, name = path.rpartition("/")
        del self.folders[folder][name]
        self.left_out.add(reason, path)

    def close(self) -> None:
        """Follow the links, each by one step, now that all members are known."""
        found = [(path, self._kept(target)) for path, target in self._links]
        for path, member in found:
            if member is None:
                self.leave_out(path, "links to what is no file of the archive")
            else:
                self.add(path, member)
        self._links.clear()

    def texts(self) -> list[str]:
        """Say all that is wrong."""
        return [*self.faults, *self.left_out.texts()]

    def _kept(self, path: str) -> Member | int | None:
        folder, slash, name = path.rpartition("/")
        return None if slash and not folder else self.folders.get(folder, {}).get(name)

    def _count(self) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            self._refuse_many()

    def _refuse_many(self) -> NoReturn:
        found, hint = "more", "Split it, or unpack it and name the folder"
        raise fault(self._where, expected=f"at most {MAX_ENTRIES:,} members", found=found, hint=hint)

    def _safe(self, name: str) -> str:
        """Count a member and give its path in one spelling; nothing if its name is not safe."""
        self._count()
        reason = _unsafe(name)
        if reason:
            self.left_out.add(reason, name)
            return ""
        return "/".join([part for part in name.split("/") if part not in {"", "."}])

    def _folder(self, path: str) -> dict[str, Member | int | None]:
        """Give a folder, made with those around it if only its members are in the archive."""
        found = self.folders.get(path)
        if found is not None:
            return found
        around, _, name = path.rpartition("/")
        siblings = self._folder(around)
        if siblings.get(name) is not None:
            self.left_out.add("files of the same name as a folder", path)
        self._count()
        siblings[intern(name)] = None
        return self.folders.setdefault(path, {})

    def _refuse_double(self, path: str, children: dict[str, Member | int | None], name: str) -> None:
        """Use neither of two files of one name, since nothing says which is right."""
        if children.get(name, ...) is None:
            self.left_out.add("files of the same name as a folder", path)
            return
        children.pop(name, None)
        self._doubled.add(path)
        self.left_out.add("several files of one name, of which none is used", path)


def split_name(name: str) -> Split:
    """Take a member's name apart."""
    folder, _, last = name.rpartition("/")
    return Split(name, folder, intern(last), _is_plain(name, last))


def _is_plain(name: str, last: str) -> bool:
    """Say quickly whether a name is safe and in the one spelling, if the folder in front of `last` is."""
    return (
        len(name) < _SHORT
        and last not in _NO_NAMES
        and ":" not in name
        and "\\" not in last
        and "\0" not in last
        and name[0] != "/"
    )


def _unsafe(name: str) -> str | None:
    """Say what is wrong with a member's name; None if nothing is."""
    if name.startswith("/") or _DRIVE.match(name):
        return "absolute names"
    if "\\" in name:
        return "names with a backslash"
    parts = name.split("/")
    if ".." in parts:
        return "names that lead out of it"
    if len(name) > _LONGEST or len(parts) > _DEEPEST:
        return "names that are too long"
    return "names with '::' or a zero byte" if "::" in name or "\0" in name else None
