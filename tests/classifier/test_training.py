"""Training: the same model from the same lines, and a process that ends with ours."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mathmill.classifier import training
from mathmill.classifier.settings import FastText
from mathmill.classifier.training import train_model
from mathmill.classifier.training_process import Answer
from mathmill.data.config import Config, resolve
from mathmill.data.errors import CannotCreate, ConfigError, DiskFull, MathmillError, Stopped
from mathmill.data.files import file_sha256
from tests.classifier.made_lines import TINY, made_lines

LINES = made_lines(200)


def test_one_thread_gives_the_same_model_whatever_the_order_of_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = train_model(LINES, TINY, tmp_path / "a" / "model.bin", tmp_path / "scratch")
    again = train_model([*reversed(LINES), (True, "")], TINY, tmp_path / "b" / "model.bin", tmp_path / "scratch")
    assert (tmp_path / "a" / "model.bin").read_bytes() == (tmp_path / "b" / "model.bin").read_bytes()
    assert first.sha256 == again.sha256 == file_sha256(tmp_path / "a" / "model.bin")
    assert (again.positives, again.negatives) == (100, 100)  # the empty line does not count
    assert first.words == len({word for _, line in LINES for word in line.split()} | {"</s>"})
    assert first.seconds > 0 and 50 < first.peak_mb < 2_000
    assert list((tmp_path / "scratch").iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_order_of_lines_follows_from_seed_and_content(tmp_path: Path) -> None:
    def written(lines: list[tuple[bool, str]], seed: int) -> list[str]:
        training._write_lines(lines, seed, tmp_path / "lines.txt")
        return (tmp_path / "lines.txt").read_text(encoding="utf-8").splitlines()

    assert written(LINES, 0) == written(LINES[::-1], 0)
    assert written(LINES, 0) != written(LINES, 1)
    assert sorted(written(LINES, 0)) == sorted(f"__label__{'math' if y else 'other'} {line}" for y, line in LINES)
    labels = [row.split()[0] for row in written(LINES, 0)]
    changes = sum(a != b for a, b in itertools.pairwise(labels))
    assert 70 < changes < 130  # of 199: well mixed, and not one by one as they came
    assert [path.name for path in tmp_path.iterdir()] == ["lines.txt"]


@pytest.mark.parametrize("line", ["a\nb", "x __label__other", "a </s> b"])
def test_lines_that_features_would_not_make_are_refused(line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a line of features\.line"):
        train_model([*LINES, (True, line)], TINY, tmp_path / "model.bin", tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "0 pages of mathematics and 0 of the rest"),
        ([pair for pair in LINES if pair[0]], "0 pages of other pages and 100 of the rest"),
        (LINES[:10], "5 pages of mathematics and 5 of the rest"),
    ],
)
def test_too_few_lines(lines: list[tuple[bool, str]], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        train_model(lines, TINY, tmp_path / "model.bin", tmp_path / "scratch")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreate):
        train_model(LINES, TINY, tmp_path / "model.bin", tmp_path / "file")


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("", MathmillError, "is of a package that cannot train"),
        ("import os; os.abort()", MathmillError, "crashed .signal SIGABRT.*a broken fastText is likely"),
    ],
)
def test_broken_builds(
    source: str, error: type[MathmillError], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "fasttext.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    with pytest.raises(error, match=message):
        train_model(LINES, TINY, tmp_path / "model.bin", tmp_path / "scratch")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["packages", "scratch"]


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        (1, MathmillError, r"crashed \(exit code 1; SystemError: odd\): a broken fastText is likely; pip"),
        (-signal.SIGKILL, MathmillError, "killed, most likely for want of memory"),
        (-signal.SIGTERM, Stopped, "ended by SIGTERM"),
    ],
)
def test_deaths_have_errors(code: int, error: type[MathmillError], message: str) -> None:
    with pytest.raises(error, match=message):
        training._raise_death(code, "Traceback\nSystemError: odd\n\n")


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (Answer("nan"), MathmillError, "met NaN while training: this build of it is broken: pip uninstall"),
        (Answer("memory"), ConfigError, r"dim 8 and bucket 2,000 take 0.0 GB and more"),
        (Answer("small"), ConfigError, "leave out quantise"),
        (Answer("disk"), DiskFull, "no space left"),
        (Answer("other", "odd"), MathmillError, "could not train .odd."),
    ],
)
def test_faults_have_errors(answer: Answer, error: type[MathmillError], message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message):
        training._raise_fault(answer, TINY, tmp_path / "model.bin")


SCRIPT = """
    import sys
    from pathlib import Path
    from mathmill.classifier.training import train_model
    from tests.classifier.made_lines import TINY, made_lines
    long = TINY.model_copy(update={"epoch": 1_000})
    train_model(made_lines(5_000), long, Path(sys.argv[1]) / "model.bin", Path(sys.argv[1]) / "scratch")
"""


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that trains for long, and the process in which it does so, deep in fastText's loop."""
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]) as parent:
        try:
            yield parent, _wait_for_training(parent.pid)
        finally:
            parent.kill()


def _wait_for_training(parent: int) -> int:
    for _ in range(2_000):
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if any(
                _target(link).endswith("scratch/training/lines.txt") for link in Path(f"/proc/{child}/fd").iterdir()
            ):
                return int(child)
        time.sleep(0.01)
    raise AssertionError("no training began within 20 s")


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        return ""


def _wait_for_end(pid: int) -> None:
    for _ in range(1_000):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return  # dead, and waits for an init that collects
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.01)
    raise AssertionError("the training process outlives its parent")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks into /proc")
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_training_ends_with_the_process_that_asked_for_it(
    signum: int, trainer: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    parent, child = trainer
    parent.send_signal(signum)
    parent.wait(timeout=20)
    _wait_for_end(child)
    assert not (tmp_path / "model.bin").exists()
    left = list((tmp_path / "scratch").iterdir())
    assert len(left) == (signum == signal.SIGKILL)  # the next training there clears that up


class Wrapper(Config):
    fasttext: FastText = FastText()


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"dim": 0}, "fasttext.dim: must be greater than or equal to 1"),
        ({"lr": 0}, "fasttext.lr: must be greater than 0"),
        ({"wordNgrams": 3}, "unknown key 'fasttext.wordNgrams', did you mean 'fasttext.word_ngrams'"),
        ({"dim": 4096, "bucket": 100_000_000}, "fasttext: dim . bucket would take 1,638 GB of memory"),
        ({"threads": 0}, "fasttext.threads: must be greater"),
    ],
)
def test_settings_out_of_range(tree: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve({"fasttext": tree}, Wrapper, "recipe.toml")


def test_the_defaults_are_those_of_the_paper() -> None:
    settings = FastText()
    assert (settings.dim, settings.lr, settings.word_ngrams, settings.min_count, settings.epoch) == (256, 0.1, 3, 3, 3)
