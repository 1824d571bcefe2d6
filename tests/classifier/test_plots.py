"""Pictures: the same bytes each time, small, whole XML, and fine with few pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mathmill.classifier.calibrate import calibrate
from mathmill.classifier.curves import Floats, at_threshold, from_columns, pr_curve
from mathmill.classifier.plots import (
    RoundFigures,
    growth,
    log_odds,
    precision_recall,
    reliability_diagram,
    score_histogram,
)
from mathmill.classifier.reliability import reliability
from mathmill.data.errors import CannotCreate
from tests.classifier.test_resampling import made_pages, pages_of

PAGES = pages_of(*made_pages(3000, 50, 0.3))
CURVE = pr_curve(PAGES.is_math, PAGES.scores)


def draw_curves(out: Path) -> None:
    precision_recall({"round $1$": CURVE, "<one-shot> & more": CURVE}, out, {"round $1$": at_threshold(PAGES, 0.5)})


def draw_reliability(out: Path) -> None:
    said = calibrate(PAGES.is_math, PAGES.scores).probability(PAGES.scores)
    reports = {"score": reliability(PAGES.is_math, PAGES.scores), "calibrated": reliability(PAGES.is_math, said)}
    reliability_diagram(reports, out)


def draw_scores(out: Path) -> None:
    score_histogram(PAGES, out, 0.9999)


def draw_growth(out: Path) -> None:
    growth([a_round(1, 0.5), a_round(2, 0.7)], out)


def a_round(number: int, value: float) -> RoundFigures:
    triple = (value, value - 0.1, value + 0.1)
    return RoundFigures(
        round=number,
        average_precision=triple,
        precision=triple,
        recall=triple,
        pages_kept=1000 * number,
        domains=number,
    )


@pytest.mark.parametrize("draw", [draw_curves, draw_reliability, draw_scores, draw_growth])
def test_a_picture(draw: Callable[[Path], None], tmp_path: Path) -> None:
    import matplotlib

    settings = dict(matplotlib.rcParams)
    draw(tmp_path / "one.svg")
    with matplotlib.rc_context({"font.size": 20, "svg.fonttype": "none"}):  # as a user's own settings may be
        draw(tmp_path / "two.svg")
    data = (tmp_path / "one.svg").read_bytes()
    assert data == (tmp_path / "two.svg").read_bytes()
    assert len(data) < 100_000
    assert b"<dc:date>" not in data and b"DOCTYPE" not in data and b"<text" not in data
    assert ElementTree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg"
    assert dict(matplotlib.rcParams) == settings


def test_another_process_draws_the_same_bytes(tmp_path: Path) -> None:
    growth([], tmp_path / "one.svg")
    code = "import sys, pathlib, mathmill.classifier.plots as p; p.growth([], pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "two.svg")], check=True)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_few_pages_and_none(tmp_path: Path) -> None:
    out = tmp_path / "out.svg"
    nothing = from_columns([], [], [])
    precision_recall({}, out)
    precision_recall({"nothing": pr_curve([], []), "no mathematics": pr_curve([False], [0.5])}, out)
    precision_recall({"one": pr_curve([True], [1.0])}, out)
    score_histogram(nothing, out)
    score_histogram(from_columns([True, False], [1.0, 0.0], ["a", "b"]), out, 1.0)
    reliability_diagram({"one": reliability([True], [0.5])}, out)
    growth([], out)
    growth([a_round(number, 0.95) for number in range(1, 9)], out)
    assert ElementTree.parse(out)


def test_a_curve_of_many_points_is_thinned(tmp_path: Path) -> None:
    scores: Floats = np.linspace(0, 1, 200_000)
    precision_recall({"many": pr_curve(np.arange(200_000) % 3 > 0, scores)}, tmp_path / "out.svg")
    assert (tmp_path / "out.svg").stat().st_size < 60_000


def test_log_odds_stay_on_the_picture() -> None:
    assert log_odds(np.array([0.0, 0.5, 1.0])).tolist() == [-16, 0, 16]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreate):
        growth([], tmp_path / "file" / "out.svg")
