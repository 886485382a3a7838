"""Addresses: a local path, a URL, or ``zip://member::archive`` (``tar://`` alike), as they stand in the files table."""

import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

_ARCHIVE: Final = re.compile(
    r"(?P<stem>.+?)\.(?P<kind>zip|tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz|tzst)", re.IGNORECASE | re.DOTALL
)
_ARCHIVES: Final = ("zip", "tar")
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)
_DRIVE: Final = re.compile(r"/[A-Za-z]:[/\\]")
_WEB: Final = ("http", "https")
_PLAIN: Final = "+,;=@&!$'()*~:"
"""What stands for itself in the path of a URL; ``+`` and others are in names of kinds of file."""


class Inside(NamedTuple):
    """The address of an archive's member; `inner` is empty for the archive as a folder."""

    kind: str
    """zip or tar."""
    inner: str
    outer: str
    """The archive's own address."""


def inside(address: str) -> Inside | None:
    """Take the address of an archive's member apart; None if it is no such address.

    Examples
    --------
    >>> inside("zip://FreeSurfer/stats/aseg.stats::study.zip")
    Inside(kind='zip', inner='FreeSurfer/stats/aseg.stats', outer='study.zip')
    """
    kind, _, rest = address.partition("://")
    inner, _, outer = rest.partition("::")
    if kind not in _ARCHIVES or not outer:
        return None
    return Inside(kind, "/".join([part for part in inner.split("/") if part not in {"", "."}]), outer)


def local(address: str) -> str | None:
    """Give the path of an address on this machine; None if it is a URL.

    Examples
    --------
    >>> local("file:///data/study"), local("file://localhost/data/study"), local("s3://bucket/study")
    ('/data/study', '/data/study', None)
    >>> local("file:///C:/study")
    'C:/study'
    """
    found = _URL.fullmatch(address) if "://" in address else None
    if found is None:
        return address
    if found["scheme"].lower() != "file":
        return None
    path = found["rest"].removeprefix("localhost")
    return path[1:] if _DRIVE.match(path) else path


def file_of(address: str) -> str | None:
    """Give the path of the file on this machine that an address lies in, be it an archive; None if a server has it.

    Examples
    --------
    >>> file_of("zip://stats/aseg.stats::/data/sub-01.zip"), file_of("/data/aseg.stats"), file_of("s3://bucket/a.zip")
    ('/data/sub-01.zip', '/data/aseg.stats', None)
    """
    if "://" not in address:
        return address
    archive = inside(address)
    return local(archive.outer if archive else address)


def is_packed(address: str) -> bool:
    """Say whether an address begins as that of an archive's member.

    Examples
    --------
    >>> is_packed("zip://stats/aseg.stats::study.zip"), is_packed("study.zip")
    (True, False)
    """
    return address.partition("://")[0] in _ARCHIVES and "://" in address


def is_web(address: str) -> bool:
    """Say whether an address is a web server's.

    Examples
    --------
    >>> is_web("https://example.org/study/"), is_web("s3://bucket")
    (True, False)
    """
    found = _URL.fullmatch(address)
    return found is not None and found["scheme"].lower() in _WEB


def tidy_url(address: str) -> str:
    """Give a URL in the one spelling in which URLs of the same file are equal.

    Examples
    --------
    >>> tidy_url("https://example.org/my study#2/")
    'https://example.org/my%20study%232'
    """
    if is_web(address):
        path, mark, query = address.partition("?")
        address = quote(path, safe=f"/%[]{_PLAIN}").rstrip("/") + mark + query
    start, _, rest = address.partition("://")
    return f"{start.lower()}://{rest.rstrip('/')}"


def join(address: str, name: str) -> str:
    """Give the address of what is called `name` in a folder.

    Examples
    --------
    >>> join("https://example.org/study", "a b"), join("s3://bucket", "a b")
    ('https://example.org/study/a%20b', 's3://bucket/a b')
    """
    name = quote(name, safe=f"/{_PLAIN}") if is_web(address) else name
    return address + name if address.endswith("/") else f"{address}/{name}"


def split(address: str) -> tuple[str, str]:
    """Give the address of the folder around a URL, and the URL's own name; a root is its own folder.

    Examples
    --------
    >>> split("https://example.org/study/a%20b.zip?key=1"), split("s3://bucket")
    (('https://example.org/study', 'a b.zip'), ('s3://bucket', 'bucket'))
    """
    scheme, _, rest = address.partition("://")
    if not is_web(address):
        folder, _, name = rest.rpartition("/")
        return f"{scheme}://{folder or ('' if scheme == 'memory' else rest)}", name
    folder, slash, name = rest.partition("?")[0].rpartition("/")
    return (f"{scheme}://{folder}", unquote(name)) if slash else (address, name)


def stem(name: str) -> str:
    """Give an archive's name without its suffix.

    Examples
    --------
    >>> stem("sub-01.tar.gz"), stem("aseg.stats")
    ('sub-01', 'aseg.stats')
    """
    found = _ARCHIVE.fullmatch(name)
    return found["stem"] if found else name


def archive_kind(name: str) -> str | None:
    """Say by a file's name whether it is a zip or a tar archive; None if it is neither.

    Examples
    --------
    >>> archive_kind("1000011_20263_2_0.zip"), archive_kind("a.TGZ"), archive_kind("aseg.mgz")
    ('zip', 'tar', None)
    """
    found = _ARCHIVE.fullmatch(name)
    if found is None:
        return None
    return "zip" if found["kind"].lower() == "zip" else "tar"
