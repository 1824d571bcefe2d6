"""Two runs on the same problems: is the one better, by how much, and where.

Paired by problem, since most of what makes scores differ is which problems were asked (Miller 2024, arXiv 2411.00640).
What is compared are a problem's shares of right samples, `second - first`.

Test: the exact sign-flip test of these differences (Fisher 1935), two-sided: were the runs equal, each difference would
be as likely with the other sign. With one sample each it is McNemar's exact test, the binomial of the problems on which
the runs disagree; its mid-p value, less cautious, is given beside it (Fagerland, Lydersen and Laake 2013, BMC Medical
Research Methodology 13:91). `p` is the one that is shown.

Interval: mean difference +- t standard errors, after two made-up problems have been added on which the runs differ by
one sample each way. With one sample each it is the interval of Bonett and Price (2012, Journal of Educational and
Behavioral Statistics 37, 479-488), with z for t: it covers well from ten problems on, and has a width where the runs
agree everywhere.

A problem is `fixed` where its share of right samples rose by a half or more, `broken` where it fell so: with one sample
from wrong to right, and with several by more than chance among samples often makes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from mathmill.eval.harness.graded import Graded, by_problem
from mathmill.eval.harness.intervals import Z, student

_MARKED = Fraction(1, 2)  # the change of a share of right samples that makes a problem fixed or broken
_MOST_POINTS = 1 << 21  # of the distribution of the sum of differences, to either side
_ROUNDING = 1e-12  # of a probability that is found by Fourier transform

Test = Literal["mcnemar_exact", "sign_flip"]


@dataclass(frozen=True, slots=True)
class Change:
    """A problem on which two runs differ: its share of right samples in the first and in the second."""

    problem: str
    first: float
    second: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"problem": self.problem, "first": self.first, "second": self.second}


@dataclass(frozen=True, slots=True)
class Paired:
    """The second run against the first on the problems that both have.

    `only_first` and `only_second` count the problems left out, since one run alone has them. `better`, `worse` and
    `same` count problems by the sign of their difference; `fixed` and `broken` list those with a large one, the largest
    first. `low` and `high` are the 95 % interval of `difference`. `mid_p` is there with one sample each.
    """

    problems: int
    only_first: int
    only_second: int
    samples: tuple[int, int]
    first: float
    second: float
    difference: float
    low: float
    high: float
    interval: Literal["bonett_price", "student"]
    p: float
    test: Test
    mid_p: float | None
    better: int
    worse: int
    same: int
    fixed: tuple[Change, ...]
    broken: tuple[Change, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in a stable order."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        changes = {name: [change.as_dict() for change in getattr(self, name)] for name in ("fixed", "broken")}
        return plain | {"samples": list(self.samples)} | changes


def paired(first: Iterable[Graded], second: Iterable[Graded], strict: bool = False) -> Paired:
    """Compare two runs, by what is correct or, if `strict`, by what is correct in the task's stated form.

    Raises:
        ValueError: a run has no samples or not the same number for each problem, or they have no problem in common.
    """
    left, right = by_problem(first), by_problem(second)
    common = [problem for problem in left if problem in right]
    if not common:
        raise ValueError("the two runs have no problem in common")
    before = [_share(left[problem], strict) for problem in common]
    after = [_share(right[problem], strict) for problem in common]
    differences = [b - a for a, b in zip(before, after, strict=True)]
    samples = (len(left[common[0]]), len(right[common[0]]))
    low, high = interval(differences, Fraction(1, min(samples)))
    p, test, mid_p = _tested(differences, samples)
    fixed, broken = _changed(common, before, after)
    return Paired(
        problems=len(common),
        only_first=len(left) - len(common),
        only_second=len(right) - len(common),
        samples=samples,
        first=float(sum(before) / len(common)),
        second=float(sum(after) / len(common)),
        difference=float(sum(differences) / len(common)),
        low=low,
        high=high,
        interval="bonett_price" if samples == (1, 1) else "student",
        p=p,
        test=test,
        mid_p=mid_p,
        better=sum(difference > 0 for difference in differences),
        worse=sum(difference < 0 for difference in differences),
        same=sum(difference == 0 for difference in differences),
        fixed=fixed,
        broken=broken,
    )


def mcnemar(fixed: int, broken: int) -> tuple[float, float]:
    """McNemar's exact two-sided p and its mid-p, from the numbers of problems on which two runs disagree.

    Raises:
        ValueError: a number is negative.
    """
    if min(fixed, broken) < 0:
        raise ValueError(f"numbers of problems cannot be negative, got {fixed} and {broken}")
    n, least = fixed + broken, min(fixed, broken)
    if not n:
        return 1.0, 1.0
    term, below = 1, 0  # the binomial coefficient of `least`, and the sum of those below it
    for k in range(least):
        below += term
        term = term * (n - k) // (k + 1)
    seen = term if fixed == broken else 2 * term  # of as large a difference, either way
    beyond = 2 * below
    return (beyond + seen) / 2**n, (2 * beyond + seen) / 2 ** (n + 1)


def interval(differences: Sequence[Fraction], step: Fraction) -> tuple[float, float]:
    """The 95 % interval of the mean of problems' differences; `step` is what one sample makes of a share."""
    values = [*map(float, differences), float(step), -float(step)]
    n = len(values)
    mean = math.fsum(values) / n
    square = math.fsum((value - mean) ** 2 for value in values)
    half = Z * math.sqrt(square) / n if step == 1 else student(n - 1) * math.sqrt(square / (n - 1) / n)
    centre = float(sum(differences) / len(differences))
    return max(-1.0, min(mean - half, centre)), min(1.0, max(mean + half, centre))


def sign_flip(differences: Sequence[int]) -> float:
    """The two-sided p of the exact sign-flip test of whole numbers, in memory and time for the sum of their sizes.

    The distribution of the sum is the product of the cosines that are its characteristic function, transformed back.
    Its rounding is about 1e-14: nothing below 1e-12 is told from that.
    """
    import numpy as np

    seen = abs(sum(differences))
    sizes = Counter(abs(difference) for difference in differences if difference)
    reach = sum(size * count for size, count in sizes.items())
    if not seen:
        return 1.0
    points = 1 << (2 * reach).bit_length()
    angles = np.arange(points // 2 + 1) * (2 * math.pi / points)
    product = np.ones_like(angles)
    for size, count in sorted(sizes.items()):
        product *= np.cos(angles * size) ** count
    chances = np.fft.irfft(product, points)  # of the sums 0, 1, .. and, from behind, -1, -2, ..
    return min(1.0, max(_ROUNDING, 2 * float(chances[seen : reach + 1].sum())))


def _share(samples: Sequence[Graded], strict: bool) -> Fraction:
    return Fraction(sum(each.strict if strict else each.correct for each in samples), len(samples))


def _tested(differences: Sequence[Fraction], samples: tuple[int, int]) -> tuple[float, Test, float | None]:
    """The p value, the test that it is of, and the mid-p value if there is one."""
    if samples == (1, 1):
        p, mid_p = mcnemar(differences.count(Fraction(1)), differences.count(Fraction(-1)))
        return p, "mcnemar_exact", mid_p
    # The least common unit of all shares; where it is too small for memory, a larger one that they are rounded to.
    reach = math.ceil(sum(map(abs, differences))) or 1
    whole = min(math.lcm(*samples), max(_MOST_POINTS // reach, 1))
    return sign_flip([round(difference * whole) for difference in differences]), "sign_flip", None


def _changed(
    problems: Sequence[str], before: Sequence[Fraction], after: Sequence[Fraction]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The fixed and the broken problems, those that changed most first."""
    rows = sorted(zip(problems, before, after, strict=True), key=lambda row: -abs(row[2] - row[1]))
    fixed = tuple(Change(problem, float(a), float(b)) for problem, a, b in rows if b - a >= _MARKED)
    return fixed, tuple(Change(problem, float(a), float(b)) for problem, a, b in rows if a - b >= _MARKED)
