"""The names that the parser knows: functions, constants, words that join answers."""

from __future__ import annotations

from types import MappingProxyType

# What is written, to what a Call names. Arguments are angles in radians.
FUNCTIONS = MappingProxyType({
    name: name for name in (
        "sin cos tan cot sec csc sinh cosh tanh coth sech csch arcsin arccos arctan arccot arcsec arccsc arcsinh arccosh"
        " arctanh exp log ln max min gcd lcm det dim arg abs floor ceil sign factorial sqrt cbrt"
    ).split()
} | {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "tg": "tan", "ctg": "cot", "cosec": "csc",
    "arctg": "arctan", "sgn": "sign", "lg": "log10", "Re": "re", "Im": "im", "tr": "trace", "rank": "rank",
    "ceiling": "ceil", "log10": "log10", "Arg": "arg",
})  # fmt: skip
# Functions whose power is written behind their name.
POWERED = frozenset(FUNCTIONS) - {"max", "min", "gcd", "lcm", "det", "dim", "arg", "sqrt", "cbrt", "factorial"}
INVERSES = MappingProxyType({
    name: f"arc{name}" for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")
})  # fmt: skip
GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma"
    " varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar"
    " aleph partial nabla imath jmath wp star bullet circ perp angle triangle square Box Diamond dagger top bot"
    .split()
)  # fmt: skip
# Words that stand for a sign.
CONSTANTS = MappingProxyType({
    "pi": "pi", "infty": "infinity", "infinity": "infinity", "inf": "infinity", "oo": "infinity", "emptyset": "empty_set",
    "varnothing": "empty_set", "Infinity": "infinity",
})  # fmt: skip
JOINS = MappingProxyType({"and": "and", "or": "or"})
# Short words that are words and no products of letters.
SHORT_WORDS = frozenset(
    "yes no odd all any the one two six ten not nor but is it an if for at by of on in to so".split()
)
DIGIT_WORDS = MappingProxyType({
    word: number for number, word in enumerate((
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen twenty").split())
})  # fmt: skip
