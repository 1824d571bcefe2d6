"""Lines in, a fastText model out, trained in a process of its own (`mathmill.classifier.training_process`)."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, NoReturn

import orjson

from mathmill.classifier.self_check import ADVICE
from mathmill.classifier.settings import FEWEST_LINES, LABEL_PREFIX, MATH, OTHER, FastText
from mathmill.classifier.training_process import Answer, Job
from mathmill.data.errors import ConfigError, DiskFull, MathmillError, Stopped
from mathmill.data.files import file_sha256, sync_file, sync_folder, temporary, writing

_PARTS = 64  # files that lines are dealt to, so that one of them can be sorted in memory
_KEY = 16  # hex digits of a line's place in the order


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to: lines of each class, words of the dictionary, the model's hash.

    These follow from lines and settings; `seconds` (to train and write) and `peak_mb` (of the training process) do not.
    """

    positives: int
    negatives: int
    words: int
    sha256: str
    seconds: float
    peak_mb: float


def train_model(lines: Iterable[tuple[bool, str]], settings: FastText, out: Path, scratch: Path) -> Trained:
    """Train on lines of `features.line`, True for mathematics, and write the model as the file `out`.

    Lines are shuffled by a hash of seed, label and content: neither their order nor who made them matters. Empty lines
    are passed over. Memory here is a 64th of the lines; on disk `scratch` takes them twice while they are written.
    With `settings.threads = 1` the same lines give the same bytes, with more they do not.

    Raises:
        ConfigError: too few lines, one class only, or settings that need more memory than there is.
        MathmillError: fastText is broken, crashed, or met NaN.
        DiskFull, CannotCreate: `scratch` or `out` cannot be written.
        Stopped: the training process was told to end by another one.
    """
    with _workshop(scratch) as folder:
        file = folder / "lines.txt"
        with writing(file):
            positives, negatives = _write_lines(lines, settings.seed, file)
        _check_counts(positives, negatives)
        with writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
        staged = temporary(out)
        try:
            answer = _run(Job(str(file), str(staged), str(folder / "answer.json"), settings.model_dump()), folder)
            if answer.fault:
                _raise_fault(answer, settings, out)
            with writing(out):
                sync_file(staged)
                sha256 = file_sha256(staged)
                staged.replace(out)
                sync_folder(out.parent)
        finally:
            staged.unlink(missing_ok=True)
    return Trained(positives, negatives, answer.words, sha256, answer.seconds, answer.peak_mb)


@contextmanager
def _workshop(scratch: Path) -> Iterator[Path]:
    """A folder in `scratch` that is gone afterwards; what a killed training left in it goes first."""
    folder = scratch / "training"
    with writing(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    try:
        yield folder.resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_lines(lines: Iterable[tuple[bool, str]], seed: int, file: Path) -> tuple[int, int]:
    """Write the training file in its order; how many lines of each class."""
    counts = {MATH: 0, OTHER: 0}
    with ExitStack() as stack:
        parts: dict[int, IO[bytes]] = {}
        for is_math, text in lines:
            if not text:
                continue
            if "\n" in text or LABEL_PREFIX in text or "</s>" in text:
                raise ValueError("not a line of features.line: it would change what fastText reads")
            label = MATH if is_math else OTHER
            counts[label] += 1
            row = f"{label} {text}\n".encode()
            key = hashlib.blake2b(row, digest_size=_KEY // 2, key=str(seed).encode()).digest()
            part = key[0] % _PARTS
            if part not in parts:
                parts[part] = stack.enter_context((file.parent / f"part-{part:02}").open("wb"))
            parts[part].write(key.hex().encode() + row)
    with file.open("wb") as out:
        for part in sorted(parts):
            source = file.parent / f"part-{part:02}"
            out.writelines(row[_KEY:] for row in sorted(source.read_bytes().splitlines(keepends=True)))
            source.unlink()
    return counts[MATH], counts[OTHER]


def _check_counts(positives: int, negatives: int) -> None:
    for count, what, others in ((positives, "mathematics", negatives), (negatives, "other pages", positives)):
        if count < FEWEST_LINES:
            raise ConfigError(
                f"a classifier cannot be trained on {count} pages of {what} and {others} of the rest (pages without "
                f"any text do not count): name sources that hold at least {FEWEST_LINES} of each"
            )


def _run(job: Job, folder: Path) -> Answer:
    """Have a process do the job, and end it with this block, whatever ends that."""
    path = folder / "job.json"
    path.write_bytes(orjson.dumps(asdict(job)))
    said = folder / "stderr"
    command = [sys.executable, "-P", "-m", "mathmill.classifier.training_process", str(path)]
    with said.open("wb") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stderr, stderr=stderr)
        try:
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
    if code != 0:
        _raise_death(code, said.read_bytes()[-2000:].decode("utf-8", "replace"))
    return Answer(**orjson.loads(Path(job.answer).read_bytes()))


def _raise_death(code: int, said: str) -> NoReturn:
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
    if code == -signal.SIGKILL:
        raise MathmillError(
            "the training process was killed, most likely for want of memory: "
            "make fasttext.dim or fasttext.bucket smaller, or use a machine with more memory"
        )
    if code in (-signal.SIGTERM, -signal.SIGINT):
        name = signal.Signals(-code).name
        raise Stopped(f"the training process was ended by {name}: run the same command again", -code)
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    raise MathmillError(f"the training process crashed ({how}; {last}): a broken fastText is likely; {ADVICE}")


def _raise_fault(answer: Answer, settings: FastText, out: Path) -> NoReturn:
    """The error of the tree for what the training process could not do."""
    match answer.fault:
        case "broken":
            raise MathmillError(answer.message)
        case "nan":
            hint = f"a learning rate of {settings.lr} is high, try 0.1; else " if settings.lr > 1 else ""
            raise MathmillError(f"fastText met NaN while training: {hint}this build of it is broken: {ADVICE}")
        case "memory":
            gigabytes = 4 * settings.dim * settings.bucket / 1e9
            raise ConfigError(
                f"not enough memory to train: dim {settings.dim} and bucket {settings.bucket:,} take "
                f"{gigabytes:.1f} GB and more: make them smaller"
            )
        case "small":
            raise ConfigError("too few words and buckets to quantise (fastText wants 256): leave out quantise")
        case "disk":
            raise DiskFull(f"no space left while writing {out}: free some space and run the same command again")
        case _:
            raise MathmillError(f"fastText could not train ({answer.message}): {ADVICE}")
