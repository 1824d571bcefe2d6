"""Reading archives: how fast, and how much of a damaged one, beside warcio and FastWARC in one run.

    python -m benchmarks.archives [--crawl DIR] [--repeats N] [FILE...]

Every reader walks the same files and takes each record's kind, address and block. Readers take turns within
each repeat, so that what else the machine does falls on all; times are processor time of one process. The
second table is made of archives that this script writes and damages itself.
"""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.warc import LostSpan, Record
from tests.shared import CRAWL

Read = tuple[str, str, bytes]  # kind, address, block
Reader = Callable[[Path], Iterator[Read]]


def by_warcio(path: Path) -> Iterator[Read]:
    """All records by warcio, blocks as stored."""
    from warcio.archiveiterator import ArchiveIterator

    with path.open("rb") as file:
        for record in ArchiveIterator(file, no_record_parse=True):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            yield record.rec_type, url, record.raw_stream.read()


def by_fastwarc(path: Path) -> Iterator[Read]:
    """All records by FastWARC, blocks as stored."""
    from fastwarc.warc import ArchiveIterator

    with path.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=False):
            url = record.headers.get("WARC-Target-URI") or ""
            yield str(record.record_type), url, record.reader.read()


def by_mathmill(path: Path) -> Iterator[Read]:
    """All records by mathmill, members checked and spans accounted for."""
    for item in read_archive(path):
        if isinstance(item, Record):
            yield item.kind, item.url, item.block


READERS: dict[str, Reader] = {"warcio": by_warcio, "FastWARC": by_fastwarc, "mathmill": by_mathmill}


def measure(files: Sequence[Path], repeats: int) -> dict[str, list[float]]:
    """Processor seconds of each reader for all files, one figure a repeat.

    Raises:
        SystemExit: readers do not agree on how many records and bytes there are.
    """
    seconds: dict[str, list[float]] = {name: [] for name in READERS}
    totals: dict[str, tuple[int, int]] = {}
    for repeat in range(repeats):
        names = list(READERS)
        names = names[repeat % len(names) :] + names[: repeat % len(names)]
        for name in names:
            began, count, size = time.process_time(), 0, 0
            for path in files:
                for _, _, block in READERS[name](path):
                    count += 1
                    size += len(block)
            seconds[name].append(time.process_time() - began)
            totals[name] = count, size
    if len(set(totals.values())) > 1:
        raise SystemExit(f"readers disagree on records and bytes: {totals}")
    records, size = totals["mathmill"]
    stored = sum(path.stat().st_size for path in files)
    print(f"{len(files)} files, {records:,} records, {stored / 1e6:.0f} MB stored, {size / 1e6:.0f} MB of blocks")
    print(f"{repeats} repeats, processor time, one process\n")
    print(f"{'reader':10} {'records/s':>10} {'min':>9} {'max':>9} {'MB/s stored':>12} {'to FastWARC':>12}")
    for name, times in seconds.items():
        rates = [records / second for second in times]
        ratio = statistics.median(a / b for a, b in zip(seconds["FastWARC"], times, strict=True))
        print(
            f"{name:10} {statistics.median(rates):10,.0f} {min(rates):9,.0f} {max(rates):9,.0f} "
            f"{stored / 1e6 / statistics.median(times):12.1f} {ratio:11.2f}x"
        )
    return seconds


def made_records(count: int, seed: int = 5) -> list[bytes]:
    """Response records with pages of some 2 to 40 kB of made-up text."""
    noise = random.Random(seed)
    words = ["".join(noise.choices("etaoinshrdlucm", k=noise.randint(2, 9))) for _ in range(3000)]
    records = []
    for number in range(count):
        text = " ".join(noise.choices(words, k=noise.randint(300, 6000)))
        block = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!doctype html><p>{number}: {text}</p>".encode()
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/{number}\r\n"
            f"WARC-Date: 2024-05-17T23:31:22Z\r\nContent-Length: {len(block)}\r\n\r\n"
        )
        records.append(head.encode() + block + b"\r\n\r\n")
    return records


def damaged_archives(seed: int = 7) -> dict[str, tuple[list[bytes], bytes]]:
    """Name of the damage -> records before, bytes after it."""
    noise = random.Random(seed)
    records = made_records(48)
    stored = [gzip.compress(record, mtime=0) for record in records]
    middle = bytearray(b"".join(stored))
    # Inside one member, as in ANCHORS: a border in the middle of the damage would cost two.
    at = sum(map(len, stored[:24])) + len(stored[24]) // 2 - 100
    middle[at : at + 200] = noise.randbytes(200)
    flipped = [bytearray(member) for member in stored[:10]]
    for index in range(len(flipped[4]) // 2, len(flipped[4]) // 2 + 64):
        flipped[4][index] ^= 0xFF
    whole = b"".join(stored[:10])
    return {
        "200 random bytes in the middle, of 48": (records, bytes(middle)),
        "64 bytes flipped in 1 of 10": (records[:10], b"".join(flipped)),
        "last of 10 cut": (records[:10], whole[: -len(stored[9]) // 2]),
        "whole, of 48": (records, b"".join(stored)),
    }


def recovered(reader: Reader, path: Path, records: Sequence[bytes]) -> tuple[int, str]:
    """How many of `records` came out whole, and how the reader ended."""
    from warcio.exceptions import ArchiveLoadFailed

    blocks = {record.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n") for record in records}
    found = set()
    try:
        for _, _, block in reader(path):
            if block in blocks:
                found.add(block)
    except (ArchiveLoadFailed, OSError, ValueError, RuntimeError, EOFError) as error:
        return len(found), f"raises {type(error).__name__}"
    return len(found), "ends"


def show_recovery() -> None:
    """Print what each reader gets out of damaged archives, and what mathmill says is lost."""
    print(f"\n{'damage':40} {'reader':10} {'records':>8}  how it ends")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.warc.gz"
        for damage, (records, data) in damaged_archives().items():
            path.write_bytes(data)
            for name, reader in READERS.items():
                count, ending = recovered(reader, path, records)
                if name == "mathmill":
                    spans = [item for item in read_archive(path) if isinstance(item, LostSpan)]
                    lost = ", ".join(f"{span.length} bytes {span.reason}" for span in spans)
                    ending += f"; lost: {lost or 'nothing'}"
                print(f"{damage:40} {name:10} {count:8}  {ending}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="archives to read instead of those in --crawl")
    parser.add_argument("--crawl", type=Path, default=CRAWL, help="folder with *.warc.gz shards")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    files = options.files or sorted(options.crawl.glob("*.warc.gz"))
    if files:
        measure(files, options.repeats)
    else:
        print(f"no *.warc.gz in {options.crawl}: name files, or their folder with --crawl", file=sys.stderr)
    show_recovery()


if __name__ == "__main__":
    main()
