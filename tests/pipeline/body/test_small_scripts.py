from __future__ import annotations

import pytest

from mathmill.pipeline.body.small_scripts import write_small_scripts
from mathmill.pipeline.dom.parse import parse

# markup, its text
CASES = [
    ("10<sup>3</sup> kg", "10³ kg"),
    ("20 m<sup>2</sup>", "20 m²"),
    ("H<sub>2</sub>O and SO<sub>4</sub><sup>2-</sup>", "H₂O and SO₄²⁻"),
    ("<i>x</i><sup>n</sup>", "xⁿ"),
    ("word<sup>12</sup>", "word¹²"),
    ("1<sup>st</sup>", "1st"),
    ("M<sup>me</sup>", "Mme"),
    ("word<sup><a href='#n1'>1</a></sup>", "word1"),
    ("a <sup>14</sup>C", "a 14C"),
    ("<sup>1</sup> note", "1 note"),
    ("x<sup>12345</sup>", "x12345"),
    ("x<sup></sup>", "x"),
]


@pytest.mark.parametrize(("markup", "text"), CASES)
def test_digits_and_signs_become_characters(markup: str, text: str) -> None:
    tree = parse(f"<p>{markup}</p>")
    assert tree is not None
    write_small_scripts(tree)
    assert tree.text_content() == text
