"""Brier score, expected calibration error and bins, by numbers worked out by hand."""

from __future__ import annotations

import pytest

from mathmill.classifier.curves import share
from mathmill.classifier.reliability import reliability
from mathmill.data.errors import ConfigError


def test_reliability() -> None:
    report = reliability([True, False, True, True], [0.9, 0.15, 0.15, 1.0])
    assert report.pages == 4
    assert report.brier == pytest.approx((0.01 + 0.0225 + 0.7225 + 0) / 4)
    assert report.brier_of_base_rate == pytest.approx(0.75 * 0.25)
    # Two bins of two pages: 0.95 said and 1 of 1, 0.15 said and 1/2.
    assert report.expected_calibration_error == pytest.approx((0.05 + 0.35) / 2)
    low, high = report.bins
    assert (low.low, low.high, low.was) == (0.1, 0.2, share(1, 2))
    assert (high.low, high.high, high.was) == (0.9, 1.0, share(2, 2))
    assert (low.said, high.said) == pytest.approx((0.15, 0.95))


def test_who_is_always_right_makes_no_error() -> None:
    report = reliability([True, False], [1.0, 0.0])
    assert (report.brier, report.expected_calibration_error) == (0, 0)


def test_no_pages() -> None:
    with pytest.raises(ConfigError, match="no labelled page to report on"):
        reliability([], [])
