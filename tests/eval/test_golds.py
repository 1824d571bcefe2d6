"""Golds out of the cells of datasets."""

from __future__ import annotations

import gzip
from decimal import Decimal

import numpy
import orjson
import pytest

from mathmill import verify
from mathmill.data.errors import ConfigError
from mathmill.eval.golds import find_gold, golds_of
from tests.shared import BENCHMARKS, needs_benchmarks

GSM8K = "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nTogether she sold 48+24 = <<48+24=72>>72 clips.\n#### 72"
PROSE = "Look at the picture, then add all of the angles at the centre and be done."


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        (GSM8K, "72"),
        (r"Since $x=2$, we have $\boxed{\frac{1}{2}}$ or half.", r"\frac{1}{2}"),
        (r"We find $x = \boxed{1}$ and $y = \boxed{9}$.", "9"),
        ("First one thing.\nThen another.\nFinal Answer: 7", "7"),
        ("We count all of them with great care. The answer is 12.", "12"),
        (r"\frac{1}{3}", r"\frac{1}{3}"),
        ("$x+1$", "$x+1$"),
        ("Tuesday", "Tuesday"),
        (r"\text{all real numbers but } 0 \text{ and } 1", r"\text{all real numbers but } 0 \text{ and } 1"),
        (PROSE, None),
        ("We add 3.\nThen there are 8 of them.", None),
        (r"There are $\boxed{}$ primes in that range, as we have seen before.", None),
        ("", None),
        (" \n", None),
    ],
)
def test_the_gold_of_a_solution_is_what_it_says(text: str, gold: str | None) -> None:
    assert find_gold(text) == gold


@pytest.mark.parametrize(
    ("cell", "golds"),
    [
        ("42", ("42",)),
        (GSM8K, ("72",)),
        (PROSE, (PROSE,)),
        ("", ()),
        ("  ", ()),
        (None, ()),
        (42, ("42",)),
        (-7, ("-7",)),
        (42.0, ("42",)),
        (0.25, ("0.25",)),
        (1e22, ("10000000000000000000000",)),
        (float("nan"), ()),
        (float("-inf"), ()),
        (Decimal("4.20"), ("4.20",)),
        (Decimal("NaN"), ()),
        (["1/2", "0.5", 3], ("1/2", "0.5", "3")),
        ((GSM8K, None), ("72",)),
        ([], ()),
        (numpy.array(["5", r"\boxed{6}"]), ("5", "6")),
        (numpy.int64(5), ("5",)),
        (numpy.float32(0.5), ("0.5",)),
    ],
)
def test_a_cell_holds_golds(cell: object, golds: tuple[str, ...]) -> None:
    assert golds_of(cell) == golds


@pytest.mark.parametrize("cell", [True, {"target": "42"}, b"42", ["42", {"target": "42"}]])
def test_a_cell_of_another_kind_is_an_error(cell: object) -> None:
    with pytest.raises(ConfigError, match="a gold has to be a text, a number or a list of such, and one is a"):
        golds_of(cell)


def test_a_number_that_cannot_be_written_is_no_gold() -> None:
    assert golds_of(10**5_000) == ()


def test_a_long_solution_is_no_gold() -> None:
    assert golds_of(PROSE, is_solution=True) == ()
    assert golds_of([PROSE, "6"], is_solution=True) == ("6",)


@needs_benchmarks
def test_the_solutions_of_math_and_gsm8k_give_their_golds() -> None:
    """All but two of MATH, whose boxes are empty."""
    lost = []
    for name in ("math/train", "math/test", "gsm8k/train", "gsm8k/test"):
        with gzip.open(BENCHMARKS / f"{name}.jsonl.gz") as file:
            for row in map(orjson.loads, file):
                golds = golds_of(row["solution"], is_solution=True)
                if not golds:
                    lost.append(row["solution"])
                else:
                    assert verify(golds[0], row["answer"]).correct, row["id"]
    assert len(lost) == 2
    assert all(r"\boxed{}" in solution for solution in lost)
