"""Units: what they are worth, and what is none."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.units import Unit, is_unit, unit_of


def worth(written: str) -> Unit:
    unit = unit_of(written)
    assert unit is not None, written
    return unit


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("cm", "centimeters"),
        ("CM", "cm"),
        ("Feet", "ft"),
        ("in", "inches"),
        ("km/h", "kph"),
        ("square feet", "ft^2"),
        ("sq cm", "cm^2"),
        ("cubic meters", "m^3"),
        ("mL", "cm^3"),
        ("L", "dm^3"),
        ("mph", "mile/hour"),
        ("N", "kg*m/s^2"),
        ("J", "N*m"),
        ("W", "J/s"),
        ("Hz", "s^-1"),
        ("m/s/s", "m/s^2"),
        ("C", "A*s"),
        ("F", "C/V"),
        ("H", "V*s/A"),
        ("T", "Wb/m^2"),
        ("ohm", "V/A"),
        ("\u03bcm", "micrometers"),
        ("kN", "kilonewtons"),
        ("gm", "g"),
        ("$", "dollars"),
    ],
)
def test_names_of_one_unit(written: str, same: str) -> None:
    assert worth(written) == worth(same)


@pytest.mark.parametrize(
    ("larger", "smaller", "times"),
    [
        ("m", "cm", Fraction(100)),
        ("ft", "inches", Fraction(12)),
        ("mile", "yards", Fraction(1760)),
        ("hours", "minutes", Fraction(60)),
        ("week", "days", Fraction(7)),
        ("year", "months", Fraction(12)),
        ("m^2", "cm^2", Fraction(10_000)),
        ("m/s", "km/h", Fraction(18, 5)),
        ("kg", "g", Fraction(1000)),
        ("lb", "oz", Fraction(16)),
        ("gallon", "quarts", Fraction(4)),
        ("dollar", "cents", Fraction(100)),
        ("kN", "N", Fraction(1000)),
        ("F", "\u03bcF", Fraction(10**6)),
        ("GB", "MB", Fraction(1000)),
        ("MN", "mN", Fraction(10**9)),
        ("byte", "bits", Fraction(8)),
    ],
)
def test_conversion(larger: str, smaller: str, times: Fraction) -> None:
    big, small = worth(larger), worth(smaller)
    assert big.dimensions == small.dimensions
    assert big.factor / small.factor == times


@pytest.mark.parametrize(
    ("one", "other"),
    [("m", "s"), ("cm", "cm^2"), ("m/s", "m"), ("$", "euro"), ("degree", "rad"), ("Celsius", "K"), ("months", "days")],
)
def test_what_measures_different_things(one: str, other: str) -> None:
    assert worth(one).dimensions != worth(other).dimensions


@pytest.mark.parametrize("name", ["apples", "x", "M", "Mg", "MC", "pm", "us", "", "cm cm", "square apples", "^2", "m/"])
def test_no_unit(name: str) -> None:
    assert unit_of(name) is None or not name
    assert not is_unit(name)


def test_units_of_whatever_are_of_a_dimension_of_their_own() -> None:
    assert worth("units").dimensions == (("unit", 1),)
    assert worth("square units").dimensions == worth("units^2").dimensions == (("unit", 2),)


@given(st.text(alphabet="cmks$/*^2- squarefthin.", max_size=30))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    unit = unit_of(text)
    assert unit is None or unit.factor > 0
