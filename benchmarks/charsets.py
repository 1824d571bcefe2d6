"""How many pages are decoded as their true charset would decode them.

    python -m benchmarks.charsets [--crawl FOLDER] [--wrong N]

A page is right if the text equals the text that its labelled charset gives (WHATWG decoders,
replacement characters included), so that a near relative which decodes it alike is right too, and a
page of ASCII is right under any name. Figures by charset and by how the charset is announced,
on sites tuned on, sites reported on, and all; and the time of decoding a 50 kB page of ASCII and of UTF-8.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import webencodings

from benchmarks.pages import is_tuning, labelled_pages
from mathmill.data.records import BODY, CONTENT_TYPE
from mathmill.pipeline.decode import decode_html
from tests.shared import CRAWL

HALVES = ("tuning", "reporting", "all")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the exit code is 1 if fewer than 99 of 100 pages of the reporting sites are right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    parser.add_argument("--wrong", type=int, default=10, help="wrong pages of tuning sites to show")
    options = parser.parse_args(arguments)
    labels = _charset_labels(options.crawl)
    pages: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    wrong, seconds = [], 0.0
    for labelled in labelled_pages(options.crawl):
        meta, url = labelled.document.meta, labelled.document.url
        charset, mode, site = labels[url]
        began = time.process_time()
        decoded = decode_html(meta[BODY], meta[CONTENT_TYPE])
        seconds += time.process_time() - began
        hit = decoded.html == true_text(meta[BODY], charset)
        half = HALVES[0 if is_tuning(site) else 1]
        ascii_only = "ASCII alone" if meta[BODY].isascii() else "other than ASCII"
        for group in ("all", f"charset {charset}", f"announced {mode}", ascii_only):
            for part in (half, "all"):
                pages[group, part] += 1
                right[group, part] += hit
        if not hit and half == "tuning":
            wrong.append(f"{charset} ({mode}) read as {decoded.charset} ({decoded.how}): {url}")
    _print_table(pages, right)
    print(f"\n{seconds / pages['all', 'all'] * 1000:.3f} ms a page")
    _print_speed()
    for line in wrong[: options.wrong]:
        print("wrong:", line)
    return int(right["all", "reporting"] < 0.99 * pages["all", "reporting"])


def true_text(body: bytes, charset: str) -> str:
    """What the labelled charset makes of the bytes, NUL left out as everywhere."""
    text, _ = webencodings.decode(body, webencodings.lookup(charset))
    return str(text).replace("\0", "")


def _charset_labels(crawl: Path) -> dict[str, tuple[str, str, str]]:
    with gzip.open(crawl / "labels.jsonl.gz") as lines:
        rows = [orjson.loads(line) for line in lines]
    return {row["url"]: (row["charset"], row["charset_mode"], row["site"]) for row in rows}


def _print_table(pages: Counter[tuple[str, str]], right: Counter[tuple[str, str]]) -> None:
    print(f"{'right of pages':28}" + "".join(f"{half:>22}" for half in HALVES))
    groups = sorted({group for group, _ in pages}, key=lambda group: (group.split()[0], -pages[group, "all"]))
    for group in groups:
        cells = []
        for half in HALVES:
            n, hits = pages[group, half], right[group, half]
            cells.append(f"{hits:>6} of {n:<6}{hits / n:>7.2%}" if n else "-")
        print(f"{group:28}" + "".join(f"{cell:>22}" for cell in cells))


def _print_speed() -> None:
    for name, unit in (("ASCII", "<p>nothing but letters</p>"), ("UTF-8", "<p>größer als nichts</p>")):
        body = (unit * 2000).encode()[:50_000]
        began = time.process_time()
        for _ in range(200):
            decode_html(body, "text/html; charset=utf-8")
        print(f"{(time.process_time() - began) / 200 * 1000:.3f} ms for 50 kB of {name}")


if __name__ == "__main__":
    sys.exit(main())
