from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.formulas.configurations import MOST_LIST, bracketed, lists, literals, naming, scripts_of

NAMED = naming("inlineMath|skipTags")

# text of a script, the lists in it: name, what they do to the renderer's own, literals
LISTS = [
    ("inlineMath: [['$', '$']]", [("inlineMath", "=", ["$", "$"])]),
    ('"inlineMath" : [["$", "$"]]', [("inlineMath", "=", ["$", "$"])]),
    ("MathJax.tex.inlineMath = [['$', '$']]", [("inlineMath", "=", ["$", "$"])]),
    ("skipTags: {'[+]': ['a'], '[-]': ['b', 'c']}, d", [("skipTags", "+", ["a"]), ("skipTags", "-", ["b", "c"])]),
    ('skipTags: {\n  "[-]" : ["]"] }, \'e\'', [("skipTags", "-", ["]"])]),
    ("inlineMath: [['\\\\(', '\\\\)']]; skipTags: []", [("inlineMath", "=", ["\\(", "\\)"]), ("skipTags", "=", [])]),
    ("inlineMath: config.dollars ? [['$', '$']] : []", []),
    ("myInlineMath: [['$', '$']]", []),
    ("inlineMath == [1]", []),
]


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_lists(text: str, expected: list[tuple[str, str, list[str]]]) -> None:
    assert [(found.name, found.change, literals(found.text)) for found in lists([text], NAMED)] == expected


def test_scripts_without_comments_and_what_does_not_concern_a_renderer() -> None:
    page = (
        "<script type='text/x-mathjax-config'>MathJax /* not [this] */ = 1 // nor this\n;</script>"
        "<script type='math/tex'>\\mathbb{R}</script><script>if (a) b()</script>"
        "<script defer onload='render({delimiters: &quot;&quot;})'></script>"
    )
    config, formula, other, loading = (script.configuration for script in scripts_of(page))
    assert config.split() == ["MathJax", "=", "1", ";"]
    assert formula == other == ""
    assert 'delimiters: ""' in loading


@given(st.text(alphabet="[]{}'\"\\a, ", max_size=60))
def test_a_list_is_a_piece_of_the_text(text: str) -> None:
    assert text.startswith(bracketed(text, 0))


def test_a_list_is_cut() -> None:
    assert len(bracketed("[" * (2 * MOST_LIST), 0)) <= MOST_LIST + 1
