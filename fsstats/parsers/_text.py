"""From bytes to lines of text, and what is odd about them: the same for every text format."""

from collections.abc import Sequence

from fsstats.errors import StatsFormatError, wording
from fsstats.parsers._header import Remark

Line = tuple[int, str]
"""Line number from 1, and the line."""


def decode(data: str | bytes, where: str) -> tuple[str, list[Remark]]:
    """Turn bytes into text, and say what is odd about them."""
    if isinstance(data, bytes) and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        hint = "Save it as UTF-8"
        raise StatsFormatError.at(where, expected="plain text", found="UTF-16 text of a Windows editor", hint=hint)
    if (b"\0" if isinstance(data, bytes) else "\0") in data:  # type: ignore[operator]
        raise StatsFormatError.at(where, expected="plain text", found="binary data")
    remarks: list[Remark] = []
    text = data if isinstance(data, str) else _to_text(data, remarks)
    if "\r" in text:
        remarks.append(Remark(None, "lines end as on Windows (CR LF); all of it was read", loss=False))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise StatsFormatError.at(where, expected="a stats file", found="an empty file", status="empty")
    return text, remarks


def _to_text(data: bytes, remarks: list[Remark]) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        remarks.append(Remark(line, "a character is not UTF-8; it is shown as \\x and its code", loss=False))
        return data.decode("utf-8", errors="backslashreplace")


def numbered_lines(text: str) -> tuple[list[Line], list[Remark]]:
    """Give the lines that are not blank, with their numbers from 1; a last line that may be cut is left out and named.

    Without a line feed behind it the last number may be cut, and nothing would show it.
    """
    *lines, last = text.split("\n")
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line and not line.isspace()]
    if not last.strip():
        return numbered, []
    found = f"{last.strip()[-40:]!r}, which may be cut"
    return numbered, [Remark(len(lines) + 1, wording(expected="a line feed at the end of the file", found=found))]


def header_and_body(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Part the lines that begin with ``#`` from those that do not."""
    header: list[Line] = []
    body: list[Line] = []
    for line in lines:
        (header if line[1].lstrip().startswith("#") else body).append(line)
    return header, body


def summarise(remarks: list[Remark], where: str = "", *, most: int = 3) -> str:
    """Join remarks into one text, the first few in full; the first with the file in front, if it is given."""
    named = [_in_file(remark) for remark in remarks[:most]]
    if where and remarks:
        named[0] = remarks[0].at(where)
    more = [f"and {len(remarks) - most} more"] if len(remarks) > most else []
    return "; ".join(named + more)


def _in_file(remark: Remark) -> str:
    return f"line {remark.line}: {remark.text}" if remark.line else remark.text
