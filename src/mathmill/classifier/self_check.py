"""Is the installed fastText fit for use? Trains a model of made-up lines in a fraction of a second and looks at it.

Builds seen in the wild that are not: the original `fasttext` 0.9.3, whose `predict` fails with numpy 2; builds that
meet NaN after some thousand lines; `fasttext-predict`, which puts a module of the same name in place that cannot train.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from mathmill.classifier.settings import MATH, OTHER
from mathmill.data.errors import MathmillError

ADVICE = (
    "pip uninstall -y fasttext fasttext-wheel fasttext-numpy2 fasttext-predict, "
    "then pip install --force-reinstall fasttext-community"
)
_LINES = 400
_SETTINGS = {"dim": 8, "lr": 0.5, "wordNgrams": 3, "minCount": 2, "epoch": 5, "bucket": 2_000, "seed": 1}
_COMMON = ("the", "of", "and", "page", "is", "0", ",", ".")
_OWN = {
    MATH: ("theorem", "\\formula", "\\frac", "方", "доказательство"),
    OTHER: ("recipe", "hotel", "price", "電", "погода"),
}


def fasttext_module() -> Any:
    """The module `fasttext`, if it can train at all.

    Raises:
        MathmillError: it is not installed, or another package of the same name is.
    """
    try:
        import fasttext
    except ImportError as error:
        raise MathmillError(f"fastText cannot be loaded ({error}): {ADVICE}") from error
    if not hasattr(fasttext, "train_supervised"):
        raise MathmillError(f"the module fasttext at {fasttext.__file__} is of a package that cannot train: {ADVICE}")
    return fasttext


def check_build() -> None:
    """Train, save, load and quantise a small model, and look whether its scores are what they must be.

    Takes about half a second, and 130 MB for fastText's table of words.

    Raises:
        MathmillError: fastText is missing or broken; the message says what went wrong and what to install. A build that
            crashes takes the process with it: training runs this in a process of its own.
    """
    fasttext = fasttext_module()
    with tempfile.TemporaryDirectory(prefix="mathmill-self-check-") as name:
        try:
            fault = _first_fault(fasttext, Path(name))
        except (ValueError, RuntimeError, TypeError, AttributeError, ImportError, OSError) as error:
            fault = f"{type(error).__name__}: {error}"
    if fault:
        raise MathmillError(f"the installed fastText ({fasttext.__file__}) is broken ({fault}): {ADVICE}")


def _first_fault(fasttext: Any, folder: Path) -> str:
    """What is wrong, or "" if nothing is."""
    examples = [_example(number) for number in range(_LINES)]
    training = folder / "lines.txt"
    training.write_text("".join(f"{label} {line}\n" for label, line in examples), encoding="utf-8")
    saved = folder / "model.bin"
    _train(fasttext, training, saved)
    once = saved.read_bytes()
    model = _train(fasttext, training, saved)
    if saved.read_bytes() != once:
        return "two trainings on one thread gave different models"
    before = [_probability(model, line) for _, line in examples]
    if not all(math.isfinite(score) for score in before):
        return "scores are not numbers"
    if not _separates(before, examples):
        return "it did not learn to tell two classes apart"
    loaded = fasttext.load_model(str(saved))
    if [_probability(loaded, line) for _, line in examples] != before:
        return "a saved model gives other scores"
    model.predict(examples[0][1])
    model.quantize()
    model.save_model(str(folder / "small.ftz"))
    small = fasttext.load_model(str(folder / "small.ftz"))
    if not _separates([_probability(small, line) for _, line in examples], examples):
        return "a quantised model does not tell the classes apart"
    return ""


def _train(fasttext: Any, training: Path, saved: Path) -> Any:
    model = fasttext.train_supervised(str(training), thread=1, verbose=0, **_SETTINGS)
    model.save_model(str(saved))
    return model


def _example(number: int) -> tuple[str, str]:
    """A labelled line; the two lines of a pair differ in the words of their class alone."""
    label = OTHER if number % 2 else MATH
    own, pair = _OWN[label], number // 2
    words = [_COMMON[(pair * 7 + place * 3) % len(_COMMON)] for place in range(12)]
    words[pair % 12] = own[pair % len(own)]
    words[(pair + 5) % 12] = own[pair // 3 % len(own)]
    return label, " ".join(words)


def _probability(model: Any, line: str) -> float:
    return {label: float(p) for p, label in model.f.predict(line + "\n", 2, 0.0, "strict")}.get(MATH, math.nan)


def _separates(scores: list[float], examples: list[tuple[str, str]]) -> bool:
    right = sum((score > 0.5) == (label == MATH) for score, (label, _) in zip(scores, examples, strict=True))
    return right >= 0.95 * len(examples)
