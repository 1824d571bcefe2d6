"""The figures of a classifier as files: `metrics.json`, and three plots of the sites that are reported on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from mathmill.classifier.calibrate import Report, split_sites
from mathmill.classifier.curves import ScoredPages, pr_curve
from mathmill.classifier.thresholds import Threshold
from mathmill.data.config import resolve
from mathmill.data.errors import DamagedInput
from mathmill.data.files import Output, Staging, writing
from mathmill.data.store.mounts import at_hand

METRICS = "metrics.json"
PLOTS = ("plots/precision_recall.svg", "plots/reliability.svg", "plots/scores.svg")
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS


def publish_figures(
    folder: Path, pages: ScoredPages | None, report: Report | None, seed: int, more: Mapping[str, Any]
) -> dict[str, Output]:
    """Write and publish `metrics.json`, which is `more` with the `report` that `tune_and_report` made of `pages` with
    this seed, and the plots of these; without pages and report no plots.

    Raises:
        DiskFull, CannotCreate: the folder cannot take them.
    """
    staging = Staging(folder)
    drawn = pages is not None and report is not None
    paths = {name: staging.stage(name, lambda _: 1) for name in (METRICS, *(PLOTS if drawn else ()))}
    tree = {**more, "report": None if report is None else report.model_dump(mode="json")}
    with writing(paths[METRICS]):
        paths[METRICS].write_bytes(orjson.dumps(tree, option=_OPTIONS))
    if pages is not None and report is not None:
        _draw(pages.where(~split_sites(pages.site_names, seed)[pages.sites]), report, [paths[name] for name in PLOTS])
    return staging.publish(dict.fromkeys(paths, 1))


def _draw(reported: ScoredPages, report: Report, paths: list[Path]) -> None:
    from mathmill.classifier.plots import precision_recall, reliability_diagram, score_histogram

    name = "sites not tuned on"
    points = {} if report.at_threshold is None else {name: report.at_threshold}
    precision_recall({name: pr_curve(reported.is_math, reported.scores)}, paths[0], points)
    reliability_diagram({"calibrated": report.reliability, "bare score": report.reliability_of_scores}, paths[1])
    score_histogram(reported, paths[2], report.threshold.score if isinstance(report.threshold, Threshold) else None)


def read_metrics(folder: Path) -> dict[str, Any]:
    """What `metrics.json` of a classifier or round says; nothing where there is none.

    Raises:
        DamagedInput: it does not read.
    """
    path = folder / METRICS
    try:
        metrics = orjson.loads(at_hand(path).read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError as error:
        raise DamagedInput(f"{path} is damaged ({error}): run its command again to make it anew") from error
    if not isinstance(metrics, dict):
        raise DamagedInput(f"{path} is damaged (it is no table): run its command again to make it anew")
    return metrics


def read_report(folder: Path) -> Report | None:
    """What a calibration and a threshold came to on labelled pages; None where there were none.

    Raises:
        DamagedInput, ConfigError: `metrics.json` does not read.
    """
    tree = read_metrics(folder).get("report")
    return None if tree is None else resolve(tree, Report, f"{folder / METRICS}, report")
