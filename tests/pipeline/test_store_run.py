"""A run whose folder lies in object storage is the run that a folder of this machine would hold, whatever happens."""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from mathmill.data.files import COMMIT_POINTS
from mathmill.data.store.kept_files import SCRATCH
from mathmill.data.store.store import PATIENCE
from tests.data.store.s3_server import S3Server
from tests.once import once
from tests.pipeline.test_passes_run import write_crawl
from tests.warm import COMMAND, cold, warm

OWN = {"timings.json", "lock"}


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a crawl, a recipe of all passes, and a finished run to compare with."""
    return once(tmp_path_factory, "crawl-with-copies", write_crawl)


def run(crawl: Path, out: str, *more: str, **environment: str) -> tuple[int, str, str]:
    return warm("pipeline", "run", "recipe.toml", "--out", out, *more, cwd=crawl, environment=environment)


def run_cold(crawl: Path, out: str, *more: str, **environment: str) -> tuple[int, str, str]:
    return cold("pipeline", "run", "recipe.toml", "--out", out, *more, cwd=crawl, environment=environment)


def start(crawl: Path, out: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "pipeline", "run", "recipe.toml", "--out", out, "--workers", "2"],
        cwd=crawl,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def digest(s3: S3Server, out: str) -> dict[str, str]:
    """Hashes of all that a run's recipe and inputs decide; the ledger is a folder there."""
    files = s3.files(out)
    mine = {name: data for name, data in files.items() if name not in OWN and not name.startswith("ledger/")}
    assert len(files) == len(mine) + 2  # the timings, and the ledger in one piece; no lock, nothing left over
    return {name: hashlib.sha256(data).hexdigest() for name, data in mine.items()}


def reference(crawl: Path) -> dict[str, str]:
    folder = crawl / "first/run"
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in {*OWN, "ledger.jsonl"}]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def wait_for(happened: Callable[[], object], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_workers_that_share_no_folder_give_the_same_bytes(
    crawl: Path, address: str, s3: S3Server, tmp_path: Path
) -> None:
    code, said, err = run_cold(crawl, address, "--workers", "2")
    assert code == 0, err
    assert f"corpus: {address} (" in said
    import datasets

    opened = re.search(r'open it with datasets\.load_dataset\("parquet", data_files="(\S+)"\)', said)
    assert opened is not None
    pages = datasets.load_dataset("parquet", data_files=opened[1], split="train", cache_dir=str(tmp_path))
    assert pages.num_rows == pq.read_table(crawl / "first/run/corpus/train-00000.parquet").num_rows > 0
    assert digest(s3, address) == reference(crawl)
    before = s3.files(address)
    code, said, err = run(crawl, address)
    assert code == 0, err
    assert "every archive is done already" in said
    after = s3.files(address)
    assert {name for name in after if not name.startswith("ledger/")} == {
        name for name in before if not name.startswith("ledger/")
    }
    assert all(after[name] == before[name] for name in before)


def test_deaths_leave_no_trace(crawl: Path, address: str, s3: S3Server) -> None:
    for point in ("verified:3", "after_ledger:9"):
        assert run(crawl, address, MATHMILL_KILL_AT=point)[0] == -signal.SIGKILL, point
    code, _, err = run(crawl, address)
    assert code == 0, err
    assert digest(s3, address) == reference(crawl)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2, 7, 20])
@pytest.mark.parametrize("point", COMMIT_POINTS)
def test_death_at_any_point_of_a_commit_leaves_no_trace(
    crawl: Path, address: str, s3: S3Server, point: str, count: int, tmp_path: Path
) -> None:
    """The same machine goes on, or another that has no copy of anything."""
    run_cold(crawl, address, "--workers", "2", MATHMILL_KILL_AT=f"{point}:{count}")
    if count % 2:
        shutil.rmtree(tmp_path / "scratch")
    code, _, err = run_cold(crawl, address, "--workers", "2")
    assert code == 0, err
    assert digest(s3, address) == reference(crawl)


@pytest.mark.slow
def test_death_at_random_times_leaves_no_trace(crawl: Path, address: str, s3: S3Server) -> None:
    for seconds in (2.0, 3.5, 5.0, 6.5, 8.0):
        process = start(crawl, address)
        time.sleep(seconds)
        process.kill()  # the driver alone: its workers end by themselves
        process.communicate()
    code, _, err = run_cold(crawl, address)
    assert code == 0, err
    assert digest(s3, address) == reference(crawl)


@pytest.mark.slow
def test_a_second_driver_is_refused(crawl: Path, address: str, tmp_path: Path) -> None:
    process = start(crawl, address)
    try:
        wait_for(lambda: (tmp_path / "scratch").is_dir() and list((tmp_path / "scratch").glob("*/run/config.json")), 60)
        code, _, err = run(crawl, address)
        assert code == 75, err
        assert f"{address} is in use by process {process.pid} on" in err
        code, _, err = run(crawl, address, **{SCRATCH: str(tmp_path / "another machine")})
        assert code == 75, err
        assert f"{address} is in use by process {process.pid} on" in err
    finally:
        process.kill()
        process.communicate()
    code, _, err = run(crawl, address, **{SCRATCH: str(tmp_path / "another machine")})
    assert code == 0, err


@pytest.mark.slow
def test_a_run_that_was_changed_elsewhere_is_seen_as_it_is(
    crawl: Path, address: str, s3: S3Server, tmp_path: Path
) -> None:
    """Two machines take turns; what the first has copies of is made anew by the second."""
    shutil.copytree(crawl, tmp_path / "crawl", ignore=shutil.ignore_patterns("first"))
    here, there = (str(tmp_path / name) for name in ("here", "there"))
    assert run(tmp_path / "crawl", address, **{SCRATCH: here})[0] == 0
    recipe = tmp_path / "crawl/recipe.toml"
    text = recipe.read_text()
    recipe.write_text(text.replace("tokens = 1500", "tokens = 700"))
    assert run(tmp_path / "crawl", address, **{SCRATCH: there})[0] == 0
    recipe.write_text(text)
    for scratch, tokens in ((here, 700), (there, 700)):
        code, said, err = warm("runs", "show", address, "--json", environment={SCRATCH: scratch})
        assert code == 0, err
        assert orjson.loads(said)["config"]["passes"][-1]["tokens"] == tokens
        code, _, err = warm("runs", "check", address, environment={SCRATCH: scratch})
        assert code == 0, err
    assert run(tmp_path / "crawl", address, **{SCRATCH: here})[0] == 0
    assert digest(s3, address) == reference(crawl)


@pytest.mark.slow
def test_commands_look_into_it(crawl: Path, address: str, s3: S3Server, tmp_path: Path) -> None:
    assert run(crawl, address)[0] == 0
    for command in (
        ("runs", "ls", address.rpartition("/")[0]),
        ("runs", "show", address),
        ("data", "sample", address),
        ("data", "stats", address),
        ("data", "dropped", address),
        ("explain", address, "https://copier.example/9"),
        ("pipeline", "duplicates", address),
        ("pipeline", "contamination", address),
        ("pipeline", "problems", address),
    ):
        mine = warm(*command, "--json", environment={SCRATCH: str(tmp_path / "elsewhere")})
        assert mine[0] == 0, mine[2]
        local = [part.replace(address.rpartition("/")[0], str(crawl / "first")) for part in command]
        same = warm(*local, "--json")
        assert mine[1].replace(address, "RUN") == same[1].replace(str(crawl / "first/run"), "RUN"), command
    code, said, err = warm("runs", "check", address)
    assert code == 0, err
    assert said.startswith(f"{address}: all ")


@pytest.mark.slow
def test_harm_to_the_store_is_found_and_mended(crawl: Path, address: str, s3: S3Server) -> None:
    import fsspec

    assert run(crawl, address)[0] == 0
    system, place = fsspec.filesystem("s3"), address.removeprefix("s3://")
    (records,) = [name for name in system.ls(f"{place}/records") if name.endswith("part-0.parquet")]
    system.pipe_file(records, b"x" * system.size(records))
    system.pipe_file(f"{place}/records/stranger.parquet", b"x")
    code, said, _ = warm("runs", "check", address)
    assert code == 65
    assert "records/part-0.parquet: its bytes are not those that were committed" in said
    assert "records/stranger.parquet: no unit of the ledger wrote it" in said
    code, _, err = run(crawl, address)
    assert code == 0, err
    assert digest(s3, address) == reference(crawl)


@pytest.mark.slow
def test_a_copy_is_a_run_of_this_machine(crawl: Path, address: str, s3: S3Server, tmp_path: Path) -> None:
    assert run(crawl, address)[0] == 0
    copy = tmp_path / "copy/run"
    for name, data in s3.files(address).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    parts = sorted((copy / "ledger").iterdir())
    (copy / "ledger.jsonl").write_bytes(b"".join(path.read_bytes() for path in parts))
    code, _, err = warm("runs", "check", copy)
    assert code == 0, err
    code, said, err = run(crawl, str(copy))
    assert code == 0, err
    assert "every archive is done already" in said


def test_a_dry_run_puts_nothing(crawl: Path, address: str, s3: S3Server) -> None:
    code, said, err = run(crawl, address, "--dry-run")
    assert code == 0, err
    assert address in said
    assert not s3.files(address)


@pytest.mark.parametrize(
    ("out", "environment", "code", "said"),
    [
        ("s3://nobucket/run", {}, 66, "make the bucket first, or check its name"),
        ("gs://bucket/run", {}, 2, "names no place for files: of all stores s3:// alone is supported"),
        ("s3://bucket/run", {"AWS_ENDPOINT_URL": "127.0.0.1:9"}, 66, "it begins with http:// or https://"),
        (
            "s3://bucket/run",
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            66,
            "check the connection and AWS_ENDPOINT_URL",
        ),
    ],
)
def test_what_cannot_be_reached_is_said(
    crawl: Path, address: str, out: str, environment: dict[str, str], code: int, said: str
) -> None:
    found, _, err = run(crawl, out, **{PATIENCE: "1", **environment})
    assert found == code, err
    assert said in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_server_that_goes_away_in_the_middle(
    crawl: Path, address: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    """It is waited for; if in vain, what is done is kept and the same command goes on."""
    monkeypatch.setenv(PATIENCE, "60" if comes_back else "3")
    process = start(crawl, address)
    wait_for(lambda: "ledger" in str(list(s3.files(address))), 60)
    s3.stop()
    try:
        if comes_back:
            time.sleep(3)
        else:
            _, err = process.communicate(timeout=90)
            assert process.returncode in (66, 73), err
            assert "run the same command again when it answers; what is done is kept" in err
    finally:
        s3.start()
    if comes_back:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    else:
        # The lock could not be given back, and its holder is dead.
        code, _, err = run(crawl, address)
        assert code == 0, err
    assert digest(s3, address) == reference(crawl)
