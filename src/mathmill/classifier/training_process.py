"""The process in which fastText trains: `python -m mathmill.classifier.training_process JOB.json`.

For `mathmill.classifier.training` alone, which writes the job, holds the other end of standard input, and reads the
answer. A process of its own can be stopped while fastText is deep in its loop, gives all memory back, and
may crash without taking anything with it.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from mathmill.classifier.self_check import check_build, fasttext_module
from mathmill.classifier.settings import FastText
from mathmill.data.errors import MathmillError
from mathmill.data.peak_memory import peak_bytes


@dataclass(frozen=True, slots=True)
class Job:
    """What to train: `lines` is a file of labelled lines; the model goes to `model`, the answer to `answer`."""

    lines: str
    model: str
    answer: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: words of the dictionary, seconds of training, peak memory; or a fault and its kind."""

    fault: Literal["", "broken", "nan", "memory", "small", "disk", "other"] = ""
    message: str = ""
    words: int = 0
    seconds: float = 0.0
    peak_mb: float = 0.0


def end_with_parent() -> None:
    """Have the kernel end this process as soon as the other end of standard input is closed, however that happened.

    Nothing is ever sent, so that input means the end; and a signal without a handler also ends C++ code
    that does not let Python run.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent as well, and it knows what to do
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([0], [], [], 0)[0]:  # closed before the kernel was told
        os.kill(os.getpid(), signal.SIGKILL)


def train(job: Job) -> Answer:
    """Check the build, train, write the model."""
    settings = FastText.model_validate(job.settings)
    try:
        check_build()
    except MathmillError as error:
        return Answer("broken", str(error))
    began = time.monotonic()
    try:
        model = fit(job.lines, settings, job.model)
        if not _is_whole(Path(job.model), model):
            return Answer("disk")
    except MemoryError:
        return Answer("memory")
    except (RuntimeError, ValueError) as error:  # how the binding hands on what C++ throws
        return Answer(_kind(str(error)), str(error))
    return Answer(words=len(model.get_words()), seconds=time.monotonic() - began, peak_mb=peak_bytes() / 2**20)


def fit(lines: str, settings: FastText, out: str) -> Any:
    """Train in this process on a file of labelled lines, write the model to `out`, and give it.

    Raises:
        MemoryError, RuntimeError, ValueError: what the binding makes of errors in C++.
    """
    import numpy as np

    model = fasttext_module().train_supervised(
        lines,
        dim=settings.dim,
        lr=settings.lr,
        wordNgrams=settings.word_ngrams,
        minCount=settings.min_count,
        epoch=settings.epoch,
        bucket=settings.bucket,
        seed=settings.seed,
        thread=settings.threads,
        verbose=0,
    )
    if not np.isfinite(np.asarray(model.f.getOutputMatrix())).all():
        raise RuntimeError("Encountered NaN.")
    if settings.quantise:
        model.quantize(qnorm=True)
    model.save_model(out)
    return model


def _is_whole(file: Path, model: Any) -> bool:
    """Whether the file ends as it must, with the output matrix: fastText does not tell when the disk is full."""
    import numpy as np

    end = np.asarray(model.f.getOutputMatrix()).tobytes()
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - len(end)))
        return bool(stream.read() == end)


def _kind(message: str) -> Literal["nan", "small", "other"]:
    if "NaN" in message:
        return "nan"
    return "small" if "too small for quantization" in message else "other"


def main(path: str) -> None:
    """Do the job of a file."""
    end_with_parent()
    job = Job(**orjson.loads(Path(path).read_bytes()))
    Path(job.answer).write_bytes(orjson.dumps(asdict(train(job))))


if __name__ == "__main__":
    main(sys.argv[1])
