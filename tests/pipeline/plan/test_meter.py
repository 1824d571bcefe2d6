import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from mathmill.data.engine import Failure
from mathmill.data.files import Output
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.plan.memory import MemoryWatch, processes_below, share_mb
from mathmill.pipeline.plan.meter import MeteredEngine, work_seconds

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="looks at /proc, of Linux")

BUSY = "import time\nwhile time.process_time() < 0.3: pass"


@dataclass(frozen=True)
class Item:
    shard: str
    fails: bool = False


def work(item: Item) -> dict[str, Output]:
    """What a worker may do: it has a process below it work for a while, and writes a file."""
    if item.fails:
        raise ValueError(item.shard)
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    return {f"made/{item.shard}.parquet": Output("", 10, 1)}


def test_an_engine_keeps_accounts() -> None:
    with MemoryWatch() as watch:
        engine = MeteredEngine(LocalEngine(1), watch)
        results = {}
        for item, result in engine.map(work, [Item("a"), Item("b"), Item("c", fails=True)]):
            results[item.shard] = result
            time.sleep(0.2)  # the driver takes it in
        engine.close()
    assert isinstance(results["c"], Failure)
    assert results["a"] == {"made/a.parquet": Output("", 10, 1)}
    (spent,) = engine.maps
    assert spent.name == f"{__name__}.work"
    assert spent.folders == {"made"}
    assert [(each.name, each.cost.is_first) for each in spent.items] == [("a", True), ("b", False)]
    for each in spent.items:
        assert 0.25 < each.cost.cpu_seconds < 30  # the process below counts
    assert spent.driver_seconds >= 0.4
    assert spent.wall_seconds > spent.driver_seconds
    assert engine.cpu_seconds > 0.5
    assert max(seen.below_mb for seen in watch.seen) > 5


def test_processes_below_are_found_and_measured() -> None:
    before = work_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", f"{BUSY}\nprint('x', flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        assert str(process.pid) in processes_below("self")
        assert share_mb(str(process.pid)) > 1
        assert work_seconds() - before > 0.25
        process.communicate(b"\n")
    assert share_mb(str(process.pid)) == 0
    assert work_seconds() - before > 0.25  # also when it is gone
