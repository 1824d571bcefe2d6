"""The loop of DeepSeekMath (arXiv 2402.03300, section 2.1): rounds that train, score, mine and enlarge the seed set.

OUT/
  pages/                the crawl and the seeds, made ready once: a Run (`mathmill.classifier.prepared`)
  round-1/, round-2/..  a Run each (`mathmill.classifier.rounds`)
  review/round-1.toml.. the patterns that a round proposes; a person may edit them, and the next round obeys
  classifier/           the last round's classifier: a Run

A file of the review is written once and never again. A round that was made by another review than the file now says is
refused, and so is one of another recipe. All of it can be killed at any moment; the same command goes on, with the same
result. A round that is done is not looked into again: `mathmill runs check` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.figures import read_metrics
from mathmill.classifier.mining import PATTERNS
from mathmill.classifier.prepared import Prepared, pinned_as_begun, prepare
from mathmill.classifier.recipe import LoopRecipe, RoundRecipe, part
from mathmill.classifier.results import check_copy, copy_classifier
from mathmill.classifier.review import read_review
from mathmill.classifier.rounds import ROUND_KIND, Review, Round, make_round, round_run
from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.files import file_sha256, write_whole
from mathmill.data.runs import MANIFEST, load_claim
from mathmill.data.store.mounts import at_hand, is_there, push, remove, run_folder, shown
from mathmill.data.store.shipping import shipping
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
    folder = run_folder(folder)
    engine = shipping(engine, folder)
    try:
        check_copy(folder / "classifier")
        _check_rounds(folder, recipe.rounds)
        recipe = pinned_as_begun(recipe, folder / "pages")
        pages = prepare(recipe, folder / "pages", engine)
        settings = part(recipe, RoundRecipe)  # how many there are is not part of a round, so that more can be added
        rounds: list[Round] = []
        found: list[dict[str, Any]] = []
        while len(rounds) < recipe.rounds and not (found and _is_over(found[-1], recipe, folder)):
            rounds.append(_next_round(settings, folder, pages, rounds, engine))
            found.append(read_metrics(rounds[-1].folder))
        stopped = COLLECTED if _is_over(found[-1], recipe, folder) else ENOUGH
        classifier = copy_classifier([each.folder for each in rounds], folder / "classifier", settings)
        return LoopResult(folder, classifier, tuple(found), stopped)
    finally:
        engine.close()


def _check_rounds(folder: Path, wanted: int) -> None:
    further = folder / f"round-{wanted + 1}" / MANIFEST
    if is_there(further):
        raise ConfigError(
            f"{shown(further.parent)} is done, and {wanted} rounds are asked for: say --set rounds=N with as many as "
            "there are or more, or delete the folders of those that are not wanted"
        )


def _is_over(metrics: Mapping[str, Any], recipe: LoopRecipe, folder: Path) -> bool:
    """Whether a round kept next to nothing new, and no person has said anything that the next one could learn from."""
    overlap, number = metrics["overlap"], metrics["round"]
    if overlap is None or overlap["share_of_tokens"] < recipe.stop_at:
        return False
    if is_there(folder / f"round-{number + 1}" / MANIFEST):
        return False  # it was gone on with; whether it still stands is for that round to say
    proposed = folder / f"round-{number}" / PATTERNS
    return _decided(review_file(folder, number)) == _decided(proposed)


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
    _propose(own / PATTERNS, review_file(folder, number))
    return made


def _propose(proposal: Path, review: Path) -> None:
    """Copy a round's proposal to where it is reviewed, once: what a person wrote there stays.

    Where the round was done anew and now proposes something else, the older file is kept beside the new one.
    """
    of = review.with_name(f".{review.stem}.proposal")  # the hash of the proposal that the review was made of
    sha256 = file_sha256(at_hand(proposal))
    if is_there(review):
        if not is_there(of) or at_hand(of).read_text() == sha256:
            return
        _write(_free_name(review), at_hand(review).read_bytes())
        remove(review)
    _write(of, sha256.encode())
    _write(review, proposal.read_bytes())


def _write(path: Path, data: bytes) -> None:
    write_whole(path, data)
    push(path)


def _free_name(review: Path) -> Path:
    """`round-1.old.toml`, or `round-1.old-2.toml` and so on where there is one."""
    number = 1
    while is_there(name := review.with_suffix(f".old{'' if number == 1 else f'-{number}'}.toml")):
        number += 1
    return name


def _review(file: Path) -> Review:
    return Review(file, source_hash(_decided(file)))


def _decided(file: Path) -> list[list[str]]:
    """What a file of patterns decides, in any order and with any notes."""
    return sorted([each.prefix, each.domain, each.decision, each.proposed or ""] for each in read_review(file))


def _check_review(review: Review, own: Path) -> None:
    """A round that is there must have been made by the review as it is."""
    if not is_there(own / "config.json"):
        return
    claim = load_claim(own)
    if claim["kind"] == ROUND_KIND and claim["files"].get("review") not in (None, review.sha256):
        decisions = shown(own / "decisions.toml")
        raise ConfigError(
            f"{shown(review.file)} was changed after {shown(own)} was made by it: delete that folder and the rounds "
            f"after it to go on from your review, or put the decisions back (they are in {decisions})"
        )
