"""The names that the parser knows: functions, constants, words that join answers or stand in them."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

# What is written, to what a Call names. Arguments are angles in radians.
_PLAIN_FUNCTIONS = frozenset([
    "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "arcsin", "arccos",
    "arctan", "arccot", "arcsec", "arccsc", "arcsinh", "arccosh", "arctanh", "exp", "log", "ln", "max", "min", "gcd",
    "lcm", "det", "dim", "arg", "abs", "floor", "ceil", "sign", "factorial", "sqrt", "cbrt",
])  # fmt: skip
FUNCTIONS = MappingProxyType({name: name for name in sorted(_PLAIN_FUNCTIONS)} | {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "tg": "tan", "ctg": "cot", "cosec": "csc",
    "arctg": "arctan", "sgn": "sign", "lg": "log10", "Re": "re", "Im": "im", "tr": "trace", "rank": "rank",
    "ceiling": "ceil", "log10": "log10", "Arg": "arg",
})  # fmt: skip
# Functions whose power is written behind their name.
POWERED = frozenset(FUNCTIONS.values()) - {"max", "min", "gcd", "lcm", "det", "dim", "arg", "sqrt", "cbrt", "factorial"}
OF_SEVERAL = frozenset({"max", "min", "gcd", "lcm"})
INVERSES = MappingProxyType({
    name: f"arc{name}" for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")
})  # fmt: skip
GREEK = frozenset([
    "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "rho", "varrho", "sigma", "varsigma", "tau", "upsilon", "phi", "varphi", "chi", "psi",
    "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "ell", "hbar",
    "aleph", "partial", "nabla", "imath", "jmath", "wp", "star", "bullet", "circ", "angle", "triangle", "square", "Box",
    "Diamond", "dagger", "top", "bot",
])  # fmt: skip
# Words and commands that stand for a sign, to the names of constants.
CONSTANTS = MappingProxyType({
    "pi": "pi", "infty": "infinity", "infinity": "infinity", "inf": "infinity", "oo": "infinity",
    "Infinity": "infinity", "emptyset": "empty_set", "varnothing": "empty_set", "oslash": "empty_set",
})  # fmt: skip
BLACKBOARD = MappingProxyType({"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"})
CURRENCIES = MappingProxyType({"$": "$", "\u20ac": "\u20ac", "\u00a3": "\u00a3", "\u00a5": "\u00a5", "\u20b9": "rupee"})
MULTIPLES = MappingProxyType({
    "hundred": Fraction(100), "thousand": Fraction(10**3), "million": Fraction(10**6), "billion": Fraction(10**9),
    "trillion": Fraction(10**12), "permille": Fraction(1, 1000), "ppm": Fraction(1, 10**6),
})  # fmt: skip
JOINS = frozenset({"and", "or"})
# Words before a value that is not exact, and words between a value and the condition that it holds under.
APPROXIMATE = frozenset({"about", "approximately", "approx", "roughly", "nearly", "around"})
CONDITIONS = frozenset({"if", "for", "when", "where", "whenever", "provided"})
# Words behind a value that say what a letter in it stands for.
ANY = frozenset({"any", "every", "each", "all"})
ALL_NUMBERS = frozenset(["all", "any", "every", "real", "reals", "number", "numbers", "values", "value", "of"])
OTHERWISE = frozenset({"otherwise", "else", "elsewhere"})
CHOICES = frozenset({"option", "choice", "answer"})
# Short words that are words and no products of letters.
SHORT_WORDS = frozenset([
    "yes", "no", "odd", "all", "any", "the", "one", "two", "six", "ten", "not", "nor", "but", "is", "it", "an", "if",
    "for", "at", "by", "of", "on", "in", "to", "so", "are", "was", "has", "as", "we", "let",
])  # fmt: skip
# Words that follow a number without being what it counts.
# Words that make another number of the one before them, or deny it.
OPERATIONS = frozenset([
    "squared", "cubed", "doubled", "tripled", "halved", "negated", "inverted", "reversed", "rounded", "negative",
    "positive", "below", "above", "under", "off", "short", "point", "wrong", "false", "incorrect", "fake", "untrue",
    "divided", "multiplied", "increased", "decreased", "reduced", "raised", "subtracted", "added", "flipped",
    "factorial", "zero", "never", "isn", "wasn", "aren", "almost", "except", "without", "upside", "backwards",
    "less", "more", "incorrectly", "wrongly", "nope", "modulo", "inverse", "reciprocal", "opposite", "conjugate",
    "complement", "root", "derivative", "twice", "double", "triple", "excluding", "exclusive", "approx",
    "minimum", "maximum", "imaginary", "octal", "binary", "ternary", "hex", "hexadecimal", "pct", "bps", "mille", "too",
    "small",
    # which count in other steps than ones
    "tens", "hundreds", "thousands", "millions", "billions", "trillions", "lakh", "lakhs", "crore", "crores", "gross",
    "grand", "bn", "mil", "doz", "halves", "thirds", "fourths", "fifths", "sixths",
    "eighths", "tenths", "hundredths", "thousandths", "millionths",
])  # fmt: skip
NO_NOUNS = SHORT_WORDS | JOINS | CONDITIONS | OPERATIONS | frozenset([
    "were", "have", "will", "with", "then", "which", "that", "because", "since", "mod", "per", "equals", "from", "than",
    "otherwise", "else", "does", "exist", "must", "can", "cannot", "at", "i", "times", "plus", "minus", "over",
])  # fmt: skip
# Units that may stand right behind their number without looking like a product of letters.
ATTACHED_UNITS = frozenset([
    "cm", "mm", "km", "dm", "nm", "kg", "mg", "ml", "mL", "ft", "lb", "lbs", "oz", "yd", "hr", "hrs", "sec", "min",
    "mph", "kph", "kWh", "Hz", "kHz", "Pa", "kPa", "kJ", "kW",
])  # fmt: skip
DIGIT_WORDS = MappingProxyType({
    word: number for number, word in enumerate([
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    ])
})  # fmt: skip
# Names inside of a run of letters such as `2sinx`; longer ones first.
SPLIT_NAMES = ("sqrt", "arcsin", "arccos", "arctan", "sin", "cos", "tan", "cot", "sec", "csc", "ln", "log", "pi", "exp")
