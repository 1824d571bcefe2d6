"""What the score of one page means: its probability, the side of the threshold it falls on, and the words behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.browse import calibrated_of
from mathmill.classifier.calibrate import Piece
from mathmill.classifier.explain import Explanation, explain
from mathmill.classifier.model import load_classifier
from mathmill.classifier.thresholds import Threshold
from mathmill.data.errors import InputMissing
from mathmill.data.tables import ask


@dataclass(frozen=True, slots=True)
class Meaning:
    """A page's score explained; the piece of the calibration it falls in, and the threshold, where there are such."""

    explanation: Explanation
    piece: Piece | None
    threshold: float | None

    @property
    def is_kept(self) -> bool | None:
        """Whether the page is at or above the threshold; None where there is none."""
        return None if self.threshold is None else self.explanation.score >= self.threshold

    def as_dict(self, runs: bool, n: int) -> dict[str, Any]:
        found = self.explanation
        return {
            "score": found.score,
            "log_odds": found.log_odds,
            "probability": None
            if self.piece is None
            else self.piece.model_dump(include={"probability", "low", "high"}),
            "threshold": self.threshold,
            "kept": self.is_kept,
            "runs" if runs else "words": [asdict(part) for part in (found.runs if runs else found.words)[:n]],
        }


def meaning_of(text: str, classifier: Path) -> Meaning | None:
    """What the score of a page's text means; None where nothing of it is left as features, so that it has none.

    Raises:
        ConfigError: there is no classifier, or it is damaged.
    """
    loaded = load_classifier(classifier)
    found = explain(text, loaded)
    if found is None:
        return None
    calibrated = calibrated_of(classifier, loaded.calibration)
    if calibrated is None:
        return Meaning(found, None, None)
    calibration, threshold = calibrated.calibration, calibrated.threshold
    piece = calibration.pieces[int(calibration.places([found.score])[0])]
    return Meaning(found, piece, threshold.score if isinstance(threshold, Threshold) else None)


def text_in_run(run: Path, url: str) -> str:
    """The text of a page that a corpus run kept.

    Raises:
        InputMissing: there is no such run, or the page is not in it.
    """
    rows = ask(run, "corpus", "SELECT text FROM corpus WHERE url = $url ORDER BY id LIMIT 1", {"url": url})
    if not rows:
        raise InputMissing(f"no page {url} in the corpus {run}: `mathmill explain {run} URL` tells what became of it")
    return str(rows[0]["text"])
