"""What `classifier.json` holds as `calibration`: what a score is worth, and where to cut."""

from __future__ import annotations

from typing import Any

from mathmill.classifier.calibrate import Calibration
from mathmill.classifier.thresholds import Threshold, Unreached
from mathmill.data.config import Config, resolve


class Calibrated(Config):
    """A calibration and the threshold chosen for a target, both made from the tuning half of the labelled sites."""

    calibration: Calibration
    threshold: Threshold | Unreached


def read_calibrated(tree: dict[str, Any], where: str) -> Calibrated:
    """What the `calibration` of a `classifier.json` says; `where` is named in messages.

    Raises:
        ConfigError: it does not read.
    """
    return resolve(tree, Calibrated, where)
