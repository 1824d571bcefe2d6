r"""What always pays, by what it is measured in: prefixes of the SI, products and powers of units, angles, gaps."""

from __future__ import annotations

import pytest

from tests.eval.ladder.asking import ask

GAPS = [
    ("10 m", "10"), ("10 cm", "10"), (r"10\,m", "10"), ("5m", "5 m"), ("3 s", r"3\text{ s}"), ("3s", "3 s"),
    (r"3\text{ s}", "3 s"), ("2mg", "2 mg"), ("3/2 kT", r"\frac{3kT}{2}"), (r"\frac{1}{2} mg", r"\frac{mg}{2}"),
    (r"\mu mg", r"\mu m g"), (r"\frac{N-\mu mg}{m}", r"\frac{N}{m}-\mu g"), ("7 gm", r"7\text{ gm}"),
    ("7 gm", "7 grams"),
]  # fmt: skip
PREFIXES = [
    ("0.45 kN", "450 N"), (r"0.45\text{ kN}", r"450\text{ N}"), (r"2.5\ \mu\text{m}", "2500 nm"),
    (r"2.5\ \mu\mathrm{m}", r"2500\text{ nm}"), ("50 \u03bcm", "0.05 mm"), ("50 \xb5m", "50"),
    ("0.5 \u03bcg", r"\frac{\mu g}{2}"), (r"3 \times 10^{-6} F", r"3 \mu F"),
    (r"3 \times 10^{-6}\text{ F}", r"3\ \mu\text{F}"), ("7 GB", "7000 MB"), (r"7\text{ MB}", "7 megabytes"),
    (r"4.8\times10^{-10}", r"4.8\times 10^{-10}\text{ C}"), ("3 MW", r"3\times 10^6\text{ W}"),
    ("5 k\u03a9", r"5000\ \Omega"), (r"5\,\text{k}\Omega", r"5000\ \Omega"), (r"5\ \mathrm{k\Omega}", "5000 ohms"),
    ("6 kilonewtons", "6000 N"), (r"2 \text{ milliseconds}", r"0.002\text{ s}"),
    (r"1.5\text{ MHz}", r"1500\text{ kHz}"), (r"20\text{ C}", r"20^\circ\text{C}"),
]  # fmt: skip
PRODUCTS = [
    (r"7\ \mathrm{m\,s^{-1}}", r"7\text{ m/s}"), ("7 m s^{-1}", r"7\text{ m/s}"), ("7 m\xb7s\u207b\xb9", "7 m/s"),
    (r"7 \text{ m s}^{-1}", r"7 \text{ m/s}"), ("9.8 m/s^2", r"9.8\text{ m}\cdot\text{s}^{-2}"),
    (r"9.8\ \mathrm{N\,kg^{-1}}", r"9.8\text{ N/kg}"), (r"8.31\ \mathrm{J\,mol^{-1}\,K^{-1}}", r"8.31\text{ J/mol/K}"),
    (r"5\ \mathrm{kg\,m^2\,s^{-2}}", r"5\ \mathrm{J}"), ("5 kg m^2 s^{-2}", "5 J"), ("12 N\xb7m", "12 J"),
    ("5 m/s/s", "5 m/s^2"),
]  # fmt: skip
ANGLES = [
    (r"\frac{\pi}{4}\text{ radians}", r"45^\circ"), (r"45^\circ", r"\frac{\pi}{4}\text{ radians}"),
    (r"2\pi\text{ radians}", r"360^\circ"), (r"\pi \text{ rad}", "180 degrees"), (r"30^\circ", r"\pi/6"),
    ("45^o", r"45^\circ"), ("45^{o}", "45"), (r"45^\text{o}", r"\frac{\pi}{4}"), (r"45^{\text{o}}", r"45^\circ"),
    (r"\angle A = 30^o", r"30^\circ"), (r"\sin 30^o", r"\frac12"), ("30^o 30'", r"30.5^\circ"),
]  # fmt: skip
OF_WHATEVER = [
    ("30", r"30\text{ square units}"), (r"30\text{ units}^2", r"30\text{ square units}"), ("30 square units", "30"),
    ("30 units", "30 cm"), ("30 square units", r"30\text{ cm}^2"), ("30", r"30\text{ units}"),
]  # fmt: skip
IN_ALL = [
    ("\u7b54\uff1a35\u4e2a\u3002", "35"), ("\u7b54\uff1a35\u5143", "35"), ("\u4e00\u517135\u68f5", "35"),
    ("\u517135\u4eba", "35"), ("\u603b\u5171\u6709 35 \u79cd", "35"),
    ("\u7b54\uff1a\u4e00\u5171\u670935\u68f5\u3002", "35"),
]  # fmt: skip
ROWS = GAPS + PREFIXES + PRODUCTS + ANGLES + OF_WHATEVER + IN_ALL


@pytest.mark.parametrize(("answer", "gold"), ROWS)
def test_always_pays(answer: str, gold: str) -> None:
    verdict = ask(answer, gold)
    assert verdict.correct, verdict
    assert verdict.method
