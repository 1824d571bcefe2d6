r"""Authors' macros: each form of definition, what is left alone, and that nothing expands without end."""

from __future__ import annotations

import pytest

from mathmill.pipeline.manuscripts.tex_macros import BODY_CHARS, GROWTH, GROWTH_CHARS, expand, take_definitions
from tests.effort import within


def expanded(source: str) -> str:
    text, definitions = take_definitions(source)
    return expand(text, definitions)


# a source, and what is left of it
CASES = [
    (r"\newcommand{\R}{\mathbb{R}}\R^n", r"\mathbb{R}^n"),
    (r"\newcommand\R{\mathbb R}$\R$", r"$\mathbb R$"),
    (r"\newcommand*{\norm}[1]{\lVert #1\rVert}\norm{x+\norm{y}}", r"\lVert x+\lVert y\rVert\rVert"),
    (r"\newcommand{\f}[2][2]{#2^{#1}}\f{x}+\f[3]{x}", r"x^{2}+x^{3}"),
    (r"\renewcommand{\phi}{\varphi}\phi(x)", r"\varphi(x)"),
    (r"\newcommand{\a}{A}\providecommand{\a}{B}\a", "A"),
    (r"\def\R{\mathbb{R}}\R", r"\mathbb{R}"),
    (r"\def\pair#1#2{(#1,#2)}\pair{a}b", "(a,b)"),
    (r"\def\b#1{\mathbf#1}\b x", r"\mathbf x"),
    (r"\def\b#1{#1\alpha}\b{2}x", r"2\alpha x"),
    (r"\let\eps\varepsilon\eps", r"\varepsilon"),
    (r"\let\eps=\varepsilon\eps", r"\varepsilon"),
    (r"\DeclareMathOperator{\tr}{tr}\tr A", r"\operatorname{tr} A"),
    (r"\DeclareMathOperator*{\argmax}{arg\,max}\argmax", r"\operatorname*{arg\,max}"),
    (r"\DeclarePairedDelimiter{\abs}{\lvert}{\rvert}\abs*{x}", r"\left\lvert x \right\rvert"),
    (r"\def\be{\begin{equation}}\def\ee{\end{equation}}\be x\ee", r"\begin{equation} x\end{equation}"),
    (r"\newenvironment{eq}{\begin{align}}{\end{align}}\begin{eq}x\end{eq}", r"\begin{align}x\end{align}"),
    (r"\newcommand{\a}{\b}\newcommand{\b}{x}\a", "x"),
    (r"\newcommand{\ab}{x}\a \ab \abc", r"\a x \abc"),
    (r"\\\R", r"\\\R"),
    # what computes, or redefines what the body's converter knows, is taken out and not expanded
    (r"\def\a#1.{x}\a y.", r"\a y."),
    (r"\newcommand{\a}{\ifx x y\fi}\a", r"\a"),
    (r"\renewcommand{\section}[1]{\textbf{#1}}\section{x}", r"\section{x}"),
    (r"\def\a{\a x}\a", r"\a"),
    (r"\def\a{\b}\def\b{\a}\a\b", r"\a\b"),
    (r"\let\old\phi\let\phi\varphi\let\varphi\old\phi,\varphi", r"\phi,\varphi"),
    # unfinished
    (r"\newcommand{\a}", r"\newcommand{\a}"),
    (r"\newcommand{\f}[1]{x#1}\f", r"\f"),
    ("\\def", "\\def"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_expansion(source: str, expected: str) -> None:
    assert expanded(source) == expected


def test_theorems_are_known_by_their_titles() -> None:
    text, definitions = take_definitions(
        r"\newtheorem{satz}{Satz}[section]\newtheorem*{bem}{Bemerkung}x\newtheorem{l}[satz]{L}"
    )
    assert (text, definitions.theorems) == ("x", {"satz": "Satz", "bem": "Bemerkung", "l": "L"})


def names(count: int) -> list[str]:
    return ["m" + chr(97 + i // 26) + chr(97 + i % 26) for i in range(count)]


HOSTILE = {
    "laughs": "".join(f"\\def\\{a}{{\\{b}\\{b}\\{b}}}" for a, b in zip(names(60), names(61)[1:], strict=True))
    + f"\\def\\{names(61)[60]}{{ha}}"
    + f"\\{names(1)[0]}" * 5_000,
    "long bodies": "\\def\\a{" + "x" * (BODY_CHARS - 1) + "}" + "\\a" * 20_000,
    "arguments": "\\def\\a#1{#1#1#1#1#1#1#1#1}" + "\\a{" * 12 + "x" * 10_000 + "}" * 12,
    "nested calls": "\\def\\a#1{(#1)}" + "\\a{" * 50_000 + "}" * 50_000,
    "missing arguments": "\\def\\a#1#2{#1#2}" + "\\a{" * 50_000 + "}" * 50_000,
    "nested definitions": "\\newcommand{\\a}{" * 20_000 + "}" * 20_000,
    "open definitions": "\\newenvironment{a}{" * 20_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_macros_neither_grow_nor_last(name: str) -> None:
    source = HOSTILE[name]
    text = within(5, lambda: source, expanded)
    assert len(text) <= len(source) * (1 + GROWTH) + GROWTH_CHARS + BODY_CHARS
