"""Numbers as a page shows them: the only place where anything is rounded."""

from math import floor, isfinite, isnan, log10
from typing import Final

from fsstats.plots._names import MINUS

MISSING: Final = "—"
"""What stands for a missing value; the page reads it out as "missing"."""
_NARROW: Final = "\N{NO-BREAK SPACE}"
_MOST: Final = 8
"""Decimals at the most."""


def fixed(number: float, decimals: int = 2) -> str:
    """Write a number with so many decimals, thousands set apart, and a real minus sign.

    Examples
    --------
    >>> fixed(0.126), fixed(12345.6, 0), fixed(-0.001), fixed(float("nan")), fixed(float("inf"))
    ('0.13', '12,346', '0.00', '—', '∞')
    """
    if isnan(number):
        return MISSING
    if not isfinite(number):
        return "∞" if number > 0 else f"{MINUS}∞"
    text = f"{number:,.{decimals}f}"
    bare = text.removeprefix("-")
    return f"{MINUS}{bare}" if text != bare and number and any(digit in bare for digit in "123456789") else bare


def probability(p: float) -> str:
    """Write a p-value.

    Examples
    --------
    >>> probability(0.0213), probability(0.2), probability(4e-9), probability(0.0), probability(float("nan"))
    ('0.021', '0.200', '<0.001', '<0.001', '—')
    """
    return "<0.001" if p < 0.001 else fixed(p, 3)


def decimals_of(low: float, high: float, number: float = float("nan")) -> int:
    """Give the decimals that are worth printing: two digits of half the interval, or three of the number without one.

    Examples
    --------
    >>> decimals_of(-1003.2, -663.1), decimals_of(-0.094, -0.01), decimals_of(float("nan"), 1.0, 3.14159)
    (0, 3, 2)
    """
    half = (high - low) / 2
    if isfinite(half) and half > 0:
        return _decimals(half, 2)
    return _decimals(abs(number), 3) if isfinite(number) and number else 2


def _decimals(size: float, digits: int) -> int:
    return min(max(0, digits - 1 - floor(log10(size))), _MOST)


def interval(low: float, high: float, decimals: int) -> str:
    """Write an interval.

    Examples
    --------
    >>> interval(0.1, 0.345, 2), interval(float("nan"), float("nan"), 2)
    ('0.10 to 0.34', '—')
    """
    return MISSING if isnan(low) and isnan(high) else f"{fixed(low, decimals)} to {fixed(high, decimals)}"


def count(number: float) -> str:
    """Write how many there are.

    Examples
    --------
    >>> count(12345.0), count(float("nan"))
    ('12,345', '—')
    """
    return fixed(number, 0)


def counted(number: float, noun: str, plural: str = "") -> str:
    """Write how many of what.

    Examples
    --------
    >>> counted(1, "region"), counted(1200, "region"), counted(2, "study", "studies")
    ('1 region', '1,200 regions', '2 studies')
    """
    return f"{count(number)} {noun if number == 1 else plural or noun + 's'}"


def share(part: float, whole: float) -> str:
    """Write a part of a whole in per cent.

    Examples
    --------
    >>> share(1, 3).replace("\N{NO-BREAK SPACE}", " "), share(0, 0)
    ('33 %', '—')
    """
    return f"{100 * part / whole:.0f}{_NARROW}%" if whole else MISSING


def per_cent(level: float) -> str:
    """Write a level in per cent, on one line.

    Examples
    --------
    >>> per_cent(0.95).replace("\N{NO-BREAK SPACE}", " "), per_cent(0.999).replace("\N{NO-BREAK SPACE}", " ")
    ('95 %', '99.9 %')
    """
    return f"{100 * level:g}{_NARROW}%"


def spread(low: float, high: float) -> str:
    """Write from where to where whole numbers go.

    Examples
    --------
    >>> spread(38, 40), spread(40, 40), spread(float("nan"), float("nan"))
    ('38 to 40', '40', '—')
    """
    if isnan(low):
        return MISSING
    return count(low) if low == high else f"{count(low)} to {count(high)}"


def mean_and_sd(mean: float, sd: float, places: int) -> str:
    """Write a mean with its standard deviation in brackets.

    Examples
    --------
    >>> mean_and_sd(46.52, 17.2, 1), mean_and_sd(1523456.0, 152345.0, 0), mean_and_sd(3.0, float("nan"), 2)
    ('46.5 (17.2)', '1,523,456 (152,345)', '3.00 (—)')
    """
    return f"{fixed(mean, places)} ({fixed(sd, places)})"


def decimals_of_spread(sd: float, mean: float) -> int:
    """Give the decimals of three digits of a standard deviation, or where there is none, of a mean.

    Examples
    --------
    >>> decimals_of_spread(17.2, 46.5), decimals_of_spread(float("nan"), 3.0)
    (1, 2)
    """
    return _decimals(sd, 3) if isfinite(sd) and sd > 0 else decimals_of(mean, mean, mean)


def of_bytes(n: int) -> str:
    """Write how large a file is.

    Examples
    --------
    >>> of_bytes(512), of_bytes(2_345_678)
    ('512 B', '2.3 MB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= size:
            return f"{n / size:.1f} {unit}"
    return f"{n} B"
