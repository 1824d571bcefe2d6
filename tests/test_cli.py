"""The front door: exit codes, one-line errors, results on stdout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from mathmill.cli import app
from tests.archives import write_archive


def call(*arguments: str | Path, stdin: str = "") -> tuple[int, str, str]:
    command = [sys.executable, "-m", "mathmill.cli", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["pipeline", "run", "nowhere.toml"], 66, "no recipe at nowhere.toml"),
        (["pipeline", "run"], 2, "RECIPE"),
        (["pipeline", "rub"], 2, "rub"),
        (["pipeline", "check", "nowhere.warc.gz"], 66, "no file at nowhere.warc.gz"),
        (["pipeline", "extract", "nowhere.html"], 66, "cannot read nowhere.html"),
        (["explain", "nowhere", "http://a"], 66, "no records in nowhere"),
        (["data", "stats", "nowhere"], 66, "no corpus in nowhere"),
        (["data", "dropped", "nowhere"], 66, "no records in nowhere"),
        (["runs", "ls", "nowhere"], 66, "no folder at nowhere"),
        (["runs", "show", "nowhere"], 66, "no run at nowhere"),
        (["runs", "check", "nowhere"], 66, "no run at nowhere"),
        (["demo", "world", "x", "--pages", "50", "--shards", "9"], 2, "at least ten pages a shard"),
    ],
)
def test_errors_say_what_and_where_with_the_right_exit_code(
    arguments: list[str], code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found, stdout, stderr = call(*arguments)
    assert (found, stdout) == (code, "")
    assert words in stderr
    assert "Traceback" not in stderr
    assert not any(tmp_path.iterdir())


def test_check_prints_one_object_a_file_and_65_when_anything_is_lost(tmp_path: Path) -> None:
    good = write_archive(tmp_path / "good.warc.gz", [("http://a.example/", "<p>a</p>")])
    bad = tmp_path / "bad.warc.gz"
    bad.write_bytes(good.read_bytes()[:-20])
    assert call("pipeline", "check", good)[0] == 0
    code, stdout, stderr = call("pipeline", "check", "--json", good, bad)
    assert code == 65
    reports = [orjson.loads(line) for line in stdout.splitlines()]
    assert [(report["file"], report["kind"], report["records"], report["responses"]) for report in reports] == [
        (str(good), "warc.gz", 2, 1),
        (str(bad), "warc.gz", 1, 0),
    ]
    (lost,) = reports[1]["lost"]
    assert lost.keys() == {"offset", "length", "reason"}
    assert lost["offset"] + lost["length"] == bad.stat().st_size
    assert len(stderr.strip().splitlines()) == 1


def test_extract_reads_standard_input_and_speaks_json() -> None:
    page = r"<title>Roots</title><p>Solve \(x^2 = 2\) and \(x^3 = \frac{1}{8}\) for real numbers.</p>"
    code, stdout, _ = call("pipeline", "extract", "-", stdin=page)
    assert code == 0
    assert stdout.strip() == r"Solve $x^2 = 2$ and $x^3 = \frac{1}{8}$ for real numbers."
    found = orjson.loads(call("pipeline", "extract", "-", "--json", stdin=page)[1])
    assert [formula["latex"] for formula in found["formulas"]] == ["x^2 = 2", r"x^3 = \frac{1}{8}"]


def test_output_that_nobody_reads_any_more_is_no_error(tmp_path: Path) -> None:
    archives = [write_archive(tmp_path / f"{n}.warc.gz", [("http://a.example/", "<p>a</p>")]) for n in range(20)]
    command = f"{sys.executable} -m mathmill.cli pipeline check {' '.join(map(str, archives))} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""


def test_the_command_tree_is_the_folder_tree() -> None:
    groups = {group.name for group in app.registered_groups}
    assert groups == {"pipeline", "data", "runs", "demo"}
