"""What a run found of benchmarks in its Documents, for `mathmill pipeline contamination RUN`, card and manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import InputMissing
from mathmill.data.markdown import table_lines
from mathmill.data.store.mounts import has_parts, shown
from mathmill.data.tables import ask_tables
from mathmill.data.terminal import clean, counted, one_line, print_json, print_table
from mathmill.pipeline.decontaminate.decontaminate import SETS
from mathmill.pipeline.decontaminate.effect import CUT, effects
from mathmill.pipeline.decontaminate.hits import GENERIC, HITS, READ

_SHOWN = 20  # generic strings in the manifest and the card
_REAL = f"(h.string = '' OR h.string NOT IN (SELECT string FROM {GENERIC}))"  # noqa: S608  # names of ours
_WIDTH = 100  # characters of what was found, in a line


@dataclass(frozen=True, slots=True)
class Found:
    """What the corpus had of one benchmark: `items` of its `problems` in `documents`, `questions` of them as such."""

    benchmark: str
    problems: int
    items: int
    questions: int
    documents: int


@dataclass(frozen=True, slots=True)
class Contamination:
    """Of `read` Documents `dropped` were dropped and `cut` cut; by benchmark; short texts that stand in many."""

    read: int
    dropped: int
    cut: int
    benchmarks: tuple[Found, ...]
    generic: int
    generic_strings: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def contamination(run: Path) -> Contamination:
    """The summary of a run.

    Raises:
        InputMissing: it has no such tables: its recipe did not decontaminate.
        DamagedInput: one cannot be read.
    """
    _check(run)
    rows = ask_tables(
        run,
        (SETS, HITS, GENERIC),
        f"""
SELECT s.benchmark, any_value(s.problems) AS problems, count(DISTINCT h.item) AS items,
count(DISTINCT CASE WHEN h.kind = 'question' THEN h.item END) AS questions, count(DISTINCT h.row) AS documents
FROM {SETS} s LEFT JOIN {HITS} h ON h.benchmark = s.benchmark AND {_REAL}
GROUP BY s.benchmark ORDER BY documents DESC, s.benchmark
""",  # noqa: S608  # names of ours
        {},
    )
    (read,) = ask_tables(run, (READ,), f"SELECT CAST(sum(documents) AS BIGINT) AS documents FROM {READ}", {})  # noqa: S608
    reasons = [row["reason"] for row in effects(run)]
    strings = generic_strings_of(run)
    return Contamination(
        read=int(read["documents"]),
        dropped=sum(map(bool, reasons)),
        cut=sum(not reason for reason in reasons),
        benchmarks=tuple(Found(**row) for row in rows),
        generic=len(strings),
        generic_strings=tuple(strings[:_SHOWN]),
    )


def card_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """What `Contamination.as_dict` says, for people who meet the corpus: lines of Markdown."""
    yield f"{told['read']:,} Documents were read, {told['dropped']:,} dropped, {told['cut']:,} cut. Looked for: "
    yield f"{', '.join(each['benchmark'] for each in told['benchmarks'])}."
    found = [each for each in told["benchmarks"] if each["items"]]
    if found:
        yield ""
        names = ("benchmark", "problems", "items", "documents")
        rows = [[each[name] for name in names] for each in found]
        yield from table_lines(("benchmark", "problems", "of them found", "in Documents"), rows)
    if told["generic"]:
        yield f"\n{told['generic']:,} short texts stand in too many Documents to tell a copy, and dropped nothing."


def hits_of(
    run: Path, n: int = 20, benchmark: str = "", document: str = "", generic: bool = False
) -> list[dict[str, Any]]:
    """The hits of a run, longest first, `n` at most; of a benchmark, of a Document by id or URL, generic ones too.

    `segments` are lists, and `generic` says whether the text is a generic string.
    """
    _check(run)
    wheres = ["TRUE" if generic else _REAL]
    wheres += ["h.benchmark = $benchmark"] * bool(benchmark) + ["(h.document = $document OR h.url = $document)"] * bool(
        document
    )
    values = {"n": n, **({"benchmark": benchmark} if benchmark else {}), **({"document": document} if document else {})}
    rows = ask_tables(
        run,
        (HITS, GENERIC),
        f"""
SELECT h.* EXCLUDE (row, string), NOT {_REAL} AS generic FROM {HITS} h WHERE {" AND ".join(wheres)}
ORDER BY h.words DESC, h.url, h.document, h.start, h.benchmark, h.item, h.kind LIMIT $n
""",  # noqa: S608
        values,
    )
    return [{**row, "segments": orjson.loads(row["segments"])} for row in rows]


def cut_of(run: Path, n: int = 20, document: str = "") -> list[dict[str, Any]]:
    """What was cut of Documents that stay, or of one by id or URL, `n` pieces at most: rows of `CUT_COLUMNS`."""
    _check(run)
    where = "WHERE document = $document OR url = $document" if document else ""
    values = {"n": n, **({"document": document} if document else {})}
    query = f"SELECT * FROM {CUT} {where} ORDER BY url, document, start LIMIT $n"  # noqa: S608  # names of ours
    return ask_tables(run, (CUT,), query, values) if has_parts(run / CUT) else []


def generic_strings_of(run: Path) -> list[dict[str, Any]]:
    """Short texts that stand in too many Documents to tell a copy: `string`, `documents`, an example, an item."""
    _check(run)
    return ask_tables(run, (GENERIC,), f"SELECT * FROM {GENERIC} ORDER BY documents DESC, string", {})  # noqa: S608


def _check(run: Path) -> None:
    if not has_parts(run / HITS):
        raise InputMissing(
            f"{shown(run)} tells nothing of contamination: name a run whose recipe has the pass decontaminate "
            '([[passes]], use = "decontaminate")'
        )


def print_contamination(
    run: Path, n: int = 20, benchmark: str = "", document: str = "", generic: bool = False, as_json: bool = False
) -> None:
    """What `mathmill pipeline contamination RUN` prints: by benchmark, the longest hits, what was cut, generic strings.

    Of a Document that is asked for what was cut is told in full, as it is in JSON.
    """
    summary, hits = contamination(run), hits_of(run, n, benchmark, document, generic)
    known = [each.benchmark for each in summary.benchmarks]
    if benchmark and benchmark not in known:
        raise InputMissing(f"{shown(run)} did not look for {benchmark}: it looked for {', '.join(known)}")
    strings, cut = generic_strings_of(run), cut_of(run, n, document)
    if as_json:
        print_json({**summary.as_dict(), "generic_strings": strings, "hits": hits, "cut_texts": cut})
        return
    print(f"{counted(summary.read, 'Document')} read: {summary.dropped:,} dropped, {summary.cut:,} cut.")
    if not document:
        print_benchmarks([each for each in summary.benchmarks if benchmark in ("", each.benchmark)])
    elif not hits and not cut:
        print(f"Nothing of a benchmark was found in {one_line(document)}.")
    _print_hits(hits)
    _print_cut(cut, in_full=bool(document))
    if strings and not document:
        print()
        title = "Short texts of benchmarks that stand in many Documents; they drop nothing"
        print_table(
            ("Documents", "text", "such as"),
            [(s["documents"], one_line(s["text"], _WIDTH), s["item"]) for s in strings[:n]],
            title,
        )


def print_benchmarks(benchmarks: Sequence[Found]) -> None:
    """Those that something was found of, and how many others there are."""
    print()
    found = [each for each in benchmarks if each.items]
    rest = len(benchmarks) - len(found)
    if found:
        columns = ("benchmark", "problems", "found", "by question", "Documents")
        print_table(columns, [(f.benchmark, f.problems, f.items, f.questions, f.documents) for f in found])
    if rest:
        print(f"{rest:,} more without any" if found else f"nothing of {counted(rest, 'benchmark')} was found")


def _print_hits(hits: Sequence[dict[str, Any]]) -> None:
    for hit in hits:
        print(f"\n{one_line(hit['url'], 150)}  ({hit['document']})")
        mark = ", generic" if hit["generic"] else ""
        print(
            f"  {one_line(hit['item'])}, {hit['kind']}: {hit['words']} of {hit['of']} words, "
            f"characters {hit['start']:,} to {hit['end']:,}{mark}"
        )
        print(f"  {one_line(hit['before'], 200)} [[ {one_line(hit['text'], 500)} ]] {one_line(hit['after'], 200)}")


def _print_cut(rows: Sequence[Mapping[str, Any]], in_full: bool) -> None:
    for row in rows:
        print(
            f"\nCut of {one_line(row['url'], 150)}  ({row['document']}), characters {row['start']:,} to {row['end']:,}"
        )
        print(clean(row["text"]) if in_full else f"  {one_line(row['text'], 500)}")
