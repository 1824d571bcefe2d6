"""How far a run is, for whoever waits: workers leave a heartbeat a shard, the driver adds them up.

The heartbeats are small files in the run's folder, so that they work wherever the workers see it; where it lies in
object storage they do not, and finished shards alone are counted.
"""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from mathmill.data.files import temporary, writing
from mathmill.data.progress import Outlook
from mathmill.data.terminal import counted
from mathmill.pipeline.provenance import ERRORED, KEPT, Tally

#: The folder of heartbeats in a run's folder; gone when the run is done.
PROGRESS = "progress"

_BEAT_SECONDS = 1.0


class Heartbeat:
    """One shard's progress, written about once a second; missing or torn ones do no harm."""

    def __init__(self, folder: Path, shard: str) -> None:
        self._path = folder / PROGRESS / f"{shard}.json"
        self._last = 0.0
        with writing(self._path):
            self._path.parent.mkdir(exist_ok=True)

    def beat(self, tally: Tally) -> None:
        """Say how far the shard is, unless it was said just now."""
        now = time.monotonic()
        if now - self._last < _BEAT_SECONDS:
            return
        self._last = now
        staged = temporary(self._path)
        with writing(self._path):
            staged.write_bytes(orjson.dumps(Standing.of(tally).__dict__))
            staged.replace(self._path)

    def end(self) -> None:
        self._path.unlink(missing_ok=True)


@dataclass
class Standing:
    """What is done: counts of pages and bytes read."""

    pages: int = 0
    kept: int = 0
    dropped: int = 0
    lost_bytes: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, tally: Tally) -> Standing:
        kept = tally.outcomes[KEPT]
        dropped = tally.pages - kept - tally.outcomes[ERRORED]  # records that are no pages do not count here
        return cls(tally.pages, kept, dropped, tally.bytes_lost, tally.bytes_in)

    def add(self, other: Standing) -> None:
        self.pages += other.pages
        self.kept += other.kept
        self.dropped += other.dropped
        self.lost_bytes += other.lost_bytes
        self.bytes += other.bytes


class ProgressBoard:
    """Adds finished shards and heartbeats up.

    Pages are those of this execution; `done_bytes` of the archives were done by earlier ones. Of `unsized` archives,
    none of them in `total_bytes`, nobody knows the size before they are here: they count as those that are finished do.
    """

    def __init__(self, folder: Path, total_bytes: int, done_bytes: int, unsized: int = 0) -> None:
        self._folder = folder / PROGRESS
        shutil.rmtree(self._folder, ignore_errors=True)  # what a killed execution left would be counted as ours
        self._total = total_bytes
        self._before = done_bytes
        self._unsized = unsized
        self._shards = 0
        self._finished = Standing()
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def finish(self, tally: Tally) -> None:
        """Count a shard that is committed."""
        with self._lock:
            self._finished.add(Standing.of(tally))
            self._shards += 1

    def standing(self) -> Standing:
        """Finished shards of this execution plus those in work."""
        total = Standing()
        with self._lock:
            total.add(self._finished)
        for path in self._folder.glob("*.json"):
            try:
                total.add(Standing(**orjson.loads(path.read_bytes())))
            except (FileNotFoundError, orjson.JSONDecodeError):
                continue  # its shard ended, or is being written, at this moment
        return total

    def outlook(self) -> Outlook:
        """How it stands, as it is shown."""
        return self.outlook_of(self.standing())

    def outlook_of(self, standing: Standing) -> Outlook:
        """Pages a second, kept, dropped, lost, share of the bytes done and time left."""
        spent = time.monotonic() - self._began
        total = self._all_bytes()
        if total is None:
            return Outlook(0.0, self._facts(standing), None)
        left = max(0.0, total - self._before - standing.bytes) * spent / standing.bytes if standing.bytes else None
        share = min(1.0, (self._before + standing.bytes) / total) if total else 1.0
        return Outlook(share, self._facts(standing), left)

    def _all_bytes(self) -> float | None:
        """Bytes of all archives, as far as they can be told; None before the first of unknown size is finished."""
        if not self._unsized:
            return self._total
        with self._lock:
            return self._total + self._unsized * self._finished.bytes / self._shards if self._shards else None

    def _facts(self, standing: Standing) -> str:
        rate = standing.pages / max(time.monotonic() - self._began, 1e-9)
        return (
            f"{counted(standing.pages, 'page')} ({rate:,.0f}/s)  kept {standing.kept:,}  "
            f"dropped {standing.dropped:,}  lost {counted(standing.lost_bytes, 'byte')}"
        )
