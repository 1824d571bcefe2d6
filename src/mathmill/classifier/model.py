"""A classifier: a folder with a fastText model and what is needed to use it.

CLASSIFIER/
  model.bin         the model (model.ftz where it is quantised)
  vocabulary.zst    the words that it was taught, where not all were (`mathmill.classifier.vocabulary`)
  classifier.json   features, settings, counts, calibration, and the hashes of both: `ClassifierFile`

A *score* is the model's probability of mathematics, in [0, 1]. fastText adds 1e-5 to each probability that it tells;
here that is taken off again, and the score is made from the smaller of the two, so that it is fine near 0 and 1 alike
(to about 1e-11: fastText counts in 32 bits).
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, NonNegativeInt, PositiveInt

from mathmill.classifier.features import Features, line
from mathmill.classifier.self_check import ADVICE, fasttext_module
from mathmill.classifier.settings import MATH, OTHER, FastText
from mathmill.classifier.training import Trained
from mathmill.classifier.vocabulary import Filter, keep_words, read_vocabulary
from mathmill.data.config import Config, resolve
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.files import file_sha256, write_whole
from mathmill.data.runs import code_version
from mathmill.data.store.mounts import at_hand

FILE = "classifier.json"
_ADDED = 1e-5  # to each probability, by fastText (`std_log` of its loss.cc)


class ModelFile(Config):
    """The model beside a `classifier.json`."""

    file: Literal["model.bin", "model.ftz"]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class VocabularyFile(Config):
    """The words that the model was taught, where not all were (`mathmill.classifier.vocabulary`)."""

    file: Literal["vocabulary.zst"] = "vocabulary.zst"
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    words: NonNegativeInt
    min_domains: PositiveInt


class Counts(Config):
    """What a model was trained on: lines of each class, and words that its dictionary took from them."""

    positives: NonNegativeInt
    negatives: NonNegativeInt
    words: NonNegativeInt


class ClassifierFile(Config):
    """What `classifier.json` says; `code` is the version of mathmill that trained."""

    model: ModelFile
    features: Features
    settings: FastText
    trained: Counts
    vocabulary: VocabularyFile | None = None
    calibration: dict[str, Any] | None = None
    code: str

    @property
    def sha256(self) -> str:
        """A hash of what scores hang on; part of everything that is made with them. The model's, if that is all."""
        if self.vocabulary is None:
            return self.model.sha256
        return hashlib.sha256(f"{self.model.sha256} {self.vocabulary.sha256}".encode()).hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the classifier consists of, beside `classifier.json`."""
        return (self.model.file, *((self.vocabulary.file,) if self.vocabulary else ()))


@dataclass(frozen=True, eq=False)
class Classifier:
    """A loaded classifier; made by `load_classifier`."""

    folder: Path
    about: ClassifierFile
    fasttext: Any = field(repr=False)  # the binding's model
    known: Filter = field(repr=False)  # what of a line the model was taught

    @property
    def features(self) -> Features:
        return self.about.features

    @property
    def settings(self) -> FastText:
        return self.about.settings

    @property
    def sha256(self) -> str:
        """See `ClassifierFile.sha256`."""
        return self.about.sha256

    @property
    def calibration(self) -> dict[str, Any] | None:
        return self.about.calibration

    def score(self, texts: Sequence[str]) -> list[float | None]:
        """The score of each text; None where nothing of it is left that the model was taught."""
        return self.score_lines([line(text, self.features) for text in texts])

    def score_lines(self, lines: Sequence[str]) -> list[float | None]:
        """The score of each line of `features.line`; None where there is no word in it that the model was taught.

        Raises:
            ValueError: a line holds a line break, which no line of `features.line` does.
            MathmillError: the model gives no number.
        """
        predict = self.fasttext.f.predict
        scores: list[float | None] = []
        for words in lines:
            taught = self.known(words)
            if not taught:
                scores.append(None)
                continue
            if "\n" in words:
                raise ValueError("not a line of features.line: it holds a line break")
            (_, first), (least, _) = predict(taught + "\n", 2, 0.0, "strict")
            smaller = max(least - _ADDED, 0.0)
            if math.isnan(smaller) or math.isnan(least):
                raise MathmillError(f"{self.folder}: the model gives no number as a score; train it anew ({ADVICE})")
            scores.append(1.0 - smaller if first == MATH else smaller)
        return scores


def model_name(settings: FastText) -> str:
    """The name of the model's file in its folder."""
    return "model.ftz" if settings.quantise else "model.bin"


def describe(
    features: Features,
    settings: FastText,
    trained: Trained,
    calibration: dict[str, Any] | None = None,
    vocabulary: VocabularyFile | None = None,
) -> ClassifierFile:
    """What `classifier.json` is to say of a model that `train_model` wrote. Follows from arguments and code alone."""
    return ClassifierFile(
        model=ModelFile(file=model_name(settings), sha256=trained.sha256),
        features=features,
        settings=settings,
        trained=Counts(positives=trained.positives, negatives=trained.negatives, words=trained.words),
        vocabulary=vocabulary,
        calibration=calibration,
        code=code_version(),
    )


def rendered(about: ClassifierFile) -> bytes:
    """The bytes of a `classifier.json`."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(about.model_dump(mode="json"), option=options)


def write_classifier(
    folder: Path, features: Features, settings: FastText, trained: Trained, calibration: dict[str, Any] | None = None
) -> None:
    """Write `classifier.json` beside the model that `train_model` left as `folder / model_name(settings)`.

    Raises:
        ConfigError: the model is not there.
        DiskFull, CannotCreate: the folder cannot be written.
    """
    if not (folder / model_name(settings)).is_file():
        raise ConfigError(f"no {model_name(settings)} in {folder}: train a model first")
    write_whole(folder / FILE, rendered(describe(features, settings, trained, calibration)))


def load_classifier(folder: Path) -> Classifier:
    """The classifier of a folder; loaded once per process, and again when its files change.

    fastText's loader trusts its file: sizes in it are believed, and a crafted file may crash the process or worse. So
    the hash noted in `classifier.json` is checked before anything is loaded. That finds a damaged or exchanged model.
    It is no protection from one who can write both files, or exchange the model between check and loading: load
    classifiers of people you trust.

    Raises:
        ConfigError: there is none, `classifier.json` does not read, or the model is not the one it names.
        MathmillError: fastText is not there or broken.
    """
    return open_model(folder, read_about(folder))


def open_model(folder: Path, about: ClassifierFile) -> Classifier:
    """As `load_classifier`, where the model's file is there already and `classifier.json` is still to be written."""
    identities = []
    for name in about.files:
        try:
            stat = at_hand(folder / name).stat()
        except OSError as error:
            raise ConfigError(f"no {name} in {folder} ({error.strerror}): restore it, or train anew") from error
        identities.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return _load(folder.resolve(), about.model_dump_json(), tuple(identities))


def read_about(folder: Path) -> ClassifierFile:
    """What `classifier.json` of a folder says, without loading the model.

    Raises:
        ConfigError: there is none, or it does not read.
    """
    path = folder / FILE
    try:
        tree = orjson.loads(at_hand(path).read_bytes())
    except OSError as error:
        advice = "name a folder that `mathmill classifier train` wrote"
        raise ConfigError(f"no classifier in {folder} ({error.strerror}): {advice}") from error
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{path} is damaged ({error}): restore it, or train anew") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"{path} is damaged (it is no table): restore it, or train anew")
    return resolve(tree, ClassifierFile, str(path))


@functools.lru_cache(maxsize=2)  # a model with default settings takes 2 GB
def _load(folder: Path, about_json: str, _identities: tuple[tuple[int, int, int], ...]) -> Classifier:
    about = ClassifierFile.model_validate_json(about_json)
    path = folder / about.model.file
    if file_sha256(path) != about.model.sha256:
        raise ConfigError(f"{path} is not the model that {FILE} names (its hash is another): restore it, or train anew")
    try:
        loaded = fasttext_module().load_model(str(path))
        labels = set(loaded.get_labels())
    except (ValueError, RuntimeError, MemoryError) as error:
        raise ConfigError(
            f"{path} is not a model to use ({error or 'no memory'}): restore it, or train anew"
        ) from error
    known = _taught(folder, about.vocabulary)
    if labels != {MATH, OTHER}:
        raise ConfigError(f"{path} knows other labels than {MATH} and {OTHER}: train it with mathmill")
    return Classifier(folder, about, loaded, known)


def _taught(folder: Path, vocabulary: VocabularyFile | None) -> Filter:
    if vocabulary is None:
        return _all_words
    path = folder / vocabulary.file
    if file_sha256(path) != vocabulary.sha256:
        raise ConfigError(f"{path} is not the vocabulary that {FILE} names (its hash is another): restore it")
    return keep_words(read_vocabulary(path))


def _all_words(line: str) -> str:
    return line
