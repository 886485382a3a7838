"""Numbers in fixed places: each is the float that Python reads, to the bit, or the line does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.parsers._grid import grid_of, read_grid


def table(*tokens, width=12):
    """Give the text of a table: a name and one number a line, right-aligned."""
    return "".join(f"region {token:>{width}}\n" for token in tokens).encode()


def read(pattern, text):
    """Read the numbers of a table by the grid of another; None if it does not fit."""
    grid = grid_of(pattern, 2, [1])
    if grid is None:
        return None
    numbers = np.empty((1, 1, grid.n_rows))
    return numbers[0, 0] if len(text) == len(pattern) and read_grid(grid, [text], numbers)[0] else None


def to_bits(numbers):
    return np.asarray(numbers, dtype=np.float64).tobytes()


def printed(decimals, digits=15):
    """Draw numbers with so many decimals, as programs print them."""
    whole = st.integers(0, 10 ** (digits - decimals - 1) - 1)
    part = st.integers(0, 10**decimals - 1).map(lambda k: f".{k:0{decimals}}" if decimals else "")
    return st.tuples(st.sampled_from(["", "-"]), whole, part).map(lambda parts: "{}{}{}".format(*parts))


@given(st.integers(0, 12).flatmap(lambda d: st.lists(printed(d), min_size=2, max_size=6)), st.integers(0, 3))
def test_law_every_number_is_its_float(tokens, room):
    width = max(map(len, tokens)) + room
    numbers = read(table(*tokens[:1] * len(tokens), width=width), table(*tokens, width=width))
    if numbers is not None:
        assert to_bits(numbers) == to_bits([*map(float, tokens)])


@given(st.integers(1, 9).flatmap(lambda d: st.lists(printed(d), min_size=2, max_size=6)))
def test_law_a_table_fits_its_own_grid(tokens):
    width = max(map(len, tokens))
    text = table(*tokens, width=width)
    if grid_of(text, 2, [1]) is not None:  # else the longest number has too many digits
        assert to_bits(read(text, text)) == to_bits([*map(float, tokens)])


@given(st.text("0123456789-+. \teE_,n\0é", min_size=8, max_size=8))
def test_law_what_is_read_is_what_float_reads_and_no_more(token):
    text = f"region {token}\n".encode()
    numbers = read(b"region    3.250\n", text)
    if numbers is not None:
        assert len(token.split()) == 1
        assert to_bits(numbers) == to_bits([float(token)])


EXACT = ("0", "-0", "007", "123456789", "1234567890", "12345678901234", "99999999999999", "-99999999999999")


@pytest.mark.parametrize("token", EXACT)
def test_whole_numbers(token):
    assert to_bits(read(table("1" * len(token)), table(token))) == to_bits([float(token)])


DECIMALS = ("0.000", "-0.000", "0.001", "-3.070", "999999.999", "-99999999.999", "0.1", "2.675", "1234567.0000001")


@pytest.mark.parametrize("token", DECIMALS)
def test_numbers_with_decimals(token):
    whole, _, part = token.partition(".")
    pattern = table(f"{'1' * len(whole)}.{'1' * len(part)}", width=16)
    assert to_bits(read(pattern, table(token, width=16))) == to_bits([float(token)])


UNFIT = {
    "two minuses": "--5.25",
    "a minus inside": "1-5.25",
    "a minus behind": "15-.25",
    "a minus apart": "-  5.25",
    "a minus alone": "-.25",
    "a plus": "+5.25",
    "no whole digit": ".25",
    "a blank inside": "1 5.25",
    "a blank among the decimals": "15.2 ",
    "a tab in front": "\t5.25",
    "two points": "1.5.25",
    "a power": "1e5.25",
    "a letter": "x.25",
    "a minus among the decimals": "5.-5",
    "a slash, the byte before 0": "/5.25",
    "a colon, the byte behind 9": ":5.25",
    "no blank between name and number": "5" * 9 + ".25",
    "a longer number than was left room for": "5" * 8 + ".25",
}


@pytest.mark.parametrize("token", UNFIT.values(), ids=UNFIT)
def test_what_is_no_such_number_does_not_fit(token):
    assert read(table("3.25"), table(token)) is None


ODD_TABLES = {
    "nothing": (b"", [1]),
    "no line feed": (b"region 1", [1]),
    "lines of different lengths": (b"region 1\nregion 10\n", [1]),
    "a line feed in the middle": (b"region 1\nreg\non 1\n", [1]),
    "numbers that end in different places": (b"region 1 \nregion  1\n", [1]),
    "different decimals": (b"region 1.25\nregion 10.5\n", [1]),
    "a number that is none": (b"region nan\n", [1]),
    "a power": (b"region 1e5\n", [1]),
    "too many digits": (b"region 1234567890123456\n", [1]),
    "a number in the first column": (b"1 region\n", [0]),
    "words that are more than the columns": (b"my region 1\n", [1]),
    "words that are fewer": (b"region1\n", [1]),
    "a name that reaches into another row's number": (b"a   1234\nlong   5\n", [1]),
    "a tab": (b"region\t 1\n", [1]),
}


@pytest.mark.parametrize(("text", "free"), ODD_TABLES.values(), ids=ODD_TABLES)
def test_tables_without_fixed_places_make_no_grid(text, free):
    assert grid_of(text, 2, free) is None


@pytest.mark.parametrize("n_files", [1, 2, 63, 64, 65, 128, 129, 300])
def test_many_files_are_told_apart(n_files):
    grid = grid_of(table("5.25", "1.00"), 2, [1])
    tokens = [(f"{k}.25", "x.00" if k % 7 == 3 else "-2.50") for k in range(n_files)]
    numbers = np.empty((n_files, 1, 2))
    fits = read_grid(grid, [table(*pair) for pair in tokens], numbers)
    assert fits.tolist() == [k % 7 != 3 for k in range(n_files)]
    assert numbers[fits, 0].tolist() == [[k + 0.25, -2.5] for k in range(n_files) if k % 7 != 3]
