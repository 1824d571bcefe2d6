"""The evidence rule: formulas found in text, the score, and what it keeps."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.classifier.evidence import Evidence, count_words, find_formulas, is_trivial, measure
from mathmill.data.records import TRACE, Document, Dropped
from tests.effort import within

FORMULAS = [
    ("no formula", []),
    ("$x$", ["x"]),
    ("$a<b$ and $c$", ["a<b", "c"]),
    ("$$x^2$$", ["x^2"]),
    ("$$ x $$ then $y$", ["x", "y"]),
    (r"\(x\) \[y\]", ["x", "y"]),
    (r"\begin{align*}x&=1\end{align*}", [r"x&=1\end{align*}"]),
    (r"$ \alpha $ with spaces", [r"\alpha"]),
    ("it costs $5 and then $x^2$ is", ["x^2"]),
    ("$5 or $6", []),
    ("$5, $6, $7", []),
    ("from $5-$10", []),
    ("US$5 and NZ$8 and A$9", []),
    ("$HOME/bin:$PATH", []),
    ("$foo_bar and $baz_qux", []),
    ("$0$ and $100$", ["0", "100"]),
    ("$n$th and $k$-means", ["n", "k"]),
    ("$O(n)$, $[a, b]$", ["O(n)", "[a, b]"]),
    ("$α ≤ β$", ["α ≤ β"]),
    ("$", []),
    ("$$", []),
    ("$$$$", []),
    ("$$$", []),
    (r"\( never closed", []),
    (r"\(x \(y\)", ["y"]),
    (r"\[\] is a name", []),
    (r"$$\newcommand{\R}{\mathbb{R}}$$ \(\def\x{1}\) \(\DeclareMathOperator{\tr}{tr}\) $x$", ["x"]),
]


@pytest.mark.parametrize(("text", "formulas"), FORMULAS)
def test_formulas_are_found(text: str, formulas: list[str]) -> None:
    assert find_formulas(text) == formulas


@pytest.mark.parametrize("tex", ["x", "12", "", r"\alpha", "n'", "xy", "3.5", "realSteps"])
def test_trivial(tex: str) -> None:
    assert is_trivial(tex)


@pytest.mark.parametrize("tex", ["x^2", "f(x)", "a+b", r"\frac{1}{2}", "x_1", "a<b", "[a, b]", r"\alpha\beta"])
def test_not_trivial(tex: str) -> None:
    assert not is_trivial(tex)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Theorem, its corollary and a lemma.", 3),
        ("theorem theorem", 1),
        ("Der Beweis der Gleichung", 2),
        ("ТЕОРЕМА и доказательство", 2),
        ("这个定理的证明", 2),
        ("định lý này", 1),
        ("the dog", 0),
        ("", 0),
    ],
)
def test_words(text: str, words: int) -> None:
    assert count_words(text) == words


def judge(text: str, **meta: object) -> Document | Dropped:
    (result,) = Evidence()([Document(id="1", text=text, url="", meta=meta)])
    return result


KEPT: list[tuple[str, dict[str, object]]] = [
    ("Let $x$, $y$ and $x+y$ be.", {}),
    ("$$x^2$$ $$x^3$$ $$x^4$$", {}),
    ("Nothing is left in the text.", {"formulas": 3}),
    ("Let $x^2$ be.", {"formulas": 5}),
    ("令 $明文$ 和 $密文$", {"formulas": 3}),
    ("Theorem and proof of an equation: ∀x ∈ ℝ ∃y ∈ ℝ, x ≤ y ∧ ∑x ≥ ∫y ∪ ∅ ⊂ ℂ ≠ ℚ", {}),
]
DROPPED: list[tuple[str, dict[str, object]]] = [
    ("", {}),
    ("The dog and the cat.", {}),
    ("Let $x^2$ and $y^2$ be.", {}),
    ("Let $x$, $y$, $z$ and $n$ be.", {}),
    ("$x^2$ $x^2$ $x^2$ $x^2$", {}),
    ("theorem lemma corollary proof equation polynomial integral derivative matrix integer", {}),
    ("The temperature is ±2 degrees, 3×4 inches, ≥ 5 pieces." * 3, {}),
    ("Nothing is left in the text.", {"formulas": 2}),
]


@pytest.mark.parametrize(("text", "meta"), KEPT)
def test_mathematics_is_kept(text: str, meta: dict[str, object]) -> None:
    result = judge(text, **meta)
    assert isinstance(result, Document)
    noted = result.meta[TRACE]["evidence"]
    assert result.meta["math_score"] == noted["value"] >= noted["threshold"] == 3


@pytest.mark.parametrize(("text", "meta"), DROPPED)
def test_too_little_is_dropped(text: str, meta: dict[str, object]) -> None:
    result = judge(text, **meta)
    assert isinstance(result, Dropped)
    assert (result.stage, result.reason) == ("evidence", "no_mathematics")
    assert result.evidence["value"] < result.evidence["threshold"]
    assert result.document.meta[TRACE]["evidence"] == result.evidence


def test_the_threshold_can_be_set() -> None:
    (result,) = Evidence(min_score=0)([Document(id="1", text="", url="", meta={})])
    assert isinstance(result, Document)


@pytest.mark.parametrize(
    "unit", ["$", "$$", "\\", "\\(", "\\)", "$a", "$a_", "$ a$", "\\begin{align}", "∑", "\ud800", "a "]
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    within(10, lambda: text, judge)


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("$\\()[]ax1 _^{}<>∑\n"), max_size=60), st.integers(2, 9))
def test_adding_formulas_never_lowers_the_score(text: str, formulas: int) -> None:
    before = measure(text + r" Let \(a_1\), \(b\) and \(c^2\) be.")
    after = measure(text + r" Let \(a_1\), \(b\) and \(c^2\) be." + r" \(x_1\)" * formulas)
    assert after.score() >= before.score()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_one_result_for_each_document_in_order(texts: list[str]) -> None:
    documents = [Document(id=str(n), text=text, url="", meta={}) for n, text in enumerate(texts)]
    results = [r.document if isinstance(r, Dropped) else r for r in Evidence()(documents)]
    assert [r.id for r in results] == [d.id for d in documents]
