"""Random labelled pages side by side for the eye: as a browser shows them, and our text.

    python -m benchmarks.gallery --out FOLDER [--pages N] [--others N] [--per-site N] [--seed N]
                                 [--sites tuning|reporting|all] [--crawl FOLDER]

Each page that is drawn becomes `NN.png`, its rendering on the left and our text on the right with
formulas in colour, and `NN.txt` with its URL, the formulas that the makers of the crawl list for it, and our text.
Of `--pages` (10) the last `--others` (0) are labelled as no mathematics, the rest as mathematics with high confidence.
By default only pages of tuning sites are drawn, which may be looked at while rules are changed (`benchmarks.pages`);
no page is drawn twice from one site before all sites had their turn, and of one site never more than `--per-site`.

Pages are rendered by headless Chromium (`chromium` of the system's packages) without network: styles, pictures and
scripts of other hosts are missing, so TeX that a script would typeset shows as typed and formulas that are images
show their alternative text. A page's own scripts are taken out, since most of them wait for what cannot come; what
stands in `math/..` scripts, which no browser shows, is shown in green. Each rendering has a time limit; one that
fails leaves a note in place of the picture. Pages in Chinese or Japanese need a font (Debian: fonts-noto-cjk).
"""

from __future__ import annotations

import argparse
import base64
import gzip
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import orjson

from benchmarks.matrix_rules import find_delimited
from benchmarks.pages import is_tuning, labelled_pages
from mathmill.data.records import BODY, CONTENT_TYPE
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.extraction import Extraction, extract_html
from tests.shared import CRAWL

WIDTH, HEIGHT = 800, 2400  # pixels of one side; what is longer is cut
CHARS = 9_000  # of our text that are shown; the rest is in the text file
SECONDS = 30.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SCRIPTS = re.compile(
    r"<script\b(?![^>]*math/)[^>]*>.*?</script\s*>|<meta\b[^>]*http-equiv[^>]*refresh[^>]*>", re.S | re.I
)
_EMPTY_SCRIPT = re.compile(r"<script\b[^>]*/>", re.I)  # in XHTML
_XHTML = re.compile(r"\s*<\?xml[^>]*>(?=\s*<!DOCTYPE[^>\[]*\[)")  # with entities of its own, which HTML does not know
_MATH_SCRIPT = re.compile(r"<script\b[^>]*math/[^>]*>(.*?)</script\s*>", re.S | re.I)
_NO_NETWORK = ("--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", "--disable-background-networking")


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to look at: its URL and HTML, the formulas that it is labelled with, and ours."""

    url: str
    html: str
    gold: list[str]
    extraction: Extraction


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the gallery; the exit code is 2 without a browser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--others", type=int, default=0)
    parser.add_argument("--per-site", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sites", choices=("tuning", "reporting", "all"), default="tuning")
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    options = parser.parse_args(arguments)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"none of {', '.join(BROWSERS)} is installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    urls = draw(options)
    for number, page in enumerate(load(options.crawl, urls), 1):
        (options.out / f"{number:02}.txt").write_text(as_text(page), encoding="utf-8", errors="replace")
        done = write_picture(browser, page, options.out / f"{number:02}.png")
        print(f"{number:02} {'' if done else 'NOT RENDERED '}{page.url}")
    return 0


def draw(options: argparse.Namespace) -> list[str]:
    """The URLs of pages of mathematics, then of the others, as many as asked where there are as many."""
    mathematics, others = _urls_by_site(options.crawl, options.sites)
    count, most = options.pages - options.others, options.per_site
    rng = random.Random(options.seed)
    return [*draw_in_turn(mathematics, count, most, rng), *draw_in_turn(others, options.others, most, rng)]


def draw_in_turn(by_site: dict[str, list[str]], count: int, most: int | None, rng: random.Random) -> list[str]:
    """`count` random URLs, one of each site in turn and of none more than `most`; fewer where there are no more."""
    names = sorted(by_site)
    rng.shuffle(names)
    shuffled = {name: rng.sample(by_site[name], len(by_site[name]))[:most] for name in names}
    drawn = [urls[turn] for turn in range(count) for urls in shuffled.values() if turn < len(urls)]
    return drawn[:count]


def _urls_by_site(crawl: Path, sites: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Pages labelled as mathematics with high confidence, and pages labelled as none."""
    mathematics: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    with gzip.open(crawl / "labels.jsonl.gz") as lines:
        for row in map(orjson.loads, lines):
            if sites != "all" and is_tuning(row["site"]) != (sites == "tuning"):
                continue
            if not row["is_math"]:
                others.setdefault(row["site"], []).append(row["url"])
            elif row["confidence"] == "high":
                mathematics.setdefault(row["site"], []).append(row["url"])
    return mathematics, others


def load(crawl: Path, urls: Sequence[str]) -> list[Shown]:
    """The pages with these URLs, in this order."""
    wanted = set(urls)
    gold: dict[str, list[str]] = {}
    with gzip.open(crawl / "formulas.jsonl.gz") as lines:
        for row in map(orjson.loads, lines):
            if row["url"] in wanted:
                gold[row["url"]] = [_gold_line(formula) for formula in row["formulas"]]
    pages = {}
    for labelled in labelled_pages(crawl):
        document = labelled.document
        if document.url in wanted:
            html = decode_html(document.meta[BODY], document.meta[CONTENT_TYPE]).html
            extraction = extract_html(html, document.url)
            pages[document.url] = Shown(document.url, html, gold.get(document.url, []), extraction)
            if len(pages) == len(wanted):
                break
    return [pages[url] for url in urls if url in pages]


def _gold_line(formula: dict[str, str]) -> str:
    stated = next((formula[name] for name in ("tex", "mathml", "ascii") if name in formula), "")
    return f"{formula['src']:10} {'display' if formula.get('display') else 'inline ':7} {' '.join(stated.split())}"


def as_text(page: Shown) -> str:
    """What a person wants to look up beside the picture."""
    ours = [
        f"{one.source:14} {'display' if one.display else 'inline ':7} {one.latex}" for one in page.extraction.formulas
    ]
    extraction = page.extraction
    return "\n".join(
        [
            page.url,
            f"method {extraction.method}, formulas found {extraction.found}, restored {len(extraction.formulas)}, "
            f"in boilerplate {extraction.in_boilerplate}; labelled {len(page.gold)}",
            "\n=== formulas of the source, as labelled",
            *page.gold,
            "\n=== formulas of ours",
            *ours,
            "\n=== our text",
            extraction.text,
            "",
        ]
    )


def write_picture(browser: str, page: Shown, out: Path) -> bool:
    """Render source and text beside each other; False if the source could not be rendered."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        done = _screenshot(browser, _offline(page), folder / "source.png", WIDTH, folder)
        source = base64.b64encode((folder / "source.png").read_bytes()).decode() if done else ""
        _screenshot(browser, _side_by_side(page, source), out, 2 * WIDTH, folder)
    return done


def _offline(page: Shown) -> str:
    """The page with its address as base, `math/..` scripts as text and no others; XHTML only without scripts."""
    if declared := _XHTML.match(page.html):
        html = _SCRIPTS.sub("", _EMPTY_SCRIPT.sub("", page.html[declared.end() :]))
        return f'<?xml version="1.0" encoding="utf-8"?>{html}'
    html = _SCRIPTS.sub("", page.html)
    html = _MATH_SCRIPT.sub(lambda script: f'<span style="color: #070"> {escape(script[1])} </span>', html)
    return f'<meta charset="utf-8"><base href="{escape(page.url)}">{html}'


def _side_by_side(page: Shown, source: str) -> str:
    picture = f'<img src="data:image/png;base64,{source}">' if source else "<p>The page could not be rendered.</p>"
    style = (
        f"body {{ margin: 0; width: {2 * WIDTH}px; display: flex; font: 13px/1.45 'DejaVu Sans', sans-serif }}"
        f"img, pre {{ width: {WIDTH}px; box-sizing: border-box; margin: 0 }} .h {{ color: #777 }}"
        "pre { padding: 10px; border-left: 2px solid #999; white-space: pre-wrap; overflow-wrap: anywhere }"
        "b { color: #0645ad; font-weight: normal; background: #eef3ff } b.d { color: #8a3a00; background: #fff1e6 }"
    )
    head = f'<span class="h">{escape(page.url)}\n{page.extraction.method}, {len(page.extraction.formulas)} formulas of '
    head += f"{page.extraction.found} found, {len(page.gold)} labelled</span>\n\n"
    return f'<meta charset="utf-8"><style>{style}</style>{picture}<pre>{head}{_coloured(page.extraction.text)}</pre>'


def _coloured(text: str) -> str:
    """Our text as HTML, formulas in a line blue and displayed ones brown."""
    text = text[:CHARS]
    done, position = "", 0
    for formula in find_delimited(text):
        kind = ' class="d"' if formula.display else ""
        done += f"{escape(text[position : formula.start])}<b{kind}>{escape(text[formula.start : formula.end])}</b>"
        position = formula.end
    return done + escape(text[position:])


def _screenshot(browser: str, html: str, out: Path, width: int, folder: Path) -> bool:
    source = folder / ("page.xhtml" if html.startswith("<?xml") else "page.html")
    source.write_text(html, encoding="utf-8", errors="replace")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *_NO_NETWORK]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=3000"]
    command += [f"--window-size={width},{HEIGHT}", f"--screenshot={out}", source.as_uri()]
    try:
        subprocess.run(command, timeout=SECONDS, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return False
    return out.exists()


if __name__ == "__main__":
    sys.exit(main())
