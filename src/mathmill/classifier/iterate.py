"""The loop of DeepSeekMath (arXiv 2402.03300, section 2.1): rounds that train, score, mine and enlarge the seed set.

OUT/
  pages/                the crawl and the seeds, made ready once: a Run (`mathmill.classifier.prepared`)
  round-1/, round-2/..  a Run each (`mathmill.classifier.rounds`)
  review/round-1.toml.. the patterns that a round proposes; a person may edit them, and the next round obeys
  classifier/           the last round's classifier: a Run

A file of the review is written once and never again. A round that was made by another review than the file now says is
refused, and so is one of another recipe. All of it can be killed at any moment; the same command goes on, with the same
result. Uncollected pages under accepted patterns join the seed set; see `RoundRecipe.joins`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.figures import read_metrics
from mathmill.classifier.mining import PATTERNS
from mathmill.classifier.prepared import Prepared, prepare
from mathmill.classifier.recipe import LoopRecipe, RoundRecipe, part
from mathmill.classifier.results import copy_classifier
from mathmill.classifier.review import read_review
from mathmill.classifier.rounds import ROUND_KIND, Review, Round, make_round, round_run
from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.files import write_whole
from mathmill.data.runs import load_claim
from mathmill.data.units import source_hash

COLLECTED, ENOUGH = "collected", "rounds"


@dataclass(frozen=True, slots=True)
class LoopResult:
    """Where the loop is: the classifier's folder, the metrics of each round, and why it ended.

    `stopped` is "collected" where the last round kept next to nothing new, "rounds" where there were as many as the
    recipe says.
    """

    folder: Path
    classifier: Path
    rounds: tuple[dict[str, Any], ...]
    stopped: str

    @property
    def review(self) -> Path:
        """The patterns of the last round, for a person to review."""
        return review_file(self.folder, len(self.rounds))


def iterate(recipe: LoopRecipe, folder: Path, engine: Engine) -> LoopResult:
    """Run the loop in `folder`, or go on where it was.

    Raises:
        ConfigError: recipe, labels or review do not serve, or a round that is there was made by others.
        InputMissing, DamagedInput: pages or labels cannot be read.
        Locked, CannotCreate, DiskFull: as `mathmill.data.runs.Run`.
        MathmillError: shards failed; the others are done.
    """
    try:
        pages = prepare(recipe, folder / "pages", engine)
        settings = part(recipe, RoundRecipe)  # how many there are is not part of a round, so that more can be added
        rounds: list[Round] = []
        found: list[dict[str, Any]] = []
        stopped = ENOUGH
        while stopped == ENOUGH and len(rounds) < recipe.rounds:
            rounds.append(_next_round(settings, folder, pages, rounds, engine))
            found.append(read_metrics(rounds[-1].folder))
            overlap = found[-1]["overlap"]
            if overlap is not None and overlap["share_of_tokens"] >= recipe.stop_at:
                stopped = COLLECTED
        classifier = copy_classifier([each.folder for each in rounds], folder / "classifier", settings)
        return LoopResult(folder, classifier, tuple(found), stopped)
    finally:
        engine.close()


def review_file(folder: Path, number: int) -> Path:
    """The file in which the patterns of a round are reviewed."""
    return folder / "review" / f"round-{number}.toml"


def _next_round(recipe: RoundRecipe, folder: Path, pages: Prepared, rounds: list[Round], engine: Engine) -> Round:
    number = len(rounds) + 1
    before = rounds[-1] if rounds else None
    review = _review(review_file(folder, number - 1)) if before else None
    own = folder / f"round-{number}"
    if review is not None:
        _check_review(review, own)
    made = make_round(round_run(number, recipe, pages, before, review, own), pages, before, review, engine)
    proposed = review_file(folder, number)
    if not proposed.exists():
        write_whole(proposed, (own / PATTERNS).read_bytes())
    return made


def _review(file: Path) -> Review:
    patterns = read_review(file)
    said = sorted(
        [pattern.prefix, pattern.domain, pattern.decision, pattern.proposed, pattern.note] for pattern in patterns
    )
    return Review(file, source_hash(said))


def _check_review(review: Review, own: Path) -> None:
    """A round that is there must have been made by the review as it is."""
    if not (own / "config.json").exists():
        return
    claim = load_claim(own)
    if claim["kind"] == ROUND_KIND and claim["files"].get("review") not in (None, review.sha256):
        raise ConfigError(
            f"{review.file} was changed after {own} was made by it: delete that folder and the rounds after it to go "
            f"on from your review, or put the decisions back (they are in {own / 'decisions.toml'})"
        )
