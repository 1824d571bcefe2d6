r"""TeX sources as text: a paper from end to end, each construct by itself, and formulas that come back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.pipeline.manuscripts.tex_files import read_tex

PAPER = r"""% written in an evening
\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\newcommand{\R}{\mathbb{R}}
\newcommand{\norm}[1]{\lVert #1 \rVert}
\newtheorem{satz}{Satz}[section]
\def\be{\begin{equation}} \def\ee{\end{equation}}
\title[Short]{Norms on $\R^n$\thanks{With thanks.}}
\author{A. Writer \and B. Writer}
\begin{document}
\maketitle
\begin{abstract} All norms are equivalent. \end{abstract}
\section{Norms}\label{sec:norms}
A \emph{norm} on $\R^n$ is ``positive'', see~\cite[p.~3]{book}. % not shown: $x$
It costs \$5 and weighs $10 kg$.
\be \norm{x+y} \le \norm{x} + \norm{y} \label{eq:triangle} \ee
\begin{satz}[Minkowski] \label{satz}
If $p \ge 1$, then
\begin{align}
  a &= b \label{a} \\
  c &= d. \nonumber
\end{align}
\end{satz}
\begin{proof} See~\eqref{eq:triangle}. \end{proof}
\begin{itemize}
  \item one
  \item two
    \begin{enumerate} \item first \item second \end{enumerate}
\end{itemize}
\begin{verbatim}
x = "$5" % kept
    y
\end{verbatim}
\begin{figure}[h]
  \centering \includegraphics[width=5cm]{ball.pdf}
  \begin{tikzpicture} \draw (0,0) -- (1,1); \end{tikzpicture}
  \caption{The unit ball for $p = 1$.}
\end{figure}
\bibliographystyle{plain}
\begin{thebibliography}{9} \bibitem{book} A book. \end{thebibliography}
\end{document}
Notes $z$
"""
EXPECTED = r"""# Norms on $\mathbb{R}^n$

Abstract. All norms are equivalent.

## Norms

A norm on $\mathbb{R}^n$ is “positive”, see. It costs \$5 and weighs $10 kg$.
$$\lVert x+y \rVert \le \lVert x \rVert + \lVert y \rVert$$

Satz (Minkowski). If $p \ge 1$, then
\begin{align} a &= b \\ c &= d. \end{align}

Proof. See.

- one
- two
  1. first
  2. second

```
x = "$5" % kept
    y
```

The unit ball for $p = 1$."""


def test_a_paper() -> None:
    text, title, formulas = read_tex(PAPER)
    assert text == EXPECTED
    assert title == r"Norms on $\mathbb{R}^n$"
    assert [(f.latex, f.display, f.source) for f in formulas] == [
        (r"\mathbb{R}^n", False, "dollar"),
        (r"\mathbb{R}^n", False, "dollar"),
        ("10 kg", False, "dollar"),
        (r"\lVert x+y \rVert \le \lVert x \rVert + \lVert y \rVert", True, "environment"),
        (r"p \ge 1", False, "dollar"),
        (r"\begin{align} a &= b \\ c &= d. \end{align}", True, "environment"),
        ("p = 1", False, "dollar"),
    ]


# source, text
CASES = [
    # characters
    (r"G\"odel, \'Etale, Erd\H{o}s, na\"{\i}ve, \c{c}a, \v{S}", "Gödel, Étale, Erdős, naïve, ça, Š"),
    (r"stra\ss e, \AA ngstr\"om, \o{}", "straße, Ångström, ø"),
    (r"a~b, 1--2, so---and ``x'' `y'", "a b, 1–2, so—and “x” ‘y'"),
    (r"50\% \& \#1 a\_b \{c\} \$3", r"50% & #1 a_b {c} \$3"),
    (r"\LaTeX{} and \dots", "LaTeX and …"),
    # comments
    ("a% b\nc 5\\% d", "ac 5% d"),
    ("a\n% b\n\nc", "a\n\nc"),
    (r"a \iffalse b \fi c \begin{comment} $d$ \end{comment} e", "a c e"),
    # layout
    (r"\textbf{bold} {\it italic} \textcolor{red}{red} \href{http://a}{link} \url{http://b}", "bold italic red link http://b"),
    (r"a\footnote{b $c$}.", "a (b $c$)."),
    (r"\noindent\vspace{1cm}a\hspace*{2pt}b\vskip 3pt c", "ab c"),
    (r"a \\[2pt] b\par c", "a\nb\n\nc"),
    (r"\unknown[opt]{kept} \input{file} x", "kept x"),
    (r"\section*{A \emph{b} $c$}\paragraph{Run in.} Text", "## A b $c$\n\nRun in. Text"),
    (r"\section[short]{Long}", "## Long"),
    (r"\texorpdfstring{$a$}{a} b", "$a$ b"),
    (r"By Theorem~\ref{t}, \cite{a} and (\ref{e}).", "By Theorem, and ()."),
    (r"\verb|a_b$| and \lstinline[language=C]!x%y!", "`a_b$` and `x%y`"),
    ("\\begin{lstlisting}[language=Python]\nx = 1\n\\end{lstlisting}", "```python\nx = 1\n```"),
    ("\\begin{minted}{c}\nx;\n\\end{minted}", "```c\nx;\n```"),
    (r"\begin{description}\item[A] b\item[C] d\end{description}", "- A b\n- C d"),
    (r"\begin{tabular}{l|r} a & $b$ \\ \hline \multicolumn{2}{c}{x} \\ \end{tabular}", "a | $b$\nx"),
    (r"\begin{thm}[of X] a \end{thm}\begin{lemma*} b \end{lemma*}", "Theorem (of X). a\n\nLemma. b"),
    (r"\begin{proof}[Proof of X] a \qed \end{proof}", "Proof (Proof of X). a ∎"),
    # formulas
    (r"$a$$b$ \(c\)", "$a$$b$ $c$"),
    ("a\n$$b$$,\nc", "a\n$$b$$,\nc"),
    (r"\[ a \label{x} \]", "$$a$$"),
    (r"\begin{displaymath} a \end{displaymath}", "$$a$$"),
    (r"\begin{subequations}\begin{gather}a\end{gather}\end{subequations}", r"\begin{gather}a\end{gather}"),
    (r"$x \text{ if $y$}$", r"\(x \text{ if $y$}\)"),
    (r"$\begin{cases} a \\ (b) \end{cases}$", r"$\begin{cases} a \\ (b) \end{cases}$"),
    (r"\ensuremath{x^2} and $\ensuremath{y}$", "$x^2$ and ${y}$"),
    (r"\(x \text{ if $y$}\)", r"\(x \text{ if $y$}\)"),
    (r"\begin{align}x \text{ if $y$}\end{align}", r"\begin{align}x \text{ if $y$}\end{align}"),
    ("a $ b\n\n$c$", "a $ b\n\n$c$"),
    (r"$5 and words that follow$", "$5 and words that follow$"),
    # beginnings and ends
    (r"Let $x$ be.", "Let $x$ be."),
    (r"\documentclass{article} Let $x$ be.", "Let $x$ be."),
    (r"\begin{document} a \end{document} b", "a"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), CASES)
def test_constructs(source: str, text: str) -> None:
    assert read_tex(source)[0] == text


@pytest.mark.parametrize(
    ("source", "title"),
    [
        (r"\title{A}\begin{document}b\end{document}", "A"),
        (r"\title[s]{The \emph{long}\\ one \'e}\begin{document}\maketitle b\end{document}", "The long one é"),
        (r"\begin{document}\title{A $x$}\maketitle b\end{document}", "A $x$"),
        (r"\section{S} no title", ""),
        (r"\title{open", ""),
    ],
)
def test_titles(source: str, title: str) -> None:
    assert read_tex(source)[1] == title


ATOM = st.sampled_from(
    ["x", "y_1", "\\alpha", "\\frac{a}{b}", "n^{2}", "a<b", "5", "f(t)", "10 kg", "a \\text{ or $b$}"]
)
LATEX = st.lists(ATOM, min_size=1, max_size=4).map(" + ".join)
WRITTEN = [
    ("${t}$", "dollar", False),
    ("\\({t}\\)", "paren", False),
    ("$${t}$$", "double_dollar", True),
    ("\\[{t}\\]", "bracket", True),
    ("\\begin{{equation}}\\label{{e}}{t}\\end{{equation}}", "environment", True),
    ("\\begin{{equation*}}{t}\\end{{equation*}}", "environment", True),
]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WRITTEN), LATEX), min_size=1, max_size=10))
def test_generated_formulas_come_back_in_order(chosen: list[tuple[tuple[str, str, bool], str]]) -> None:
    items = [f"\\item As in {written.format(t=tex)}, so." for (written, _, _), tex in chosen]
    source = "\\begin{document}\\begin{itemize}" + "\n".join(items) + "\\end{itemize}\\end{document}"
    text, _, formulas = read_tex(source)
    assert [(f.latex, f.source, f.display) for f in formulas] == [(t, s, d) for (_, s, d), t in chosen]
    assert text.count("- As in") == len(chosen)
