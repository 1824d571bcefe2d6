r"""Answers made to hang, crash or fool a judge, each with a gold: `hostile_answers()` lists them by kind.

They are small text that asks for much work (towers, factorials, sums with huge bounds, nested radicals, equalities that
are hard to prove), large text, text that no formula is, and text that is code. What the verdict should be is not asked
here, but how long it takes and that one comes; of none may a judge say that it is right, as none is the gold answer,
but for those with `pays`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hostile:
    """An answer, the gold it is judged by, and whether it is that gold after all."""

    kind: str
    gold: str
    answer: str
    pays: bool = False


def hostile_answers() -> list[Hostile]:
    """All of them, the same each time."""
    makers = (_powers, _counts, _bounds, _deep, _long, _many, _texts, _hard, _code, _golds)
    return [hostile for make in makers for hostile in make()]


def _of(kind: str, gold: str, *answers: str) -> Iterator[Hostile]:
    return (Hostile(kind, gold, answer) for answer in answers)


def _powers() -> Iterator[Hostile]:
    yield from _of(
        "tower", "42",
        "9^{9^9}", "9^{9^{9^9}}", "9^9^9^9^9^9", "(((9^9)^9)^9)^9", "9**9**9**9", "2^{2^{2^{2^{2^2}}}}",
        "10^{10^{10}}", "10^{-10^{10}}", "(-7)^{10^{12}+1}", "1.0000000001^{10^{15}}", "0^{0^{0^0}}", "1e999999999",
        "1e-999999999", "99999999999999999999e99999999999999999999", "(1+10^{-50})^{10^{50}}", "e^{e^{e^{10}}}",
        "i^{i^{i^{i}}}", "(1+i)^{10^8}", "x^{x^{x^{x^{x}}}}", "2^{1000000}-2^{999999}", "7^{10^{10}} \\bmod 13",
        r"\sqrt[10^9]{2}", r"\sqrt[99999999]{99999999^{99999999}}", "{{2^{64}}^{64}}^{64}", "2^{-2^{-2^{-2^{-2^{2}}}}}",
    )  # fmt: skip
    yield from _of(
        "power of a sum", "x^2+1",
        "(x+1)^{1000}", "(x+y+z+w)^{99}", "(x^{999}+1)^{999}", "(1+x)^{10^9}", "((x+1)^{50}+1)^{50}", "(x+1)^{-500}",
        "((((x+1)^9+1)^9+1)^9+1)^9", r"\left(x+\frac{1}{x}\right)^{300}", "(a+b)^{40}(c+d)^{40}(e+f)^{40}",
        r"\frac{x^{5000}-1}{x-1}", r"\frac{(x+1)^{300}-(x-1)^{300}}{x}", "(x+1)(x+2)" * 60,
    )  # fmt: skip


def _counts() -> Iterator[Hostile]:
    yield from _of(
        "factorial", "42",
        "1000000000!", "100000!", "(((5!)!)!)!", "9!!!!!!!!!!", "5!" * 80, r"\frac{1000000!}{999999!}", "(-1)!", "0.5!",
        "(10^{20})!", r"\frac{1}{(10^9)!}", "x!!!!!", "(2^{64})!", r"\sqrt{50000!}", "12345! - 12345!", "(3!)!^{(3!)!}",
    )  # fmt: skip
    yield from _of(
        "binomial", "42",
        r"\binom{10^9}{5\cdot 10^8}", r"\binom{1000000}{500000}", r"\binom{-3}{10^8}", r"\binom{x}{10^6}",
        r"\binom{\binom{\binom{99}{9}}{9}}{9}", r"\dbinom{100000}{2}^{\binom{1000}{500}}", r"C_{10^9}^{10^8}",
    )  # fmt: skip


def _bounds() -> Iterator[Hostile]:
    yield from _of(
        "bounds", "42",
        r"\sum_{k=1}^{10^{12}} k", r"\sum_{k=1}^{10^{9}} \frac{1}{k}", r"\sum_{k=1}^{99999999} k^{k}",
        r"\prod_{k=1}^{10^9} k", r"\prod_{n=1}^{\infty} (1-\frac{1}{n^2})", r"\sum_{n=0}^{\infty} \frac{n^{50}}{2^n}",
        r"\sum_{i=1}^{10^4}\sum_{j=1}^{10^4}\sum_{k=1}^{10^4} ijk", r"\int_0^{10^9} e^{-x^2} \sin(x^x) dx",
        r"\int \int \int x^{x^x} dx dx dx", r"\lim_{x\to 0} \frac{\sin(\sin(\sin x))}{x^{x^x}}",
        r"\sum_{p \text{ prime} < 10^{10}} p", r"\frac{d^{100}}{dx^{100}} e^{e^{x}}", r"\gcd(10^{5000}+1, 10^{4999}+7)",
        r"\lfloor 10^{10^{10}} \pi \rfloor", r"10^{10^{18}} \mod 10^9+7",
        r"\int_0^1 \frac{1}{\sqrt[7]{x^{11}+\sin x}}dx",
        r"\sum_{k=-10^{99}}^{10^{99}} \sin k", r"\max(\{1,2,\ldots,10^{18}\})", r"\phi(10^{40}+9)",
        "0.\\overline{" + "142857" * 200 + "}",
    )  # fmt: skip


def _deep() -> Iterator[Hostile]:
    deep = 100_000
    for name, opening, inner, closing in (
        ("braces", "{", "1", "}"), ("parentheses", "(", "1", ")"), ("square brackets", "[", "1", "]"),
        ("fractions", r"\frac{1}{1+", "x", "}"), ("roots", r"\sqrt{1+", "2", "}"), ("sines", r"\sin(", "x", ")"),
        ("bars", "|", "1", "|"), ("sets", r"\{", "1", r"\}"), ("boxes", r"\boxed{", "1", "}"), ("texts", r"\text{",
        "a", "}"),
        ("left right", r"\left(", "1", r"\right)"), ("exponents", "2^{", "2", "}"), ("tuples", "(1,", "2", ")"),
    ):  # fmt: skip
        yield Hostile(f"nested {name}", "42", opening * deep + inner + closing * deep)
        shallow = 1_900 // (len(opening) + len(closing))
        yield Hostile(f"nested {name}", "42", opening * shallow + inner + closing * shallow)
        some = min(45, shallow)
        yield Hostile(f"nested {name}", "42", opening * some + inner + closing * some)
    yield from _of("signs in a row", "42", "-" * 100_000 + "1", "-" * 1_500 + "1", "+-" * 700 + "1", "!" * 1_000,
                   "(" * 100_000, "{" * 1_500, "}" * 1_500, r"\frac" * 300, "^" * 1_000, "_" * 1_000, "$" * 1_999,
                   "\\" * 1_999, r"\left" * 300, r"\begin{pmatrix}" * 100, "=" * 1_500, "," * 1_500)  # fmt: skip


def _long() -> Iterator[Hostile]:
    yield from _of(
        "digits", "42",
        "9" * 1_900, "9" * 1_000_000, "0." + "3" * 1_900, "1" + "0" * 1_900 + "!", "9" * 900 + "^" + "9" * 900,
        "/".join(["7" * 300] * 6), "1,000" + ",000" * 400, r"\sqrt{" + "7" * 1_900 + "}", "1" * 900 + "_2",
        r"\frac{" + "7" * 900 + "}{" + "3" * 900 + "}", "٣" * 1_900, "1 " * 900, "1e" + "9" * 1_000,
        r"\log_2 " + "3" * 1_500, r"\sin(" + "9" * 1_500 + ")", "2^{" + "9" * 1_500 + "}",
    )  # fmt: skip


def _many() -> Iterator[Hostile]:
    draw = random.Random(0)
    primes = [number for number in range(2, 700) if all(number % divisor for divisor in range(2, number))]
    roots = [rf"\sqrt{{{prime}}}" for prime in primes]
    yield from _of(
        "many terms", "42",
        "+".join(roots[:100]), "+".join(f"x^{{{power}}}" for power in range(200)), "+".join(["1/7"] * 400),
        "+".join(f"x_{{{n}}}" for n in range(200)), "*".join(f"(x+{n})" for n in range(250)), "+1" * 900, "1+" * 900,
        r"\cdot".join(roots[:80]), "+".join(rf"\sin({n}x)" for n in range(150)), "=".join(["42"] * 599 + ["43"]),
        "+".join(rf"\frac{{1}}{{{prime}}}" for prime in primes[:100]), "<".join(map(str, range(400))),
        "+".join(f"{chr(97 + a)}{chr(97 + b)}" for a in range(26) for b in range(26))[:1_900],
        r"\pm".join(["1"] * 60), r"\pm 1" * 200, " or ".join(map(str, range(300))), "abcdefghijklmnopqrstuvwxyz" * 70,
    )  # fmt: skip
    numbers = [str(number) for number in range(400)]
    shuffled = draw.sample(numbers, len(numbers))
    sums = [f"{a}+{b}" for a, b in zip(roots[:40], roots[40:80], strict=True)]
    yield Hostile("many items", r"\{" + ",".join(numbers) + r"\}", r"\{" + ",".join(shuffled) + r"\}", pays=True)
    yield Hostile("many items", ",".join(numbers), ",".join([*numbers[:-1], "400"]))
    yield Hostile("many items", r"\{" + ",".join(sums) + r"\}", r"\{" + ",".join(["1", *sums[:0:-1]]) + r"\}")
    yield Hostile("many items", "(1,2)", "(" + ",".join(numbers) + ")")
    pieces = [f"({2 * n},{2 * n + 1})" for n in range(150)]
    yield Hostile("many items", r"\cup".join(pieces), r"\cup".join([*pieces[:-1], "(0,1)"]))
    yield from _of("matrices", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
                   *(_matrix(size, draw) for size in (10, 20, 28)), _matrix(2, draw) * 20,
                   f"{_matrix(8, draw)}^{{10^9}}",
                   rf"\det {_matrix(12, draw)}", f"{_matrix(9, draw)}^{{-1}}")  # fmt: skip


def _matrix(size: int, draw: random.Random) -> str:
    rows = r"\\".join("&".join(draw.choice("xyz1234567") for _ in range(size)) for _ in range(size))
    return rf"\begin{{pmatrix}}{rows}\end{{pmatrix}}"


def _texts() -> Iterator[Hostile]:
    yield from _of(
        "characters", "42",
        "\0", "4\x002", "\ud800", "4\udfff2", "\u202e24", "\u200f42\u202c", "4" + "\u0301" * 1_800, "\u0489" * 1_500,
        "\ufeff" * 1_500, "\u200b" * 1_999 + "4", "４𝟚²₂", "Ⅻ", "〇", "\U0010ffff" * 900, "ﷺ" * 900, "½¾⅞" * 300,
        "²" * 900, "√" * 900, "∑" * 900, "\r\n" * 900, "\x1b[31m42", "%00", "&#52;&#50;", "<b>42</b>" * 200, "🙂" * 500,
        "\u2028" * 900, "a\u0300" * 900, "\t" * 1_999, "", " " * 100_000, "\\\n" * 900, "%" * 1_500, "&" * 1_500,
        "~" * 1_999,
    )  # fmt: skip
    yield from _of(
        "unbalanced", "42",
        r"\frac{1", r"\frac{1}{", r"\sqrt[", r"\left( 1", r"1 \right)", "{1", "1}", "$43", r"\boxed{43", r"\text{43",
        r"\begin{pmatrix} 1 & 2", r"\end{pmatrix}", r"\frac", r"\sqrt", "^", "_", "2^", "2_", "(1,2", "[1;2", r"\{1,2",
        "|1", r"\lfloor 1", r"\\", r"\left\{\right.", r"\over", r"1 \over 2 \over 3", r"\frac\frac\frac12", "()",
        "[]", "{}",
    )  # fmt: skip


def _hard() -> Iterator[Hostile]:
    nested = "1"
    for _ in range(20):
        nested = rf"\sqrt{{2+{nested}}}"
    fraction = "1"
    for _ in range(40):
        fraction = rf"1+\frac{{1}}{{{fraction}}}"
    yield from _of("nested radicals", "2", nested, r"\sqrt[3]{20+14\sqrt{2}}+\sqrt[3]{20-14\sqrt{2}}+10^{-40}",
                   r"\sqrt{1+\sqrt{2+\sqrt{3+\sqrt{4+\sqrt{5+\sqrt{6+\sqrt{7}}}}}}}", fraction,
                   r"\sqrt{5+2\sqrt{6}}+\sqrt{7+2\sqrt{10}}+\sqrt{8+2\sqrt{15}}+\sqrt{11+2\sqrt{30}}",
                   r"\sqrt[5]{\sqrt[5]{27/5}-\sqrt[5]{2/5}}",
                   r"\frac{1}{\sqrt2+\sqrt3+\sqrt5+\sqrt7+\sqrt[3]{2}+\sqrt[5]{3}}")  # fmt: skip
    yield from _of("nearly equal", r"\pi", r"\frac{355}{113}", r"\frac{\ln(640320^3+744)}{\sqrt{163}}",
                   "3.14159265358979323846",
                   r"\sqrt[4]{9^2+\frac{19^2}{22}}", r"\pi+10^{-200}", r"\pi + 2^{-2^{20}}",
                   r"4\sum_{k=0}^{10^9}\frac{(-1)^k}{2k+1}",
                   r"\frac{22}{7}-\int_0^1\frac{x^4(1-x)^4}{1+x^2+10^{-9}}dx")  # fmt: skip
    waves = "".join(rf"\cos({2**n}x)" for n in range(12))
    yield from _of("functions", r"\sin x", waves, r"\sin(" * 12 + "x" + ")" * 12, r"\tan\tan\tan\tan\tan x",
                   r"\ln\ln\ln\ln 10",
                   r"\arctan(\tan(\arctan(\tan(x^{99}))))", r"\sin^{1000}x\cos^{1000}x", r"\sin(1000x)",
                   r"\log_{\log_{2}3}5^{999}",
                   r"\Gamma(10^9)", r"\zeta(\zeta(3))", r"\sin(10^{100})", r"e^{i\pi 10^{60}}",
                   r"\cosh^{50}x-\sinh^{50}x")  # fmt: skip
    yield Hostile("hard and equal", "(x+1)^{40}", "+".join(f"{_choose(40, k)}x^{{{k}}}" for k in range(41)), pays=True)
    yield from _of("equations", "y = 2x + 3", "y^{99} = (2x+3)^{99}", "x^x = y^y", "0 = 0", "1 = 1",
                   "y - 2x - 3 = y - 2x - 3",
                   r"(y-2x-3)(x^2+1)^{50} = 0", "y = 2x + 3 + 10^{-90}", r"e^{y} = e^{2x+3+10^{-60}}",
                   "y=" * 300 + "2x+3+1")  # fmt: skip


def _choose(n: int, k: int) -> int:
    return 1 if k == 0 else _choose(n, k - 1) * (n - k + 1) // k


def _code() -> Iterator[Hostile]:
    yield from _of(
        "code", "42",
        "__import__('os').system('sleep 20')", "exec('while True: pass')", "().__class__.__bases__[0].__subclasses__()",
        "lambda: 42", "[x for x in range(10**10)]", "sympify('42')", "open('/etc/passwd').read()", "eval(input())",
        "Symbol('x', **{})", "10**10**10", "S(42).doit()", "print(42)", "os.abort()", "Integer(42).__pow__(10**10)",
        r"\input{/etc/passwd}", r"\def\a{\a\a}\a", r"\newcommand{\x}{\x\x}\x", r"\loop\iftrue\repeat",
        r"\write18{sleep 20}",
        "{{7*7}}", "${jndi:ldap://x}", "'; DROP TABLE golds; --", "factorint(10**80+7)", "isprime(2**9941-1)",
    )  # fmt: skip


def _golds() -> Iterator[Hostile]:
    """Golds that are as bad as answers."""
    for gold, answer in (
        ("9^{9^{9^9}}", "9^{9^{9^9}}+1"), ("100000!", "100001!"), (r"\sum_{k=1}^{10^9}k^k", r"\sum_{k=1}^{10^9}k^k+1"),
        ("(x+1)^{1000}", "(x+1)^{1001}"), ("{" * 1_000, "}" * 1_000), (r"\sqrt{" * 200 + "x" + "}" * 200,
        r"\sqrt{" * 201 + "x" + "}" * 201),
        ("\0", "\0\0"), (r"\frac{1}{2004!}", r"\frac{1}{2006!}"), (r"\frac{1}{2^{60}}", "10^{-30}"), ("x^{10^{10}}",
        "x^{10^{10}+1}"),
        (r"2^{4181}", r"2^{4182}-2^{4180}-2^{4179}"), ("x" * 1_500, "y" * 1_500), ("[0,1]",
        "[" * 700 + "0,1" + "]" * 700),
    ):  # fmt: skip
        yield Hostile("golds", gold, answer)
