"""The front door: exit codes, one-line errors, results on stdout."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from mathmill.cli import app
from mathmill.data.errors import MathmillError
from mathmill.pipeline.show import show_extraction
from tests.archives import write_archive
from tests.warm import COMMAND, cold, warm


def call(*arguments: str | Path, stdin: str = "") -> tuple[int, str, str]:
    """A command as people start it; `warm` is quicker."""
    return cold(*arguments, stdin=stdin)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["pipeline", "run", "nowhere.toml"], 66, "no recipe at nowhere.toml"),
        (["pipeline", "run"], 2, "RECIPE"),
        (["pipeline", "rub"], 2, "rub"),
        (["pipeline", "run", "nowhere.toml", "--out", "s3://a/../b"], 2, "'s3://a/../b' names no place for files"),
        (["pipeline", "problems", "hf://a/b"], 2, "'hf://a/b' names no place for files: of all stores s3:// alone"),
        (["demo", "world", "s3://a/b"], 2, "s3://a/b is an address, and a folder of this machine is wanted here"),
        (["pipeline", "check", "nowhere.warc.gz"], 66, "no file at nowhere.warc.gz"),
        (["pipeline", "extract", "nowhere.html"], 66, "cannot read nowhere.html"),
        (["pipeline", "extract", "a.jsonl", "--json", "--jsonl"], 2, "--json and --jsonl do not go together"),
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
    found, stdout, stderr = warm(*arguments)
    assert (found, stdout) == (code, "")
    assert words in stderr
    assert "Traceback" not in stderr
    assert not any(tmp_path.iterdir())


def test_check_prints_one_object_a_file_and_65_when_anything_is_lost(tmp_path: Path) -> None:
    good = write_archive(tmp_path / "good.warc.gz", [("http://a.example/", "<p>a</p>")])
    bad = tmp_path / "bad.warc.gz"
    bad.write_bytes(good.read_bytes()[:-20])
    assert warm("pipeline", "check", good)[0] == 0
    code, stdout, stderr = warm("pipeline", "check", "--json", good, bad)
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
    found = orjson.loads(warm("pipeline", "extract", "-", "--json", stdin=page)[1])
    assert [formula["latex"] for formula in found["formulas"]] == ["x^2 = 2", r"x^3 = \frac{1}{8}"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b'{"url": "a", "html": "<p>a</p>"}\n', 2, "use --jsonl"),
        (gzip.compress(b"<p>a</p>", mtime=0), 2, "is compressed: use --jsonl if it holds lines of JSON"),
        (zstandard.compress(b"<p>a</p>"), 2, "is compressed"),
        (b"WARC/1.0\r\n", 2, "is an archive and no HTML page"),
        (b"%PDF-1.4", 65, "turn it into HTML first"),
    ],
)
def test_what_is_no_page_is_refused_with_what_to_do(
    body: bytes, code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "page"
    file.write_bytes(body)
    with pytest.raises(MathmillError, match=words) as caught:
        show_extraction(file, as_json=False)
    assert caught.value.exit_code == code
    assert capsys.readouterr().out == ""


@pytest.fixture(scope="module")
def much(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page, lines of JSON and a corpus, each of which a command prints more of than a pipe holds."""
    folder = tmp_path_factory.mktemp("much")
    page = f"<p>Let \\(x_1\\) and \\(y^2\\) be given.</p><p>{'So it goes on and on. ' * 8000}</p>"
    (folder / "page.html").write_text(page)
    (folder / "pages.jsonl").write_bytes(orjson.dumps({"url": "a", "html": page}))
    row = {"id": "a", "url": "http://a.example/", "title": "", "text": page, "language": "en", "formulas": 1}
    row |= {"formula_sources": "{}", "archive": "a.warc.gz", "offset": 0}
    (folder / "run/corpus").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([row]), folder / "run/corpus/0.parquet")
    return folder


PRINTING = [
    ["pipeline", "extract", "page.html"],
    ["pipeline", "extract", "pages.jsonl", "--jsonl"],
    ["data", "sample", "run", "--characters", "0"],
    ["--version"],  # little: it fails when the stream is flushed at the end
]


def printing_to(descriptor: int, arguments: list[str], folder: Path) -> tuple[int, str]:
    command = [*COMMAND, *arguments]
    # Without a buffer Python writes as it prints, with one at the end as well.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, stdout=descriptor, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment, timeout=60
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_output_that_nobody_reads_any_more_ends_quietly_as_sigpipe_does(arguments: list[str], much: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert printing_to(writer, arguments, much) == (141, "")
    os.close(writer)


@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_output_to_a_full_disk_ends_with_74_and_one_line(arguments: list[str], much: Path) -> None:
    code, _, stderr = warm(*arguments, cwd=much, stdout="/dev/full")
    assert code == 74
    (told,) = stderr.splitlines()
    assert told.startswith("mathmill: not all of the output could be printed (No space left on device)")


@pytest.mark.parametrize(
    ("line", "code", "stdout", "stderr"),
    [
        ("mathmill pipeline extract pages.jsonl --jsonl | head -c 8; exit ${PIPESTATUS[0]}", 141, '{"url":"', ""),
        ("mathmill --version >&-", 0, "", ""),
        ("mathmill runs ls nowhere 2>&-", 66, "", ""),
        ("mathmill runs ls nowhere 2>/dev/full", 66, "", ""),
        ("mathmill pipeline extract - <&-", 66, "", "mathmill: standard input is closed: name a file"),
    ],
)
def test_streams_in_a_shell(line: str, code: int, stdout: str, stderr: str, much: Path) -> None:
    command = f'mathmill() {{ "{sys.executable}" -m mathmill.cli "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=much, timeout=60)
    assert (done.returncode, done.stdout) == (code, stdout)
    assert done.stderr.startswith(stderr) if stderr else not done.stderr


def test_the_command_tree_is_the_folder_tree() -> None:
    groups = {group.name for group in app.registered_groups}
    assert groups == {"pipeline", "engine", "classifier", "eval", "train", "data", "runs", "demo"}
