"""Labelled lines made by rule, and settings of models that train in milliseconds; for the tests of the classifier."""

from __future__ import annotations

from pathlib import Path

from mathmill.classifier.features import Features
from mathmill.classifier.model import Classifier, load_classifier, model_name, write_classifier
from mathmill.classifier.settings import FastText
from mathmill.classifier.training import Trained
from mathmill.classifier.training_process import fit
from mathmill.data.files import file_sha256

TINY = FastText(dim=8, lr=0.5, min_count=1, epoch=5, bucket=2_000)
_COMMON = ("the", "of", "and", "page", "is", "0", ",", ".")
_MATH = ("theorem", "\\formula", "\\frac", "доказательство", "方")
_OTHER = ("recipe", "hotel", "price", "погода", "電")


def made_lines(count: int) -> list[tuple[bool, str]]:
    """As many lines, True for mathematics, each with two words that tell."""
    lines = []
    for number in range(count):
        pair = number // 2  # the two of a pair differ in their own words alone
        words = [_COMMON[(pair * 7 + place * 3) % len(_COMMON)] for place in range(12)]
        own = _OTHER if number % 2 else _MATH
        words[pair % 12] = own[pair % len(own)]
        words[(pair + 5) % 12] = own[pair // 3 % len(own)]
        lines.append((number % 2 == 0, " ".join([*words, f"w{pair % 50}"])))
    return lines


def made_classifier(folder: Path, settings: FastText = TINY) -> Classifier:
    """A classifier of 200 made lines in an empty folder; trained in this process, which spares most of a second."""
    lines, model = folder / "lines.txt", folder / model_name(settings)
    rows = (f"__label__{'math' if is_math else 'other'} {line}\n" for is_math, line in made_lines(200))
    lines.write_text("".join(rows), encoding="utf-8")
    words = len(fit(str(lines), settings, str(model)).get_words())
    lines.unlink()
    write_classifier(folder, Features(), settings, Trained(100, 100, words, file_sha256(model), seconds=0, peak_mb=0))
    return load_classifier(folder)
