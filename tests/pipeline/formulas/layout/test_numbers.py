from __future__ import annotations

import pytest

from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.layout.numbers import displayed

# a formula's LaTeX and number, the number beside it, what becomes of both
FORMULAS = [
    ("x = y", "", "", "x = y", ""),
    ("x = y", "", "(3)", "x = y", "(3)"),
    (r"x = y \qquad (3)", "", "", "x = y", "(3)"),
    (r"x = y \qquad (3)", "", "(4)", "x = y", "(3)"),
    (r"x = y \qquad (3)", "(5)", "(4)", r"x = y \qquad (3)", "(5)"),
    (r"x = y \quad (n)", "", "(4)", r"x = y \quad (n)", "(4)"),
]


@pytest.mark.parametrize(("latex", "number", "beside", "left", "shown"), FORMULAS)
def test_a_formula_on_a_line_of_its_own_has_its_number_outside(
    latex: str, number: str, beside: str, left: str, shown: str
) -> None:
    made = displayed(Formula(latex, False, "paren", number), beside)
    assert made == Formula(left, True, "paren", shown)
