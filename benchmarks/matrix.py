"""The matrix: 32 ways in which the web writes mathematics, in five kinds of pages, ours beside its peers.

    python -m benchmarks.matrix [--pages N] [--seed N] [--rows NAME ...] [--systems NAME ...] [--json]
    python -m benchmarks.matrix --texts [--rows NAME ...] [--systems NAME ...]
    python -m benchmarks.matrix --show ROW SKELETON SYSTEM [--page N]

Pages are drawn by `benchmarks.matrix_pages`, `--pages` for each row and kind of page, and every system gets the same.
`benchmarks.matrix_rules` says when a text passes; its rules judge every system by machine. A cell of the table holds
pages passed by the strict / delimited / loose / first rule, of `--pages` in each of the five kinds of pages. A row
counts as kept if every one of its pages passes. Our own further rows are counted apart from the 32.

So that verdicts can be checked by eye, `--texts` prints for each row and system how the first formula of a page came
out, in its sentence, and what the rules say; `--show` prints all that one system made of one page. The exit code is 1
if ours does not keep every row strictly.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from benchmarks.matrix_pages import FURTHER_ROWS, ROWS, MatrixPage, Row, make_page
from benchmarks.matrix_rules import Verdict, judge_delimited, judge_first, judge_loose, judge_strict
from benchmarks.peers import PEERS, open_peers
from mathmill.demo.skeletons import SKELETONS
from mathmill.pipeline.extraction import extract_html

OURS = "mathmill"
RULES: dict[str, Callable[[MatrixPage, Row, str], Verdict]] = {
    "strict": judge_strict,
    "delimited": judge_delimited,
    "loose": judge_loose,
    "first": judge_first,
}
EXCERPT = 120  # characters that --texts shows
URL = "https://sums.example/notes/1"

System = Callable[[str], str]
# (system, row, skeleton, rule) to pages passed.
Passed = Counter[tuple[str, str, str, str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the matrix."""
    rows = {row.name: row for row in (*ROWS, *FURTHER_ROWS)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2, help="pages for each row in each kind of page")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rows", nargs="+", choices=rows, default=list(rows), metavar="NAME")
    parser.add_argument("--systems", nargs="+", choices=[OURS, *PEERS], default=[OURS, *PEERS], metavar="NAME")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", nargs=3, metavar=("ROW", "SKELETON", "SYSTEM"))
    parser.add_argument("--texts", action="store_true", help="print what each system makes of a page of each row")
    parser.add_argument("--page", type=int, default=0, help="which page --show shows")
    options = parser.parse_args(arguments)
    if options.show:
        row, skeleton, system = options.show
        if row not in rows or skeleton not in SKELETONS or system not in (OURS, *PEERS):
            parser.error(f"--show wants one of {[*rows]}, one of {[*SKELETONS]} and one of {[OURS, *PEERS]}")
        show(rows[row], skeleton, system, options.seed, options.page)
        return 0
    chosen = [rows[name] for name in options.rows]
    with open_systems(options.systems) as systems:
        if options.texts:
            show_texts(systems, chosen, options.seed)
            return 0
        passed, first = measure(systems, chosen, options.seed, options.pages)
        names = list(systems)
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(passed, chosen, names, options.pages)) + b"\n")
    else:
        print_tables(passed, chosen, names, options.pages)
        print_failures(first)
    whole = options.pages * len(SKELETONS)
    return int(OURS in names and any(_total(passed, OURS, row.name, "strict") < whole for row in chosen))


@contextmanager
def open_systems(names: Sequence[str]) -> Iterator[dict[str, System]]:
    """Ours and the peers of these names, from HTML to text."""
    with open_peers([name for name in names if name != OURS]) as peers:
        systems: dict[str, System] = {OURS: lambda html: extract_html(html, URL).text} if OURS in names else {}
        for peer in peers:
            systems[peer.name] = lambda html, peer=peer: peer(html, URL)[0]  # type: ignore[misc]
        yield systems


def measure(
    systems: dict[str, System], rows: Sequence[Row], seed: int, pages: int
) -> tuple[Passed, dict[tuple[str, str], str]]:
    """Pages passed, and by row and skeleton the first reason for which ours failed the strict rule."""
    passed: Passed = Counter()
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        for skeleton in SKELETONS:
            for number in range(pages):
                page = make_page(row, skeleton, seed, number)
                for name, system in systems.items():
                    text = system(page.html)
                    for rule, judge in RULES.items():
                        verdict = judge(page, row, text)
                        passed[name, row.name, skeleton, rule] += verdict.passed
                        if name == OURS and rule == "strict" and not verdict.passed:
                            first.setdefault((row.name, skeleton), f"page {number}: {verdict.reason}")
    return passed, first


def show(row: Row, skeleton: str, system: str, seed: int, number: int) -> None:
    """Print what a system made of a page, and what the rules say."""
    page = make_page(row, skeleton, seed, number)
    with open_systems([system]) as systems:
        text = systems[system](page.html)
    print(text)
    print("\n--- formulas of the page")
    for formula in page.formulas:
        print("displayed" if formula.display else "in a line", formula.latex)
    for rule, judge in RULES.items():
        print(f"--- {rule}: {judge(page, row, text).reason or 'passed'}")


def show_texts(systems: dict[str, System], rows: Sequence[Row], seed: int) -> None:
    """Print how the first formula of a page of each row came out in each system."""
    for row in rows:
        page = make_page(row, "blog", seed, 0)
        print(f"\n{row.name}: {page.formulas[0].latex}")
        for name, system in systems.items():
            text = system(page.html)
            told = ", ".join(rule for rule, judge in RULES.items() if judge(page, row, text).passed) or "none"
            print(f"  {name:22} passes {told}: {_sentence(page, text)}")


def _sentence(page: MatrixPage, text: str) -> str:
    """What a text has after the words that stand before the first formula."""
    at = page.tokens.index(0)
    before = re.compile(r"\W+".join(re.escape(str(word)) for word in page.tokens[at - 3 : at]), re.IGNORECASE)
    found = before.search(text)
    return repr(text[found.start() : found.end() + EXCERPT]) if found else "(the sentence is missing)"


def _total(passed: Passed, system: str, row: str, rule: str) -> int:
    return sum(passed[system, row, skeleton, rule] for skeleton in SKELETONS)


def _kept(passed: Passed, system: str, rows: Sequence[Row], rule: str, pages: int) -> int:
    whole = pages * len(SKELETONS)
    return sum(_total(passed, system, row.name, rule) == whole for row in rows)


def as_json(passed: Passed, rows: Sequence[Row], systems: Sequence[str], pages: int) -> dict[str, Any]:
    """Pages passed by system, row, skeleton and rule, and rows kept."""
    listed = [row for row in rows if row in ROWS]
    return {
        "pages": pages,
        "kept": {name: {rule: _kept(passed, name, listed, rule, pages) for rule in RULES} for name in systems},
        "of": len(listed),
        "passed": {
            name: {
                row.name: {
                    skeleton: {rule: passed[name, row.name, skeleton, rule] for rule in RULES} for skeleton in SKELETONS
                }
                for row in rows
            }
            for name in systems
        },
    }


def print_tables(passed: Passed, rows: Sequence[Row], systems: Sequence[str], pages: int) -> None:
    """Two tables: the 32 rows, and our own further ones."""
    whole = pages * len(SKELETONS)
    for title, some in (("the 32", [r for r in rows if r in ROWS]), ("further", [r for r in rows if r not in ROWS])):
        if not some:
            continue
        print(f"\nPages passed, {' / '.join(RULES)}, of {whole} in each cell ({title})")
        print(f"{'':22}" + "".join(f"{name:>22}" for name in systems))
        for row in some:
            cells = [" / ".join(str(_total(passed, name, row.name, rule)) for rule in RULES) for name in systems]
            print(f"{row.name:22}" + "".join(f"{cell:>22}" for cell in cells))
        cells = [" / ".join(str(_kept(passed, name, some, rule, pages)) for rule in RULES) for name in systems]
        print(f"{f'rows kept, of {len(some)}':22}" + "".join(f"{cell:>22}" for cell in cells))


def print_failures(first: dict[tuple[str, str], str]) -> None:
    """For each row and skeleton in which ours failed, why."""
    for (row, skeleton), reason in first.items():
        print(f"ours fails {row} in {skeleton}: {' '.join(reason.split())[:200]}")


if __name__ == "__main__":
    sys.exit(main())
