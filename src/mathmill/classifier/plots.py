"""Pictures of a classifier as SVG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from mathmill.classifier.curves import AtThreshold, Curve, Floats, Ints, ScoredPages
from mathmill.classifier.reliability import Reliability
from mathmill.data.pictures import COLOURS, DASHES, GREY, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_POINTS = 400  # of one curve in the file: more than its width in pixels shows
_MOST_TOLD = 6  # rounds that have room for a number each; of more, some
_FARTHEST = 16.0  # log-odds that are drawn; scores beyond stand in the outermost bin
_BIN_WIDTH = 0.5  # of the histogram, in log-odds


class RoundFigures(TypedDict):
    """One round of the loop; figures are (value, low, high) with their 95 % intervals."""

    round: int
    average_precision: tuple[float, float, float]
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    pages_kept: int
    domains: int


def precision_recall(curves: Mapping[str, Curve], out: Path, points: Mapping[str, AtThreshold] | None = None) -> None:
    """Write precision against recall, a curve a name; `points` are thresholds of curves, by the curve's name.

    A curve without mathematics has no recall and is left out.

    Raises:
        CannotCreate, DiskFull: `out` cannot be written.
    """
    with picture(out, 5.2, 4.0, "Precision and recall") as figure:
        axes = figure.add_subplot()
        for at, (name, curve) in enumerate(curves.items()):
            if not curve.mathematics:
                continue
            colour, dash = COLOURS[at % len(COLOURS)], DASHES[at % len(DASHES)]
            # The precision of a point holds for the recall that the point adds, as in average precision.
            shown = _thinned(curve.recall)
            recall, precision = np.append(0.0, curve.recall[shown]), curve.precision[shown]
            axes.step(recall, np.append(precision[0], precision), where="pre", color=colour, linestyle=dash, label=name)
            point = (points or {}).get(name)
            if point is not None and point.precision.value is not None and point.recall.value is not None:
                _cross(axes, point, colour)
        _unit_axes(axes, "recall (share of the mathematics that is kept)", "precision (share of what is kept)")
        if axes.has_data():
            axes.legend(loc="lower left")


def reliability_diagram(reports: Mapping[str, Reliability], out: Path) -> None:
    """Write, for each named set of probabilities, what share was mathematics against what was said, and pages by bin.

    Raises:
        CannotCreate, DiskFull: `out` cannot be written.
    """
    with picture(out, 4.6, 5.0, "Reliability of probabilities") as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot((0, 1), (0, 1), color=GREY, linewidth=0.8)
        width = 0.1 / (len(reports) + 1)
        for at, (name, report) in enumerate(reports.items()):
            colour, mark = COLOURS[at % len(COLOURS)], "osD^vP"[at % 6]
            said = np.array([row.said for row in report.bins])
            was = np.array([row.was.value or 0.0 for row in report.bins])
            beyond = np.array([[row.was.low for row in report.bins], [row.was.high for row in report.bins]]) - was
            upper.errorbar(
                said,
                was,
                yerr=np.maximum(np.abs(beyond), 0),
                color=colour,
                linestyle=DASHES[at % len(DASHES)],
                marker=mark,
                markersize=4,
                linewidth=1.0,
                label=f"{name}: ECE {report.expected_calibration_error:.3f}, Brier {report.brier:.3f}",
            )
            left = np.array([row.low for row in report.bins]) + width * (at + 1)
            lower.bar(left, [row.was.n for row in report.bins], width, color=colour)
        upper.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="share that is mathematics")
        upper.legend(loc="upper left", fontsize=8)
        lower.set(yscale="log", ylim=(0.8, None), xlabel="probability said", ylabel="pages")
        lower.yaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
        lower.grid(axis="x", visible=False)


def score_histogram(pages: ScoredPages, out: Path, score: float | None = None) -> None:
    """Write how scores of mathematics and of other pages are spread, on an axis of log-odds; `score` is a threshold.

    Raises:
        CannotCreate, DiskFull: `out` cannot be written.
    """
    places = log_odds(pages.scores)
    reach = _BIN_WIDTH * np.ceil(max(4.0, float(np.abs(places).max(initial=0.0))) / _BIN_WIDTH + 0.01)
    edges = np.arange(-reach, reach + _BIN_WIDTH / 2, _BIN_WIDTH)
    with picture(out, 5.6, 3.2, "Scores of mathematics and of other pages") as figure:
        axes = figure.add_subplot()
        for is_math, name, colour, dash in (
            (False, "other", COLOURS[1], "--"),
            (True, "mathematics", COLOURS[0], "-"),
        ):
            of_class = places[pages.is_math == is_math]
            counts = np.histogram(of_class, edges)[0]
            part = 100 * counts / max(1, len(of_class))
            axes.stairs(part, edges, color=colour, fill=True, alpha=0.15)
            axes.stairs(part, edges, color=colour, linestyle=dash, linewidth=1.5, label=f"{name} ({len(of_class):,})")
        if score is not None:
            at = float(log_odds(np.array([score]))[0])
            axes.axvline(at, color="black", linewidth=1.0)
            axes.annotate(
                f"threshold {_score(score)}",
                (at, 0.99),
                (4 if at < 0 else -4, 0),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="left" if at < 0 else "right",
                va="top",
                fontsize=8,
            )
        ticks = _score_ticks(reach)
        axes.set_xticks(list(ticks), list(ticks.values()))
        axes.set(xlim=(-reach, reach), xlabel="score (axis of log-odds)", ylabel="% of the class's pages")
        axes.set_ylim(0, axes.get_ylim()[1] * 1.1)  # room for the threshold's name
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def growth(rounds: Sequence[RoundFigures], out: Path) -> None:
    """Write the figures of each round of the loop: three shares with their intervals, and two counts.

    Raises:
        CannotCreate, DiskFull: `out` cannot be written.
    """
    from matplotlib.ticker import MaxNLocator

    numbers = [row["round"] for row in rounds]
    with picture(out, 7.2, 4.2, "Growth over rounds") as figure:
        grid = figure.add_gridspec(2, 6)
        shares = (
            ("average precision", [row["average_precision"] for row in rounds]),
            ("precision at the cut", [row["precision"] for row in rounds]),
            ("recall at the cut", [row["recall"] for row in rounds]),
        )
        for at, (title, triples) in enumerate(shares):
            axes = figure.add_subplot(grid[0, 2 * at : 2 * at + 2])
            value, low, high = np.array(triples, np.float64).reshape(-1, 3).T
            beyond = np.maximum([value - low, high - value], 0)
            axes.errorbar(numbers, value, yerr=beyond, color=COLOURS[0], marker="o", markersize=4, capsize=3)
            axes.set(title=title, ylim=(0, 1.02))
            _whole_rounds(axes, numbers)
        counts = (
            ("pages kept", [row["pages_kept"] for row in rounds]),
            ("mathematics domains", [row["domains"] for row in rounds]),
        )
        for at, (title, values) in enumerate(counts):
            axes = figure.add_subplot(grid[1, 3 * at : 3 * at + 3])
            axes.bar(numbers, values, 0.6, color=COLOURS[0])
            told = list(zip(numbers, values, strict=True))
            for number, count in told if len(told) <= _MOST_TOLD else (told[0], told[-1]):
                axes.annotate(
                    _count(count), (number, count), (0, 2), textcoords="offset points", ha="center", fontsize=8
                )
            axes.set(title=title, xlabel="round", ylim=(0, max([1, *values]) * 1.15))
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
            axes.yaxis.set_major_formatter(lambda count, _: _count(count))
            axes.grid(axis="x", visible=False)
            _whole_rounds(axes, numbers)


def log_odds(scores: Floats) -> Floats:
    """log(score / (1 - score)), within what is drawn."""
    inside = np.clip(scores, 1e-300, 1.0)
    with np.errstate(divide="ignore"):
        odds: Floats = np.log(inside) - np.log1p(-inside)
    return np.clip(odds, -_FARTHEST, _FARTHEST)


def _cross(axes: Axes, point: AtThreshold, colour: str) -> None:
    """The threshold's place on the curve, its Wilson intervals as the arms of a cross, and its score."""
    precision, recall = point.precision, point.recall
    x, y = recall.value or 0.0, precision.value or 0.0
    axes.errorbar(
        [x],
        [y],
        xerr=np.maximum([[x - recall.low], [recall.high - x]], 0),
        yerr=np.maximum([[y - precision.low], [precision.high - y]], 0),
        color=colour,
        marker="o",
        markersize=5,
        linewidth=1.0,
        capsize=2,
    )
    # Below the curve and to its left there is room, but for other curves: these go under the words.
    paper = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    text, place = f"threshold {_score(point.score)}", (-8, -14)
    axes.annotate(text, (x, y), place, textcoords="offset points", ha="right", fontsize=8, bbox=paper, zorder=4)


def _thinned(recall: Floats) -> Ints:
    """Places of at most so many points, evenly by recall, first and last among them."""
    if len(recall) <= _MOST_POINTS:
        return np.arange(len(recall), dtype=np.int64)
    wanted = np.linspace(recall[0], recall[-1], _MOST_POINTS)
    return np.unique(np.append(np.searchsorted(recall, wanted), len(recall) - 1)).astype(np.int64)


def _unit_axes(axes: Axes, xlabel: str, ylabel: str) -> None:
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel=xlabel, ylabel=ylabel)


def _whole_rounds(axes: Axes, numbers: Sequence[int]) -> None:
    every = -(-len(numbers) // _MOST_TOLD) or 1
    axes.set_xticks(numbers[::every])
    if numbers:
        beside = 0.5 + 0.03 * len(numbers)
        axes.set_xlim(min(numbers) - beside, max(numbers) + beside)


def _count(number: float) -> str:
    """A count in few characters: 99,999 and 35.5M."""
    for least, unit, name in ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e5, 1e3, "k")):
        if number >= least:
            return f"{number / unit:,.4g}{name}"
    return f"{number:,.0f}"


def _score_ticks(reach: float) -> dict[float, str]:
    """Log-odds to mark on an axis of them up to `reach` either way, about evenly spaced, and the score at each."""
    few = {-6: "10⁻⁶", -4: "10⁻⁴", -2: "0.01"} if reach > 8 else {-3: "0.001", -2: "0.01", -1: "0.1"}
    high = {-6: "1 − 10⁻⁶", -4: "1 − 10⁻⁴", -3: "0.999", -2: "0.99", -1: "0.9"}
    ticks = {0.0: "0.5"}
    for power, name in few.items():
        place = float(log_odds(np.array([10.0**power]))[0])
        if -place < reach:
            ticks |= {place: name, -place: high[power]}
    return ticks


def _score(score: float) -> str:
    """A score in few characters, also close to 0 and 1."""
    if 0.999 < score < 1:
        return f"1 − {1 - score:.1g}"
    return f"{score:.3g}"
