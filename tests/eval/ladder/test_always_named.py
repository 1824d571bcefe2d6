r"""What always pays, by names and signs: constants, functions, counts of choices, powers of programs, words of sets."""

from __future__ import annotations

import pytest

from tests.eval.ladder.asking import ask

CONSTANTS = [
    (r"\frac{x^4}{4} + c", r"\frac{x^4}{4}+C"), (r"\ln|x| + K", r"\ln|x|+C"), (r"-\cos x + C_1", r"-\cos x + C"),
    (r"F(x)=\frac{x^4}{4}+c", r"\frac{x^4}{4}+C"), ("Ae^{3x}+Be^{-x}", "C_1e^{3x}+C_2e^{-x}"),
    (r"y=c\,e^{x^3}", "y=Ce^{x^3}"), ("y=Ke^{-2t}", "y=Ce^{-2t}"), ("f(x)=ce^{x^2}", "f(x)=Ce^{x^2}"),
    (r"y=c_1\sin x+c_2\cos x", r"y=c_1\cos x+c_2\sin x"), (r"y=A\cos 5x+B\sin 5x", r"y=C_1\cos 5x+C_2\sin 5x"),
    ("y = (Ax+B)e^{2x}", "y=(c_1+c_2x)e^{2x}"), (r"a_n = A\cdot 2^n+B\cdot 3^n", "a_n = c_1 2^n + c_2 3^n"),
    ("y=Ae^{3x}+Be^{2x}+Ce^{x}", "y=c_1e^x+c_2e^{2x}+c_3e^{3x}"),
    ("c_1e^x+c_2e^{2x}+c_3e^{3x}", "C_3e^x+C_1e^{2x}+C_2e^{3x}"),
]  # fmt: skip
FUNCTIONS = [
    ("y(x) = x^2+1", "y = x^2+1"), ("y(x) = x^2+1", "x^2+1"), ("y(x) = C_1e^{x}", "y = C_1e^{x}"),
    (r"3e^{-t}\cos(2t)", r"x(t)=3e^{-t}\cos 2t"), ("a(n) = 2n+1", "2n+1"),
    (r"\zeta(4) = \frac{\pi^4}{90}", r"\frac{\pi^4}{90}"), (r"\varphi(12)=4", "4"), (r"P(\sim A)=0.3", "0.3"),
    (r"\lim_{n\to\infty} x_n = 2/e", "2/e"), (r"x \in [a+b, b]", "[a +b, b]"), (r"x \in (a, b)", "(a,b)"),
]  # fmt: skip
CHOICES = [
    ("C_{2n}^{n}", r"\binom{2n}{n}"), (r"\binom{2n}{n}", "C_{2n}^n"),
    (r"\frac{C_{2n}^{n}}{n+1}", r"\frac{1}{n+1}\binom{2n}{n}"), ("C_{n+1}^{2}", r"\binom{n+1}{2}"),
]  # fmt: skip
POWERS = [
    ("a**2 - b**2", "a^2 - b^2"), ("2**{17} - 2**{9}", "2^{17} - 2^{9}"), ("x**2+y**2+z**2", "x^2+y^2+z^2"),
    ("**x**2+y**2**", "x^2+y^2"), ("2**3", "8"), ("2 ** 3", "8"), ("**42**", "42"), ("**Answer:** 5", "5"),
    ("**2** and **3**", "2, 3"), ("c_1 2^n", "2^n c_1"),
]  # fmt: skip
MARKS = [
    ("22222222200", r"22,\! 222,\! 222,\! 200"), ("\u200bC)", "C"), (r"3B_{\text{sixteen}}", "3B_{16}"),
    ("(3E7)_{16}", "3E7_{16}"), ("(1A3)_{16}", "419"), (r"1010_{\text{two}}", "1010_2"), (r"\therefore x=7", "7"),
    ("\u2234 x = 7", "7"), (r"\implies 7", "7"), (r"\Rightarrow x = 7", "7"), (r"\therefore (1,2)", "(1,2)"),
    (r"$\sqrt{5}$ (approximately 2.24)", r"\sqrt{5}"), (r"\sqrt{5} (approx. 2.24)", r"\sqrt{5}"),
    (r"\sqrt{5} (\approx 2.236)", r"\sqrt5"),
]  # fmt: skip
REALS = [
    (r"x > -1 \text{ and } x \neq 2", r"(-1,2)\cup(2,\infty)"), (r"1 < x < 5 and x \ne 3", r"(1,3)\cup(3,5)"),
    (r"x>0 and x \neq 1", r"x>0, x\ne 1"), (r"x\ge 2 \text{ and } y\ge 3", r"x\ge2, y\ge3"),
    ("x<1 and x>2", "no solution"),
]  # fmt: skip
INTEGERS = [
    ("all integers k > 3", r"\text{all integers } k\geq 4"), ("all integers k >= 4", r"\text{all integers } k\geq 4"),
    (r"\text{integers greater than 3}", r"\text{all integers } k \ge 4"), ("all integers n >= 1", r"\mathbb{Z}^+"),
    ("all positive integers n > 3", r"all integers n \geq 4"),
    (r"\text{all negative even integers}", r"\text{all even negative integers}"),
]  # fmt: skip
VECTORS = [
    (r"\begin{pmatrix} 4 & 7 \end{pmatrix}", r"\begin{pmatrix} 4 \\ 7 \end{pmatrix}^T"),
    (r"5\hat{\mathbf{i}} - 2\hat{\mathbf{j}}", r"5\mathbf{i}-2\mathbf{j}"), (r"\hat{i}+2\hat{j}", "(1,2)"),
    (r"\hat{\mathbf i}+2\hat{\mathbf j}", "(1,2)"),
]  # fmt: skip
RATIOS = [
    ("4:0:6", "2:0:3"), ("0:4", "0:1"), (r"\sqrt2:2", r"1:\sqrt2"), ("(x-1):(x^2-1)", "1:(x+1)"), ("0:2:4", "0:1:2"),
    (r"\pi:2\pi:3\pi", "1:2:3"), (r"\sin 30^\circ:1", "1:2"), ("a^2:ab", "a:b"),
]  # fmt: skip
FAMILIES = [
    (r"x=2k\pi", r"x=2k\pi, k\in\mathbb Z"), (r"x=2k\pi, k\in\mathbb Z", r"x=2k\pi"),
    (r"x=\frac{\pi}{4}+\frac{n\pi}{2}, n\in\mathbb Z", r"x=\frac{(2k+1)\pi}{4}, k\in\mathbb Z"),
    (r"x=(-1)^n\frac{\pi}{6}+n\pi, n\in\mathbb Z", r"(-1)^k\frac{\pi}{6}+k\pi, k\in\mathbb Z"),
    (r"\arctan 2+k\pi, k\in\mathbb Z", r"k\pi+\arctan 2"), (r"(k+1)^2-k^2, k\in\mathbb Z", r"2k-1, k\in\mathbb Z"),
    (r"x\in\{k\pi\mid k\in\mathbb Z\}", r"x=n\pi, n\in\mathbb Z"),
    (r"30^\circ+360^\circ k, k\in\mathbb Z", r"\frac{\pi}{6}+2\pi k"),
]  # fmt: skip
TUPLES = [
    ("(y,x)=(2,1)", "(1,2)"), ("(y,x)=(2,1)", "x=1,y=2"), ("(x_1,x_2)=(1,2)", "(1,2)"), ("x_2=2,x_1=1", "(1,2)"),
    ("(1,2)", "x_2=2,x_1=1"), ("x_1=2,x_2=1", "1,2"), (r"(\alpha,\beta)=(1,2)", "(1,2)"), ("(1,2)", "(m,b)=(1,2)"),
    ("(m,b)=(1,2)", "(1,2)"),
    (r"(x,y)\in\{(1,2),(3,4)\}", "(3,4),(1,2)"), ("(y,x)=(2,1)", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    ("x=1,y=2", r"\begin{pmatrix}1\\2\end{pmatrix}"), ("y=2,x=1", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"x_1=1,x_2=2,x_3=5", r"\begin{pmatrix}1\\2\\5\end{pmatrix}"), ("1,2", r"\begin{pmatrix}1\\2\end{pmatrix}"),
]  # fmt: skip
RELATIONS = [
    (r"x=1,3 \pmod 8", r"1,3 \pmod 8"), (r"x = 17 \bmod 12 = 5", "5"), ("y=1/x", "xy=1"), ("ye^{-x}=1", "y=e^x"),
    (r"\frac{y-1}{2}=\frac{x-2}{3}", "2x-3y=1"), (r"xy-2y=x+1", r"y=\frac{x+1}{x-2}"),
    (r"y=\frac{1}{x-3}", "xy-3y=1"), (r"z=\frac{1}{x+y}", "xz+yz=1"),
    (r"y-\frac{x+1}{x-2}=0", r"y=\frac{x+1}{x-2}"), (r"M=\max\{a,b\}", r"M=\max(a,b)"), ("0 = 0", "0=0"),
    ("2+3=5", "5"), ("x=5=5", "5"), ("(x+1)^2=x^2+2x+1", "x^2+2x+1"), (r"\frac12=0.5", r"\frac12"),
]  # fmt: skip
ROWS = CONSTANTS + FUNCTIONS + CHOICES + POWERS + MARKS + REALS + INTEGERS + VECTORS
ROWS += RATIOS + FAMILIES + TUPLES + RELATIONS


@pytest.mark.parametrize(("answer", "gold"), ROWS)
def test_always_pays(answer: str, gold: str) -> None:
    verdict = ask(answer, gold)
    assert verdict.correct, verdict
    assert verdict.method
