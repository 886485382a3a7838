"""Rounding: estimates by their intervals, p-values never 0."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsstats.plots._names import MINUS
from fsstats.reporting._numbers import decimals_of, fixed, interval, probability, spread

NAN = float("nan")
P_VALUES = {0.0: "<0.001", 9.99e-4: "<0.001", 0.001: "0.001", 0.0494: "0.049", 0.5: "0.500", 1.0: "1.000", NAN: "—"}


@pytest.mark.parametrize(("p", "text"), P_VALUES.items())
def test_p_values(p, text):
    assert probability(p) == text


INTERVALS = {
    "large numbers": ((-1003.2, -663.1), f"{MINUS}1,003 to {MINUS}663"),
    "small numbers": ((-0.0948, -0.0102), f"{MINUS}0.095 to {MINUS}0.010"),
    "tiny numbers": ((1.23e-7, 4.56e-7), "0.00000012 to 0.00000046"),
    "about 0": ((-0.004, 0.4), "0.00 to 0.40"),
    "infinite": ((-math.inf, 2.0), f"{MINUS}∞ to 2.00"),
    "none": ((NAN, NAN), "—"),
}


@pytest.mark.parametrize(("limits", "text"), INTERVALS.values(), ids=INTERVALS)
def test_intervals_have_the_digits_that_their_width_is_worth(limits, text):
    assert interval(*limits, decimals_of(*limits)) == text


def test_a_number_that_rounds_to_0_has_no_sign():
    assert fixed(-0.0004, 2) == "0.00"
    assert spread(3, 3) == "3"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e5))
def test_what_is_printed_is_near_what_was_estimated(middle, half):
    decimals = decimals_of(middle - half, middle + half)
    read = float(fixed(middle, decimals).replace(",", "").replace(MINUS, "-"))
    assert abs(read - middle) <= half / 19
