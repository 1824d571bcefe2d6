r"""Steps of completions: which are found, where they end, and which hold."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from itertools import islice

import orjson
import pytest

from mathmill.train.reward.process import checked_steps
from tests.shared import BENCHMARKS, needs_benchmarks

CASES: list[tuple[str, list[tuple[str, str, float | None]]]] = [
    # GSM8K's marks, with the sum around them said once.
    ("Natalia sold 48/2 = <<48/2=24>>24 clips in May.", [("48/2", "24", 1.0), ("48/2", "24", None)]),
    ("She has 3*4=<<3*4=13>>13 in all", [("3*4", "13", 0.0), ("3*4", "13", None)]),
    ("That is 48/2 = <<48/2=24>>25 clips.", [("48/2", "24", 1.0), ("48/2", "25", 0.0)]),
    ("<<10-2-3=5=4+1>>", [("10-2-3", "5", 1.0), ("5", "4+1", 1.0)]),
    # Lines and sentences.
    ("48 / 2 = 24", [("48 / 2", "24", 1.0)]),
    ("So 48 / 2 = 25.", [("48 / 2", "25", 0.0)]),
    ("She sold 48 clips / 2 = 24 clips, and then 24 + 48 = 72.", [("48       / 2", "24", 1.0), ("24 + 48", "72", 1.0)]),
    ("2 + 3 = 5 = 4 + 2", [("2 + 3", "5", 1.0), ("5", "4 + 2", 0.0)]),
    ("Total = 3 + 4 = 7", [("3 + 4", "7", 1.0)]),
    ("3 + 4 = 7. 7 * 2 = 14;", [("3 + 4", "7", 1.0), ("7 * 2", "14", 1.0)]),
    ("7 - 2 = 5, 5 - 2 = 3", [("7 - 2", "5", 1.0), ("5 - 2", "3", 1.0)]),
    ("3 + 4 = 7 and a half", []),
    ("The sum of 5 and 7 * 2 = 24", []),
    ("x = 3 × 4 = 12", [("3 * 4", "12", 1.0)]),
    ("1. 3 + 4 = 7\n2) 7 - 1 = 6\n- 6 * 2 = 13", [("3 + 4", "7", 1.0), ("7 - 1", "6", 1.0), ("6 * 2", "13", 0.0)]),
    ("Step 1: 3 + 4 = 7", [("3 + 4", "7", 1.0)]),
    ("**3 x 4 = 12**", [("3 * 4", "12", 1.0)]),
    ("He pays $5 x 3 = $15 in all.", [("5 * 3", "15", 1.0)]),
    ("1,200 + 300 = 1,500", [("1,200 + 300", "1,500", 1.0)]),
    ("(since 3 + 4 = 7)", [("3 + 4", "7", 1.0)]),
    ("(3 + 4) * 2 = 14", [("(3 + 4) * 2", "14", 1.0)]),
    ("2**3 = 8 and sqrt(16) = 4", [("2^3", "8", 1.0), ("√(16)", "4", 1.0)]),
    ("10/3 = 3.33", [("10/3", "3.33", 1.0)]),
    ("20/3 = 6.6", [("20/3", "6.6", 1.0)]),  # cut off
    ("20/3 = 6.4", [("20/3", "6.4", 0.0)]),
    ("10/3 ≈ 3.3, 97/2 ≈ 50", [("10/3", "3.3", 1.0), ("97/2", "50", None)]),
    ("5! = 120", [("5!", "120", 1.0)]),
    ("50% * 40 = 20", [("50% * 40", "20", 1.0)]),
    ("5 / 0 = 5", [("5 / 0", "5", 0.0)]),
    # No whole side, or no equation.
    ("half of 4 + 4 = 6", []),
    ("x + 3 = 7", []),
    ("2x = 8", []),
    ("f(2) + 3 = 7", []),
    ("3 + 4 = 7x", []),
    ("7 = 3 mod 4, 17 % 5 = 2", []),
    ("3 + 4 = 7 thousand", []),
    ("5 != 6, 5 == 5, 4 => 5, a <= 3 + 4", []),
    ("12 3 + 4 = 7", []),
    ("3 + 4 =", []),
    ("= 7", []),
    ("the ratio is 3:4 = 0.75", []),
    ("It was $80 and Ann had 3 + 4 = 7 of $9", []),
    ("he has\n- $45 = $65 - $45", []),
    ("4 inches = 1/3 foot", []),
    # What may be meant otherwise.
    ("25 / 1/3 = 75", [("25 / 1/3", "75", None)]),
    ("1.2 * 100% = 120", [("1.2 * 100%", "120", None)]),
    ("10000 * 1.06^5 = 13382", [("10000 * 1.06^5", "13382", None)]),
    ("5/3 = 2", [("5/3", "2", 0.0)]),
    (r"$\sin 30 = \frac12$", [(r"\sin 30", r"\frac12", None)]),
    (r"$\sin 30^\circ = \frac12$", [(r"\sin 30^\circ", r"\frac12", 1.0)]),
    (r"$\sin 30^\circ = \frac13$", [(r"\sin 30^\circ", r"\frac13", 0.0)]),
    (r"$\pi(\frac{6}{2})^26=54\pi$", [(r"\pi(\frac{6}{2})^26", r"54\pi", None)]),
    # Numerals in other bases, and operations of the problem's own.
    (r"$1_4+3_4+2_4=12_4 = 6$", [("1_4+3_4+2_4", "12_4", 1.0), ("12_4", "6", None)]),
    (r"$1_4+3_4=11_4$", [("1_4+3_4", "11_4", 0.0)]),
    (r"$5_3 + 1 = 6$", [("5_3 + 1", "6", None)]),
    (r"$5 \ast 2 = 7$", []),
    # Nothing that is calculated, or said again.
    ("24 = 24", [("24", "24", None)]),
    ("7 = 7.0", [("7", "7.0", None)]),
    ("3 + 4 = 7. Again, 3+4=7.", [("3 + 4", "7", 1.0), ("3+4", "7", None)]),
    # LaTeX.
    (r"We have $\frac{48}{2} = 24$ clips.", [(r"\frac{48}{2}", "24", 1.0)]),
    (r"$x = 2 \cdot 3 = 6$", [("x", r"2 \cdot 3", None), (r"2 \cdot 3", "6", 1.0)]),
    ("$y=x+1=8$", [("y", "x+1", None), ("x+1", "8", None)]),
    (r"\[\sqrt{50} = 5\sqrt{2}\]", [(r"\sqrt{50}", r"5\sqrt{2}", 1.0)]),
    (r"\[\sqrt{50} = 6\sqrt{2}\]", [(r"\sqrt{50}", r"6\sqrt{2}", 0.0)]),
    (r"\(\cos\frac{\pi}{3} = \frac12\)", [(r"\cos\frac{\pi}{3}", r"\frac12", 1.0)]),
    (r"$\binom{5}{2} = 10$, $7! = 5041$", [(r"\binom{5}{2}", "10", 1.0), ("7!", "5041", 0.0)]),
    (r"$\pi \approx 3.14$", [(r"\pi", "3.14", None)]),
    (r"$\sum_{k=1}^{4} k = 10$", [(r"\sum_{k=1}^{4} k", "10", 1.0)]),
    (r"$$3 + 4 = 7 < 2 \cdot 4 = 8$$", [("3 + 4", "7", 1.0), (r"2 \cdot 4", "8", 1.0)]),
    (r"$3+4=7, 7-1=6 \implies 6+6=11$", [("3+4", "7", 1.0), ("7-1", "6", 1.0), ("6+6", "11", 0.0)]),
    (r"$1{,}200 + 1 = 1{,}201$", [(r"1{,}200 + 1", r"1{,}201", 1.0)]),
    (
        "\\begin{align*}\na &= 3 + 4 \\\\\n  &= 7 \\\\\nb &= 2 \\cdot 7 = 15\n\\end{align*}",
        [("a", "3 + 4", None), ("3 + 4", "7", 1.0), ("b", r"2 \cdot 7", None), (r"2 \cdot 7", "15", 0.0)],
    ),
    (
        "\\[2 + 3 = 1 + 2 \\\\\n+ 2 = 5 \\\\ = 4 + 1\\]",
        [("5", "4 + 1", 1.0)],
    ),
    (r"$6 \times 7 = \boxed{42}$", [(r"6 \times 7", r"\boxed{42}", 1.0)]),
    (r"$\boxed{6 \times 7 = 42}$", []),
    (r"$17 \equiv 2 = 2 \pmod 5$", []),
    (r"$3 \times 5 \text{ cm} = 15 \text{ cm}$", [(r"3 \times 5 \text{ cm}", r"15 \text{ cm}", 1.0)]),
    (r"$3 \times 5 = 15 \text{ apples}$", [(r"3 \times 5", r"15 \text{ apples}", 1.0)]),
    (r"$3 \times 5 = 16 \text{ apples}$", [(r"3 \times 5", r"16 \text{ apples}", 0.0)]),
    (r"$3 \text{ h} \times 60 = 180 \text{ min}$", [(r"3 \text{ h} \times 60", r"180 \text{ min}", None)]),
    (r"$(x+1)^2 = x^2+2x+1$", [("(x+1)^2", "x^2+2x+1", None)]),
    (r"$i + 1 = 3$", [("i + 1", "3", None)]),
    (r"$\text{Total} = 12$", [(r"\text{Total}", "12", None)]),
    (r"$\begin{pmatrix} 1 & 2 \end{pmatrix} = 5$", [(r"\begin{pmatrix} 1   2 \end{pmatrix}", "5", None)]),
    (r"Costs are $5 and $7, so $5 + $7 = $12.", [("5 +  7", "12", 1.0)]),
    (r"48 \times 2 = 96", [("48 *      2", "96", 1.0)]),
    ("", []),
    ("no sums here", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "steps"), CASES)
def test_steps(text: str, steps: list[tuple[str, str, float | None]]) -> None:
    assert [(step.left, step.right, step.reward) for step in checked_steps(text, 64, 2)] == steps


@pytest.mark.parametrize("text", [text for text, _ in CASES])
def test_spans_begin_and_end_with_what_is_said(text: str) -> None:
    ends = []
    for step in checked_steps(text, 64, 2):
        span = text[step.start : step.end]
        assert span
        assert span == span.strip()
        assert ("=" in span) or ("≈" in span) or (r"\approx" in span)
        assert span.endswith((step.right[-1], ">>"))
        ends.append(step.end)
    assert ends == sorted(ends)


def test_a_mark_ends_its_step() -> None:
    text = "It is 48/2 = <<48/2=24>>24 clips"
    first, second = checked_steps(text, 64, 2)
    assert text[first.start : first.end] == "48/2=24>>"
    assert text[second.start : second.end] == "48/2 = <<48/2=24>>24"


def test_only_so_many_steps_are_looked_at() -> None:
    text = "\n".join(f"{n} + 1 = {n + 1}" for n in range(50))
    assert len(checked_steps(text, 20, 2)) == 20
    assert [step.reward for step in checked_steps(text, 64, 2)] == [1.0] * 50


def test_proofs_are_bounded_and_what_is_left_has_no_reward() -> None:
    # That these hold nothing cheaper than a proof knows.
    text = "\n".join(rf"$\lim_{{x\to 0}}\frac{{\sin x}}{{{n}x}} = \frac{{1}}{{{n}}}$" for n in range(3, 7))
    assert [step.reward for step in checked_steps(text, 64, 0)] == [None] * 4
    assert [step.reward for step in checked_steps(text, 64, 1)] == [1.0, None, None, None]


@needs_benchmarks
@pytest.mark.parametrize(("name", "most_false", "least_decided"), [("gsm8k", 0.005, 0.95), ("math", 0.01, 0.5)])
def test_steps_of_reference_solutions_hold(name: str, most_false: float, least_decided: float) -> None:
    """Nearly all of them do: what does not are slips of theirs, and what our reader takes for something else."""
    counts: Counter[float | None] = Counter()
    decided = []
    with gzip.open(BENCHMARKS / name / "train.jsonl.gz") as file:
        for line in islice(file, 500):
            rewards = [step.reward for step in checked_steps(orjson.loads(line)["solution"], 64, 2)]
            counts.update(rewards)
            decided.append(any(reward is not None for reward in rewards))
    assert counts[0.0] <= most_false * (counts[0.0] + counts[1.0])
    assert sum(decided) >= least_decided * len(decided)


def test_hostile_texts_cost_little() -> None:
    texts = [
        "=" * 50_000,
        "1=" * 25_000,
        "(" * 20_000 + "1=1",
        "1+" * 20_000 + "1=2",
        "$" * 30_000 + "=",
        "$1=1$" * 10_000,
        r"\begin{align}" * 3_000 + "=",
        "<<" * 20_000 + "=",
        "<<1+1=2>>" * 5_000,
        "9" * 30_000 + "=" + "9" * 30_000,
        "2^2^2^2^2^2^2 = 1\n" * 2_000,
        "1 clips " * 6_000 + "= 2",
        " " * 50_000 + "=",
        "1, " * 15_000 + "=1",
        "**1" * 15_000 + "=",
        "".join(rf"$\sum_{{k=1}}^{{{n}000}} \frac{{1}}{{k}} = {n}$ " for n in range(1, 65)),
        "".join(rf"$\int_0^{n} e^{{-x^2}} dx = {n}$ " for n in range(1, 65)),
        "".join(f"{n}^{n}^{n} + {n}! = {n}\n" for n in range(1, 65)),
        "".join(rf"$\sqrt{{{n}+\sqrt{{{n}}}}} \cdot \sin^{n} {n} = \sqrt[{n}]{{2}}$ " for n in range(2, 66)),
    ]
    for text in texts:
        start = time.process_time()
        assert len(checked_steps(text, 64, 2)) <= 64
        assert time.process_time() - start < 2, text[:20]
