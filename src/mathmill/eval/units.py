"""Units of measure: what they are called, what they measure, how many of the base unit they are.

Factors are exact where the unit is defined so (international yard and pound agreement of 1959, SI brochure, 9th
edition). Money has a dimension for each currency; there are no exchange rates. Units that are not in the table, such as
`apples`, are names: equal only to themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

_F = Fraction
_FOOT = _F(3048, 10_000)
_POUND = _F(45_359_237, 100_000_000)

# dimension: names of a unit, separated by blanks, to its size in base units.
_TABLE: dict[str, dict[str, Fraction]] = {
    "length": {
        "m meter meters metre metres": _F(1), "km kilometer kilometers kilometre kilometres": _F(1000),
        "cm centimeter centimeters centimetre centimetres": _F(1, 100), "dm decimeter decimeters": _F(1, 10),
        "mm millimeter millimeters millimetre millimetres": _F(1, 1000), "nm nanometer nanometers": _F(1, 10**9),
        "um micrometer micrometers micron microns": _F(1, 10**6), "ft foot feet": _FOOT, "in. inch inches": _FOOT / 12,
        "yd yds yard yards": _FOOT * 3, "mi mile miles": _FOOT * 5280,
    },
    "time": {
        "s sec secs second seconds": _F(1), "ms millisecond milliseconds": _F(1, 1000),
        "min mins minute minutes": _F(60),
        "h hr hrs hour hours": _F(3600), "day days": _F(86_400), "week weeks": _F(604_800),
    },
    "months": {
        "month months": _F(1), "yr yrs year years": _F(12), "decade decades": _F(120), "century centuries": _F(1200),
    },
    "mass": {
        "kg kilogram kilograms": _F(1), "g gram grams": _F(1, 1000), "mg milligram milligrams": _F(1, 10**6),
        "lb lbs pound pounds": _POUND, "oz ounce ounces": _POUND / 16, "tonne tonnes": _F(1000),
    },
    "length*length*length": {
        "L l liter liters litre litres": _F(1, 1000), "mL ml milliliter milliliters": _F(1, 10**6),
        "gal gallon gallons": 231 * (_FOOT / 12) ** 3, "qt quart quarts": _F(231, 4) * (_FOOT / 12) ** 3,
        "cc": _F(1, 10**6),
    },
    "length*length": {"acre acres": 43_560 * _FOOT**2, "hectare hectares ha": _F(10_000)},
    "length/time": {"mph": _FOOT * 5280 / 3600, "kph kmh": _F(1000, 3600)},
    "temperature": {"K kelvin kelvins": _F(1)},
    "celsius": {"Celsius": _F(1)},
    "fahrenheit": {"Fahrenheit": _F(1)},
    "angle": {"degree degrees deg": _F(1)},
    "radian": {"rad radian radians": _F(1)},
    "current": {"A amp amps ampere amperes": _F(1)},
    "amount": {"mol mole moles": _F(1)},
    "mass*length/time/time": {"N newton newtons": _F(1)},
    "mass*length*length/time/time": {"J joule joules": _F(1), "kJ kilojoule kilojoules": _F(1000)},
    "mass*length*length/time/time/time": {"W watt watts": _F(1), "kW kilowatt kilowatts": _F(1000)},
    "mass/length/time/time": {"Pa pascal pascals": _F(1), "kPa": _F(1000)},
    "1/time": {"Hz hertz": _F(1)},
    "dollar": {"$ dollar dollars USD": _F(1), "cent cents": _F(1, 100)},
    "euro": {"\u20ac euro euros EUR": _F(1)},
    "sterling": {"\u00a3 GBP": _F(1)},
    "rupee": {"rupee rupees Rs": _F(1)},
    "yuan": {"yuan RMB": _F(1)},
    "yen": {"yen \u00a5": _F(1)},
    "count": {"dozen dozens": _F(12)},
    "": {"unit units": _F(1)},  # of whatever the question measures in
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """How much of what: a factor and the exponents of its dimensions, sorted by name."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...]


_NAMED = MappingProxyType({
    name: (dimension, factor)
    for dimension, units in _TABLE.items()
    for names, factor in units.items()
    for name in names.replace("in.", "in").split()
})  # fmt: skip
_PREFIXES = MappingProxyType({"square": 2, "sq": 2, "cubic": 3, "cu": 3})
_PART = re.compile(r"(?P<join>[*/]?)(?:(?P<prefix>square|sq|cubic|cu) )?(?P<name>[^*/^ ]+)(?:\^(?P<power>-?\d{1,2}))?")


def is_unit(name: str) -> bool:
    """Whether a name, `square ` or `cubic ` before it perhaps, is a unit that we know."""
    prefix, _, rest = name.rpartition(" ")
    return (not prefix or prefix.lower() in _PREFIXES) and _known(rest) is not None


@lru_cache(maxsize=1_000)
def unit_of(written: str) -> Unit | None:
    """The worth of a unit as a `Quantity` has it, such as `km/h`, `cm^2`, `square feet`; None for a mere name."""
    factor, exponents = Fraction(1), dict[str, int]()
    at = 0
    while at < len(written):
        part = _PART.match(written, at)
        if part is None or (known := _known(part["name"])) is None:
            return None
        power = int(part["power"] or 1) * _PREFIXES.get(part["prefix"] or "", 1) * (-1 if part["join"] == "/" else 1)
        factor *= known[1] ** power
        for name, exponent in _dimensions(known[0]):
            exponents[name] = exponents.get(name, 0) + exponent * power
        at = part.end()
    return Unit(factor, tuple(sorted((name, exponent) for name, exponent in exponents.items() if exponent)))


def _known(name: str) -> tuple[str, Fraction] | None:
    known = _NAMED.get(name)
    if known is None and (len(name) > 3 or (name.isupper() and len(name) > 1)):  # `Mg` and `M` are no `mg` and `m`
        known = _NAMED.get(name.lower())
    return known


def _dimensions(written: str) -> list[tuple[str, int]]:
    return [(name, -1 if join == "/" else 1) for join, name in re.findall(r"([*/]?)([a-z1]+)", written) if name != "1"]
