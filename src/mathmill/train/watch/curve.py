"""The course of a training as a picture: loss and held-out loss, learning rate, length of the gradient, by step.

    draw_curve(run / "metrics.jsonl", run / "curve.svg")

Of many steps each point is the mean of some that follow one another, and a shade behind it spans the least and the
greatest of them. The picture follows from the metrics alone, to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.data.pictures import COLOURS, DASHES, GREY, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 250  # of one curve in the file
_PART = "validation_loss/"  # before the name of a part of what is held out

Floats = npt.NDArray[np.float64]


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of `metrics.jsonl` in their order; what a killed process left of a last one is not there.

    Raises:
        InputMissing: there is no such file.
        DamagedInput: a line of it is not an object of JSON with a step.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputMissing(f"no metrics at {path} ({error.strerror}): a training writes them") from None
    lines = []
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
        try:
            read = orjson.loads(line)
            lines.append(read | {"step": int(read["step"])})
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise DamagedInput(
                f"line {number:,} of {path} is not the metrics of a step: take it out, or train anew in another folder"
            ) from None
    return lines


def draw_curve(metrics: Path, out: Path) -> None:
    """Write the picture of a `metrics.jsonl`.

    Raises:
        InputMissing, DamagedInput: the metrics cannot be read.
        CannotCreate, DiskFull: `out` cannot be written.
    """
    lines = read_metrics(metrics)
    with picture(out, 6.4, 5.2, "Loss by step") as figure:
        upper, middle, lower = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1, 1))
        _losses(upper, lines)
        _line(middle, *_of(lines, "rate"))
        middle.set(ylabel="learning rate", ylim=(0, None))
        middle.ticklabel_format(axis="y", style="sci", scilimits=(-2, 4))
        _line(lower, *_of(lines, "gradient_norm"))
        lower.set(ylabel="gradient norm", xlabel="step", ylim=(0, None))
        lower.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
        lower.set_xlim(0, max([1, *(line["step"] for line in lines)]))
        figure.align_ylabels()


def _losses(axes: Axes, lines: Sequence[dict[str, Any]]) -> None:
    steps, losses = _of(lines, "loss")
    if len(steps):
        _line(axes, steps, losses, f"loss, last {losses[-1]:.4g}")
    steps, losses = _of(lines, "validation_loss")
    if len(steps):
        least = int(np.argmin(losses))
        name = f"held out, least {losses[least]:.4g} at step {steps[least]:,.0f}"
        axes.plot(steps, losses, color=COLOURS[1], linestyle=DASHES[1], marker="o", markersize=3, label=name)
    parts = sorted({name for line in lines for name in line if name.startswith(_PART)})
    for at, part in enumerate(parts, 2):
        colour, dash = COLOURS[2 + (at - 2) % (len(COLOURS) - 2)], DASHES[at % len(DASHES)]
        axes.plot(*_of(lines, part), color=colour, linestyle=dash, linewidth=1.0, label=part.removeprefix(_PART))
    skipped = [line["step"] for line in lines if line.get("skipped")]
    if skipped:
        name = f"skipped, not finite ({len(skipped):,})"
        low = [0.02] * len(skipped)
        axes.plot(skipped, low, "x", color=GREY, markersize=5, transform=axes.get_xaxis_transform(), label=name)
    axes.set_ylabel("loss a token (nats)")
    seen = [line["tokens_seen"] for line in lines if "tokens_seen" in line]
    if seen:
        axes.set_title(f"{lines[-1]['step']:,} steps, {seen[-1]:,} tokens", loc="right", color=GREY)
    if axes.has_data():
        axes.legend(loc="upper right", fontsize=8, ncols=1 + len(parts) // 4)


def _of(lines: Sequence[dict[str, Any]], name: str) -> tuple[Floats, Floats]:
    """The steps at which something was measured and finite, and what it was."""
    found = [(line["step"], line[name]) for line in lines if line.get(name) is not None]
    steps, values = np.array(found, np.float64).reshape(-1, 2).T
    return steps, values


def _line(axes: Axes, steps: Floats, values: Floats, label: str | None = None) -> None:
    """Values by step; of more than a picture can show, means, with their spread behind them."""
    if len(steps) > _POINTS:
        groups = [np.asarray(each) for each in np.array_split(np.arange(len(steps)), _POINTS)]
        spread = [(values[each].min(), values[each].max()) for each in groups]
        steps, values = (np.array([of[each].mean() for each in groups]) for of in (steps, values))
        axes.fill_between(steps, *np.array(spread).T, color=COLOURS[0], alpha=0.2, linewidth=0)
    axes.plot(steps, values, color=COLOURS[0], linestyle=DASHES[0], linewidth=1.0, label=label)
