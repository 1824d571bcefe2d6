"""A made-up web of several hundred pages, crawled into WARC shards, with the truth about every response.

What `make demo` runs on and what later tests learn from. The same seed gives the same bytes. It is small and tidy
compared with a real crawl: about four pages in ten are mathematics where a real one has one in fifty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import orjson

from mathmill.data.errors import ConfigError, output_error
from mathmill.demo.pages import FLAWS, Page, exact_copy, make_page, near_copy, with_flaw
from mathmill.demo.shards import Exchange, damage, pack_shard, truncate
from mathmill.demo.transport import send
from mathmill.demo.unrelated import KINDS

# How often each kind of page occurs among those that are no copies; the unrelated kinds share the rest in turn.
_SHARES = (
    ("lesson", 0.14), ("exercises", 0.12), ("worked_solutions", 0.07), ("question", 0.07), ("foreign_lesson", 0.06),
    ("foreign_plain", 0.08),
)  # fmt: skip
_COPIES = 0.05  # of all pages, exact and near each
_FLAWED = 0.03
_OTHERS = ("robots", "image", "pdf", "redirect", "not_found", "server_error", "revisit")
_PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")


@dataclass(frozen=True, slots=True)
class World:
    """What `write_world` wrote: the shards, and `truth.jsonl` with one object a response.

    Every page has a URL of its own; a revisit has that of the page it repeats. Keys of a line: `url`, `shard`, `kind`
    (a page's, or robots, image, pdf, redirect, not_found, server_error, revisit), `page` (false for the latter), `lost`
    (the archive is damaged there, nobody can read it), `is_math`, and of a page `topic`, `language`, `skeleton`,
    `markup`, `charset`, `declared`, `encoding`, `flaw`, `duplicate`, `duplicate_of`, `formulas` (pairs of LaTeX and
    whether displayed, in reading order) and `problems` (`Problem` as an object).
    """

    folder: Path
    shards: tuple[Path, ...]
    truth: Path
    pages: int


def write_world(folder: Path, *, seed: int = 0, pages: int = 600, shards: int = 4) -> World:
    """Write `shards` shards named `demo-0000N.warc.gz` with `pages` HTML pages, and `truth.jsonl`.

    One page lies in a member that is damaged, one in a member that is cut off at the end of the last shard.

    Raises:
        ConfigError: no shard, or fewer than ten pages a shard.
        CannotCreate, DiskFull: the folder or a file cannot be written.
    """
    if shards < 1 or pages < 10 * shards:
        raise ConfigError(f"{pages} pages on {shards} shards: make it at least ten pages a shard")
    responses = _responses(_make_pages(seed, pages))
    parts = [responses[start::shards] for start in range(shards)]
    single = _single_pages(responses)
    hurt = next(exchange.number for exchange, page in parts[0] if page in single)
    _put_last(parts[-1], single, hurt)
    cut = parts[-1][-1][0].number
    lines: list[bytes] = []
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts):
        name = f"demo-{number:05}.warc.gz"
        files[name] = _pack(name, [exchange for exchange, _ in part], hurt, cut)
        lines += [_truth(name, exchange, page, lost=exchange.number in (hurt, cut)) for exchange, page in part]
    files["truth.jsonl"] = b"".join(lines)
    for name, content in files.items():
        _write(folder / name, content)
    paths = tuple(folder / name for name in files if name != "truth.jsonl")
    return World(folder, paths, folder / "truth.jsonl", pages)


def _make_pages(seed: int, count: int) -> list[Page]:
    rng = Random(f"{seed}/plan")
    copies = round(_COPIES * count)
    kinds = _kinds(count - 2 * copies)
    rng.shuffle(kinds)
    seen: Counter[str] = Counter()
    pages: list[Page] = []
    for number, kind in enumerate(kinds):
        pages.append(make_page(seed, number, kind, seen[kind]))
        seen[kind] += 1
    # Every second one is a page of mathematics, so that each flaw meets formulas too.
    mathematics = [index for index, page in enumerate(pages) if page.is_math]
    unrelated = [index for index, page in enumerate(pages) if not page.is_math]
    half = max(len(FLAWS) // 2, round(_FLAWED * count / 2))
    for group, flaws in ((mathematics, FLAWS), (unrelated, FLAWS[::-1])):
        for index, flaw in zip(rng.sample(group, min(half, len(group))), cycle(flaws), strict=False):
            pages[index] = with_flaw(pages[index], flaw)
    # Pages with a flaw are not copied: a copy would have to tell which of the two is better.
    sound = [page for page in pages if not page.flaw]
    chosen = rng.sample(sound, 2 * copies)
    pages += [exact_copy(page, number) for number, page in enumerate(chosen[:copies])]
    pages += [near_copy(seed, page, number) for number, page in enumerate(chosen[copies:])]
    rng.shuffle(pages)
    return pages


def _kinds(count: int) -> list[str]:
    kinds = [kind for kind, share in _SHARES for _ in range(round(share * count))]
    rest = cycle(KINDS)
    return kinds + [next(rest) for _ in range(count - len(kinds))]


Response = tuple[Exchange, Page | str]


def _responses(pages: Sequence[Page]) -> list[Response]:
    """The crawl in order: every page, and after every eighth something that is none."""
    others = cycle(_OTHERS)
    found: list[Response] = []
    for page in pages:
        headers, body = send(page.body, page.transport.content_type(), page.transport.encoding)
        exchange = Exchange(len(found), page.url, "200 OK", headers, body)
        found.append((exchange, page))
        if len(found) % 9 == 8:
            kind = next(others)
            found.append((_other(kind, len(found), exchange), kind))
    return found


def _other(kind: str, number: int, before: Exchange) -> Exchange:
    host = before.url.split("/")[2]
    if kind == "revisit":
        return Exchange(number, before.url, "200 OK", before.headers, before.body, revisit_of=before)
    if kind == "redirect":
        moved = (("Location", before.url), ("Content-Type", "text/html"), ("Content-Length", "0"))
        return Exchange(number, f"http://{host}/old/{number}", "301 Moved Permanently", moved, b"")
    path, status, content_type, body = {
        "robots": ("robots.txt", "200 OK", "text/plain", b"User-agent: *\nDisallow: /private/\n"),
        "image": (f"img/{number}.gif", "200 OK", "image/gif", _PIXEL),
        "pdf": (f"files/{number}.pdf", "200 OK", "application/pdf", b"%PDF-1.4\n% a scan, no text\n%%EOF\n"),
        "not_found": (f"gone/{number}", "404 Not Found", "text/html", b"<h1>Not found</h1><p>Nothing at $5.</p>"),
        "server_error": (f"busy/{number}", "503 Service Unavailable", "text/html", b"<p>Come back later.</p>"),
    }[kind]
    headers, sent = send(body, content_type, "identity")
    return Exchange(number, f"https://{host}/{path}", status, headers, sent)


def _single_pages(responses: Sequence[Response]) -> list[Page | str]:
    """Sound pages without copies: losing one costs exactly that one."""
    pages = [page for _, page in responses if isinstance(page, Page)]
    copied = {page.duplicate_of for page in pages}
    return [page for page in pages if not page.flaw and not page.duplicate and page.url not in copied]


def _put_last(part: list[Response], single: Sequence[Page | str], hurt: int) -> None:
    """Move a page that may be lost to the end of a shard, to be cut off there."""
    last = max(index for index, (exchange, page) in enumerate(part) if page in single and exchange.number != hurt)
    part.append(part.pop(last))


def _pack(name: str, exchanges: Sequence[Exchange], hurt: int, cut: int) -> bytes:
    """A shard's bytes; `hurt` and `cut` are the numbers of the exchanges to damage and to cut off."""
    is_cut = exchanges[-1].number == cut
    shard, spans = pack_shard(name, exchanges, metadata=not is_cut)
    for exchange, span in zip(exchanges, spans, strict=True):
        if exchange.number == hurt:
            shard = damage(shard, span)
    return truncate(shard, spans[-1]) if is_cut else shard


def _truth(shard: str, exchange: Exchange, page: Page | str, *, lost: bool) -> bytes:
    row: dict[str, Any] = {"url": exchange.url, "shard": shard, "lost": lost}
    if isinstance(page, str):
        row |= {"kind": page, "page": False, "is_math": False}
    else:
        row |= {"kind": page.kind, "page": True, "is_math": page.is_math}
        row |= {"topic": page.article.topic, "language": page.article.language}
        row |= {"skeleton": page.skeleton, "markup": page.markup, "flaw": page.flaw}
        row |= asdict(page.transport)
        row |= {"duplicate": page.duplicate, "duplicate_of": page.duplicate_of}
        row |= {"formulas": page.article.formulas(), "problems": [asdict(problem) for problem in page.article.problems]}
    return orjson.dumps(row) + b"\n"


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise output_error(error, path) from error
