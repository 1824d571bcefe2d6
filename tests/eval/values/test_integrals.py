from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import differ, evaluate
from mathmill.eval.values.polynomials import Undecided

KNOWN = r"""
\int_0^\pi \sin x dx = 2
\int_0^{2\pi} \sin^4x\cos^2x dx = \frac{\pi}{8}
\int_0^\infty x^2e^{-3x} dx = \frac{2}{27}
\int_{1}^{2} \frac{1}{x} dx = \ln 2
\int_{0}^{1} \frac{1}{\sqrt{x}} dx = 2
\int_{0}^{4} \sqrt{x} dx = \frac{16}{3}
\int_1^\infty \frac{1}{x^2} dx = 1
\int_0^{a} x^3 dx = \frac{a^4}{4}
\int_{0}^{1} \frac{x}{1+x^2} dx = \frac{\ln2}{2}
\int_{0}^{1} \frac{x^3}{1+x} dx = \frac56-\ln 2
\int_{2}^{3} \frac{1}{x^2-1} dx = \frac12\ln\frac32
\int_0^{\pi} x\sin x dx = \pi
\int_0^{1} \frac{1}{x^2+x+1} dx = \frac{\pi}{3\sqrt3}
\int_{0}^{1}\int_{0}^{1} xy dx dy = \frac14
\int_0^{\ln 2} e^{2x} dx = \frac32
\int_{-\pi}^{\pi} \cos(nx) dx = \frac{2\sin(n\pi)}{n}
\int_{0}^{1} 2^x dx = \frac{1}{\ln 2}
""".strip().splitlines()
NOT_KNOWN = [
    r"\int_{-1}^{1} \frac{1}{x} dx", r"\int_{-1}^{1} \frac{1}{x^2} dx", r"\int_{0}^{1} \frac{1}{x} dx",
    r"\int_{-1}^{4} \sqrt{x} dx", r"\int_1^\infty \frac{1}{x} dx", r"\int_0^\infty x dx", r"\int_0^\infty e^{x} dx",
    r"\int_0^\infty \sin x dx", r"\int_{0}^{3} \frac{1}{x^2-1} dx", r"\int_{-1}^{1} |x| dx", r"\int_0^{x} x dx",
    r"\int_{a}^{b} \frac{1}{x} dx", r"\int_{0}^{1} e^{-x^2} dx", r"\int_{0}^{1} \tan x dx",
    r"\int_{0}^{1} x^{900}e^x dx",
]  # fmt: skip
WAVES: dict[str, Callable[[Any], Any]] = {
    "1": lambda x: 1,
    "e^{2x}": lambda x: mpmath.exp(2 * x),
    "e^{-x/3}": lambda x: mpmath.exp(-x / 3),
    r"\sin x": mpmath.sin,
    r"e^x\sin(3x)": lambda x: mpmath.exp(x) * mpmath.sin(3 * x),
    r"\sin^{2} x": lambda x: mpmath.sin(x) ** 2,
    r"\cosh x": mpmath.cosh,
    "2^x": lambda x: mpmath.mpf(2) ** x,
    r"\frac{1}{x+3}": lambda x: 1 / (x + 3),
    r"\frac{1}{x^2+2x+5}": lambda x: 1 / (x**2 + 2 * x + 5),
    r"\frac{1}{(x+2)(x+5)^2}": lambda x: 1 / ((x + 2) * (x + 5) ** 2),
}


@pytest.mark.parametrize("line", KNOWN)
def test_known_integrals(line: str) -> None:
    integral, _, value = line.partition(" = ")
    assert are_equal(form_of(parse(integral)), form_of(parse(value)))
    assert not are_equal(form_of(parse(integral)), form_of(parse(value + "+10^{-12}")))


@pytest.mark.parametrize("text", NOT_KNOWN)
def test_what_diverges_or_has_no_rule_has_no_form(text: str) -> None:
    with pytest.raises(Undecided):
        form_of(parse(text))


def test_constants_that_are_integrals_are_told_apart() -> None:
    assert differ(parse(r"\int_{0}^{1} \frac{1}{1+x^2} dx+\sqrt2"), parse(r"\frac{\pi}{4}+\sqrt2+10^{-20}")) is True


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-4, 5), min_size=1, max_size=4),
    st.sampled_from(sorted(WAVES)),
    st.integers(-1, 2),
    st.integers(-1, 3),
)
def test_an_integral_is_what_quadrature_says(numbers: list[int], wave: str, low: int, high: int) -> None:
    written = "+".join(f"({number})x^{{{power}}}" for power, number in enumerate(numbers))
    try:
        value = evaluate(parse(f"\\int_{{{low}}}^{{{high}}} ({written})\\cdot {wave} dx"), {})
    except Undecided:  # where the polynomial would have to be divided first, or all is nothing
        assert "frac" in wave or not any(numbers) or low == high
        return
    near = mpmath.quad(lambda x: mpmath.polyval(numbers[::-1], x) * WAVES[wave](x), [low, high])
    assert value is not None
    assert abs(value - near) < 1e-8
