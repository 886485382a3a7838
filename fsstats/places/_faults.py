"""What is wrong with a place: errors, and members of an archive that were left out."""

from typing import Final

from fsstats.errors import PlaceError, wording

_NAMED: Final = 5
_REMEMBERED: Final = 1000
"""Of so many members of one reason the names are kept."""


def fault(where: str, *, expected: str, found: str, hint: str = "") -> PlaceError:
    """Say where, what was due, what stood there and what to try."""
    return PlaceError(f"{where}: {wording(expected=expected, found=found, hint=hint)}")


class LeftOut:
    """Members of an archive that are not used, by reason: how many, and the first names."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._names: dict[str, dict[str, None]] = {}

    def add(self, reason: str, name: str) -> None:
        """Note a member that is not used; one that is named twice counts once."""
        names = self._names.setdefault(reason, {})
        if name not in names:
            self._number[reason] = self._number.get(reason, 0) + 1
            if len(names) < _REMEMBERED:
                names[name] = None

    def why(self, name: str) -> str | None:
        """Say why a member is not used; None if it was not noted."""
        return next((reason for reason, names in self._names.items() if name in names), None)

    def texts(self) -> list[str]:
        """Give a sentence for each reason."""
        return [_text(reason, self._number[reason], [*names][:_NAMED]) for reason, names in self._names.items()]


def _text(reason: str, number: int, names: list[str]) -> str:
    shown = ", ".join(repr(name if len(name) <= 100 else f"{name[:97]}...") for name in names)
    more = f" and {number - len(names)} more" if number > len(names) else ""
    return f"left out of the archive, {reason}: {shown}{more}"
