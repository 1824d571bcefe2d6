"""Units of measure: what they are called, what they measure, how many of the base unit they are.

Factors are exact where the unit is defined so (international yard and pound agreement of 1959, SI brochure, 9th
edition), and units of the SI have its prefixes, as symbols and as words. Money has a dimension for each currency; there
are no exchange rates. Units that are not in the table, such as `apples`, are names: equal only to themselves.
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
        "m meter meters metre metres 米 м": _F(1),
        "km kms 千米 公里 км": _F(1000),
        "cm cms 厘米 см": _F(1, 100),
        "dm 分米": _F(1, 10),
        "mm 毫米 мм": _F(1, 1000),
        "micron microns": _F(1, 10**6), "ft foot feet": _FOOT, "in. inch inches": _FOOT / 12,
        "yd yds yard yards": _FOOT * 3, "mi mile miles": _FOOT * 5280,
    },
    "time": {
        "s sec secs second seconds 秒": _F(1),
        "min mins minute minutes 分钟": _F(60),
        "h hr hrs hour hours 小时": _F(3600), "day days 天": _F(86_400), "week weeks": _F(604_800),
    },
    "months": {
        "month months": _F(1), "yr yrs year years": _F(12), "decade decades": _F(120), "century centuries": _F(1200),
    },
    "mass": {
        "kg kgs 千克 公斤 кг": _F(1), "g gm gms gram grams 克 г": _F(1, 1000),
        "lb lbs pound pounds": _POUND, "oz ounce ounces": _POUND / 16, "tonne tonnes": _F(1000),
    },
    "length*length*length": {
        "L l liter liters litre litres": _F(1, 1000),
        "gal gallon gallons": 231 * (_FOOT / 12) ** 3, "qt quart quarts": _F(231, 4) * (_FOOT / 12) ** 3,
        "pt pint pints": _F(231, 8) * (_FOOT / 12) ** 3, "cup cups": _F(231, 16) * (_FOOT / 12) ** 3,
        "cc 立方厘米": _F(1, 10**6), "立方米": _F(1), "立方分米 升": _F(1, 1000), "毫升": _F(1, 10**6),
    },
    "length*length": {
        "acre acres": 43_560 * _FOOT**2, "hectare hectares ha 公顷": _F(10_000),
        "平方米": _F(1), "平方分米": _F(1, 100), "平方厘米": _F(1, 10_000), "平方千米": _F(10**6),
    },
    "length/time": {"mph": _FOOT * 5280 / 3600, "kph kmh": _F(1000, 3600)},
    "temperature": {"K kelvin kelvins": _F(1)},
    "celsius": {"Celsius": _F(1)},
    "fahrenheit": {"Fahrenheit": _F(1)},
    "angle": {"degree degrees deg 度": _F(1)},
    "radian": {"rad radian radians": _F(1)},
    "current": {"A amp amps ampere amperes": _F(1), "kA": _F(1000)},
    "amount": {"mol mole moles": _F(1)},
    "mass*length/time/time": {"N newton newtons": _F(1)},
    "mass*length*length/time/time": {
        "J joule joules": _F(1), "Wh": _F(3600), "eV electronvolt electronvolts": _F(1_602_176_634, 10**28),
        "cal calorie calories": _F(4184, 1000),
    },
    "mass*length*length/time/time/time": {"W watt watts": _F(1)},
    "mass*length*length/time/time/time/current": {"V volt volts": _F(1)},
    "mass*length*length/time/time/time/current/current": {"ohm ohms": _F(1)},
    "time*current": {"C coulomb coulombs": _F(1)},
    "time*time*time*time*current*current/mass/length/length": {"F farad farads": _F(1)},
    "mass*length*length/time/time/current/current": {"H henry henries henrys": _F(1)},
    "mass*length*length/time/time/current": {"Wb weber webers": _F(1)},
    "mass/time/time/current": {"T tesla teslas": _F(1)},
    "mass/length/time/time": {
        "Pa pascal pascals": _F(1), "bar bars": _F(10**5), "atm atmosphere atmospheres": _F(101_325),
    },
    "1/time": {"Hz hertz": _F(1)},
    "bit": {"B byte bytes": _F(8), "KB": _F(8000), "bit bits": _F(1)},
    "dollar": {"$ dollar dollars USD": _F(1), "cent cents": _F(1, 100)},
    "euro": {"\u20ac euro euros EUR": _F(1)},
    "sterling": {"\u00a3 GBP": _F(1)},
    "rupee": {"rupee rupees Rs": _F(1)},
    "yuan": {"yuan RMB 元 圆": _F(1)},
    "yen": {"yen \u00a5": _F(1)},
    "count": {"dozen dozens": _F(12)},
    "unit": {"unit units": _F(1)},  # of length, whichever the question measures in
}  # fmt: skip

_LARGE = {"T": _F(10**12), "G": _F(10**9), "M": _F(10**6), "k": _F(10**3)}
_SMALL = {
    "m": _F(1, 10**3), "\u03bc": _F(1, 10**6), "u": _F(1, 10**6), "n": _F(1, 10**9), "p": _F(1, 10**12),
}  # fmt: skip
_WORDS = {
    "tera": _F(10**12), "giga": _F(10**9), "mega": _F(10**6), "kilo": _F(10**3), "deci": _F(1, 10),
    "centi": _F(1, 100), "milli": _F(1, 10**3), "micro": _F(1, 10**6), "nano": _F(1, 10**9), "pico": _F(1, 10**12),
}  # fmt: skip
# Symbols that take prefixes; what nobody writes is left out, as `MC` and `TH` are segments and products.
_WITH_LARGE = frozenset(["N", "Pa", "J", "W", "Wh", "V", "ohm", "Hz", "eV", "cal", "B", "bit"])
_WITH_SMALL = frozenset([
    "m", "g", "s", "N", "Pa", "J", "W", "V", "ohm", "Hz", "eV", "C", "F", "T", "H", "Wb", "A", "mol", "L", "l", "bar",
])  # fmt: skip
_WITH_WORDS = frozenset([
    "meter", "metre", "gram", "second", "newton", "pascal", "joule", "watt", "coulomb", "volt", "farad", "ohm", "tesla",
    "henry", "weber", "amp", "ampere", "mole", "hertz", "liter", "litre", "calorie", "byte", "bit", "electronvolt",
])  # fmt: skip
_NO_UNITS = frozenset({"pm", "us"})  # of the afternoon, people


@dataclass(frozen=True, slots=True)
class Unit:
    """How much of what: a factor and the exponents of its dimensions, sorted by name."""

    factor: Fraction
    dimensions: tuple[tuple[str, int], ...]


def _prefixed(named: dict[str, tuple[str, Fraction]]) -> dict[str, tuple[str, Fraction]]:
    """Units with the prefixes that they take."""
    made: dict[str, tuple[str, Fraction]] = {}
    for name, (dimension, factor) in named.items():
        prefixes = (_LARGE if name in _WITH_LARGE else {}) | (_SMALL if name in _WITH_SMALL else {})
        prefixes |= _WORDS if name.removesuffix("s") in _WITH_WORDS else {}
        made |= {prefix + name: (dimension, factor * times) for prefix, times in prefixes.items()}
    return {name: worth for name, worth in made.items() if name not in _NO_UNITS}


_PLAIN = {
    name: (dimension, factor)
    for dimension, units in _TABLE.items()
    for names, factor in units.items()
    for name in names.replace("in.", "in").split()
}
_NAMED = MappingProxyType(_prefixed(_PLAIN) | _PLAIN)  # a name of its own goes before one with a prefix
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
