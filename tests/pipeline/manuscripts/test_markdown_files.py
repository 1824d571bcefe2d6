r"""Markdown files: what is mathematics in them and what is code, and their titles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.pipeline.manuscripts.markdown_files import read_markdown

# source, text (None: as it is), formulas with `!` before those on display
CASES: list[tuple[str, str | None, list[str]]] = [
    ("Let $x^2$ and $n$ be.", None, ["x^2", "n"]),
    ("It costs $5 and $10.", None, []),
    ("$$\nx = 1\n$$", None, ["!x = 1"]),
    ("Let \\(x_1\\) be \\[y_2\\]", None, ["x_1", "!y_2"]),
    ("Let \\\\(x_1\\\\) be \\\\[y_2 \\\\\\\\ z\\\\]", "Let \\(x_1\\) be \\[y_2 \\\\ z\\]", ["x_1", "!y_2 \\\\ z"]),
    ("$$\\begin{matrix} a \\\\[2pt] b \\end{matrix}$$", None, ["!\\begin{matrix} a \\\\[2pt] b \\end{matrix}"]),
    ("```math\na < b\n```\nand $`c`$.", "$$a < b$$\nand $c$.", ["!a < b", "c"]),
    ("```{math}\n:label: e\na < b\n```\nand {math}`c`.", "$$a < b$$\nand $c$.", ["!a < b", "c"]),
    ("`$x^2$` and $y^2$ and ``$z^2$ ` ``", None, ["y^2"]),
    ("```\n$x^2$\n```\n$y^2$\n~~~~ python\n$a^2$\n~~~\n~~~~", None, ["y^2"]),
    ("````\n```math\nx\n```\n````", None, []),
    ("```\n$x^2$ never closed", None, []),
    ("a ` b $x^2$ and\n\nc ` d $y^2$", None, ["x^2", "y^2"]),
    ("<pre>$x^2$</pre> <code>$y^2$</code> $z^2$", None, ["z^2"]),
    ("a <!-- $x^2$ --> b <script>$y^2$</script>$z^2$", "a  b $z^2$", ["z^2"]),
    ("\\begin{align}\na &= b\n\\end{align}", None, ["!\\begin{align} a &= b \\end{align}"]),
    ("---\nlayout: post\n---\nThe value $$x^2$$ is.\n\n$$y$$\n", "The value $x^2$ is.\n\n$$y$$", ["x^2", "!y"]),
    ("---\na: b\n---\n- $$x^2$$\n- with $y_1$: $$z$$", "- $$x^2$$\n- with $y_1$: $$z$$", ["!x^2", "y_1", "!z"]),
    ("Without front matter $$x^2$$ is.", None, ["!x^2"]),
    ("{% raw %}$x^{{2}}${% endraw %}", "$x^{{2}}$", ["x^{{2}}"]),
    ("---\n\nA rule, not front matter.\n\n---\n", "---\n\nA rule, not front matter.\n\n---", []),
    ("---\nnever: closed\n", "---\nnever: closed", []),
    ("> ```\n> $x^2$\n> ```\n> $y^2$", None, ["y^2"]),
    ("\\`$x^2$\\`", None, ["x^2"]),
    ("\ue0000\ue001 $x^2$", "\ufffd0\ufffd $x^2$", ["x^2"]),
    ("", None, []),
]


@pytest.mark.parametrize(("source", "text", "formulas"), CASES)
def test_formulas_and_text(source: str, text: str | None, formulas: list[str]) -> None:
    read, _, found = read_markdown(source)
    assert read == (source if text is None else text)
    assert ["!" * f.display + f.latex for f in found] == formulas


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ('---\nlayout: post\ntitle: "The *Gamma* function"\n---\n# Other', "The Gamma function"),
        ("+++\ntitle = 'Limits'\n+++\ntext", "Limits"),
        ("text\n\n## The **first** [link](http://a) `x` ##\n# Second", "The first link"),
        ("Underlined\n==========\n# Other", "Underlined"),
        ("# **On** $x_1$ and _that_ $x^2$", "On $x_1$ and that $x^2$"),
        ("# On $x_1$ and $x^2$", "On $x_1$ and $x^2$"),
        ("```\n# not a title\n```\ntext", ""),
    ],
)
def test_titles(source: str, title: str) -> None:
    assert read_markdown(source)[1] == title


ATOM = st.sampled_from(["x", "y_1", "\\alpha", "\\frac{a}{b}", "n^{2}", "a<b", "\\sqrt{2}"])
LATEX = st.lists(ATOM, min_size=2, max_size=5).map(" + ".join).map("z_1 = {}".format)
WRITTEN = [
    ("Let ${t}$ be.", "dollar"),
    ("$$\n{t}\n$$", "double_dollar"),
    ("Let \\({t}\\) be.", "paren"),
    ("So $`{t}`$ is.", "dollar_code"),
    ("```math\n{t}\n```", "math_fence"),
]
CODE = st.sampled_from(["`$a_1$`", "```\n$$b_1$$\n```", "<!-- \\(c\\) -->", "words", "- item", "~~~tex\n\\[d\\]\n~~~"])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WRITTEN), LATEX, CODE), min_size=1, max_size=10))
def test_generated_formulas_come_back_in_order(chosen: list[tuple[tuple[str, str], str, str]]) -> None:
    source = "\n\n".join(f"{written.format(t=tex)}\n\n{code}" for (written, _), tex, code in chosen)
    _, _, formulas = read_markdown(source)
    assert [(f.latex, f.source) for f in formulas] == [(tex, source) for (_, source), tex, _ in chosen]
