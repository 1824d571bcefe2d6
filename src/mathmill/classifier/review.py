"""The file in which a person reviews URL patterns: TOML, written by a round, edited by hand, obeyed by the next.

Whatever stands in it is printable ASCII out of the normal form of URLs, or escaped, so that no URL can forge an entry,
hide one or end a comment; only comments show letters of other scripts. What the decisions mean together is said in
`mathmill.classifier.decisions`.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from pydantic import Field, NonNegativeInt

from mathmill.classifier.domains import DomainCount
from mathmill.classifier.patterns import ANY_HOST, Decision, Pattern, is_host_of
from mathmill.classifier.url_paths import DEEPEST, LONGEST, host, is_cut, shown, whole_steps
from mathmill.data.config import Config, resolve
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.store.mounts import at_hand
from mathmill.data.terminal import one_line

_HEAD = """\
# Which parts of which sites are mathematics. Pages under patterns that you accept join the seed set of the next round,
# all of them; under patterns that are only proposed those do that the recipe's `joins` lets. The longest prefix over a
# page decides about it; pages under none do not join.
#
# What you can do here:
#   - change a `decision` to "accept" or "reject";
#   - add a pattern of your own, anywhere in the file; a note is optional:
#         [[pattern]]
#         domain = "example.org"
#         prefix = "example.org/algebra/"     # or "*.example.org/" for the domain and all hosts in it
#         decision = "accept"
#         note = "lecture notes"
#   - set `reviewed` to true when you have been through all of it.
#
# An entry without `proposed`, or whose decision differs from it, is your word: it counts for everything below its
# prefix, but for deeper entries of your own, and stays in later rounds. All other entries are proposed anew each round,
# unless the file is reviewed: then all of it is your word. A prefix is a host and whole segments of a path, without
# scheme, `www.` or query. Counts and examples are there to help you and are not read back.
"""


_FAULTS = 5  # named in one message
_BEGIN = re.compile(r"\s*\[\[\s*pattern\s*\]\]")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_PAGE = re.compile(r"(?:index|default)\.x?html?", re.IGNORECASE)


def render(patterns: Sequence[Pattern], counts: Iterable[DomainCount] = ()) -> str:
    """The file's text: domains by the number of pages that would join, in each the patterns by prefix."""
    by_domain: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        by_domain[pattern.domain].append(pattern)
    known = {count.domain: count for count in counts}
    order = sorted(by_domain, key=lambda domain: (-_joining(by_domain[domain]), domain))
    parts = [f"{_HEAD}\nversion = 1\nreviewed = false\n"]
    for domain in order:
        parts.append(_domain_head(domain, by_domain[domain], known))
        parts += [_entry(pattern) for pattern in sorted(by_domain[domain], key=lambda pattern: pattern.prefix)]
    return "\n".join(parts)


def _joining(patterns: Iterable[Pattern]) -> int:
    return sum(pattern.uncollected for pattern in patterns if pattern.decision == "accept")


def _domain_head(domain: str, patterns: Sequence[Pattern], known: Mapping[str, DomainCount]) -> str:
    told = f"{_joining(patterns):,} uncollected pages would join"
    if domain in known:
        count = known[domain]
        told = f"{count.pages:,} pages, {count.kept:,} kept ({count.share:.0%}); {told}"
    return f"\n# ---- {_plain(domain)}: {told}\n"


def _entry(pattern: Pattern) -> str:
    lines = ["[[pattern]]"]
    if "%" in pattern.prefix:
        lines.append(f"# reads: {_readable(pattern.prefix)}")
    lines += [f"{key} = {_quoted(value)}" for key, value in _words(pattern)]
    if pattern.pages or pattern.proposed:
        lines += [f"pages = {pattern.pages}", f"kept = {pattern.kept}", f"low = {pattern.low:.3f}"]
        lines.append(f"uncollected = {pattern.uncollected}")
    lines += _examples("examples_kept", pattern.examples_kept)
    lines += _examples("examples_uncollected", pattern.examples_uncollected)
    return "\n".join(lines) + "\n"


def _words(pattern: Pattern) -> list[tuple[str, str]]:
    words = [("domain", pattern.domain), ("prefix", pattern.prefix), ("decision", pattern.decision)]
    if not pattern.is_persons and pattern.proposed:
        words.append(("proposed", pattern.proposed))
    return words + ([("note", pattern.note)] if pattern.note else [])


def _examples(name: str, urls: Sequence[str]) -> list[str]:
    return [f"{name} = [", *(f"    {_quoted(url)}," for url in urls), "]"] if urls else []


def _quoted(text: str) -> str:
    """A TOML basic string of printable ASCII."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code < 0xE000:
        return "\\uFFFD"  # TOML has no surrogates
    if character in '"\\':
        return f"\\{character}"
    if 0x20 <= code < 0x7F:
        return character
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _plain(text: str) -> str:
    """Text for a comment, of printable ASCII and letters that change nothing about a line."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)[:300]


def _readable(prefix: str) -> str:
    """The prefix with its encoded letters, for a comment."""
    letters = unquote(prefix, errors="replace")
    return "".join(c if c.isprintable() and c not in "\"'" else "\N{REPLACEMENT CHARACTER}" for c in letters)[:200]


class _Entry(Config):
    """A [[pattern]] of the file. Counts and examples are a person's to delete or to leave."""

    domain: str = Field(min_length=1)
    prefix: str = Field(min_length=1)
    decision: Decision
    proposed: Decision | None = None
    note: str = Field(default="", max_length=1_000)
    pages: NonNegativeInt = 0
    kept: NonNegativeInt = 0
    low: float = 0.0
    uncollected: NonNegativeInt = 0
    examples_kept: tuple[str, ...] = ()
    examples_uncollected: tuple[str, ...] = ()


class _File(Config):
    version: Literal[1] = 1
    reviewed: bool = False
    pattern: tuple[dict[str, Any], ...] = ()


def read_review(path: Path) -> list[Pattern]:
    """The patterns of a reviewed file, without counts, in its order.

    Raises:
        InputMissing: there is no file at `path`, or it cannot be read.
        ConfigError: it is not TOML, or entries are wrong: each is named with its line and what to write instead.
    """
    text = _read(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    if isinstance(tree.get("pattern"), dict):
        raise ConfigError(f"{path}: [pattern] is one table: write [[pattern]], in double brackets, over each entry")
    file = resolve(tree, _File, str(path))
    begins = [at for at, line in enumerate(text.split("\n"), 1) if _BEGIN.match(line)]
    lines = begins if len(begins) == len(file.pattern) else [0] * len(file.pattern)
    found: dict[str, tuple[Pattern, str]] = {}
    faults: list[str] = []
    for number, (entry, line) in enumerate(zip(file.pattern, lines, strict=True), 1):
        where = f"line {line}" if line else f"entry {number}"
        try:
            pattern = _pattern_of(entry, file.reviewed, f"{where}, [[pattern]] {_named(entry)}")
            if pattern.prefix in found:
                raise ConfigError(f"{where}: {pattern.prefix} is also decided at {found[pattern.prefix][1]}: keep one")
            found[pattern.prefix] = pattern, where
        except ConfigError as error:
            faults.append(str(error))
    if faults:
        more = f"; and {len(faults) - _FAULTS} more" if len(faults) > _FAULTS else ""
        raise ConfigError(f"{path}: {'; '.join(faults[:_FAULTS])}{more}")
    return [pattern for pattern, _ in found.values()]


def _read(path: Path) -> str:
    try:
        return at_hand(path).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise InputMissing(f"no patterns at {path}: name the .toml file that a round wrote for review") from None
    except OSError as error:
        raise InputMissing(f"cannot read the patterns {path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not TOML: it is not UTF-8 text") from None


def _named(entry: Mapping[str, Any]) -> str:
    return repr(one_line(entry.get("prefix", "without a prefix"), 80))


def _pattern_of(tree: dict[str, Any], reviewed: bool, where: str) -> Pattern:
    entry = resolve(tree, _Entry, where)
    domain = host(entry.domain)
    if not domain or "/" in entry.domain:
        raise ConfigError(f'{where}: domain {_brief(entry.domain)} is no domain: write it as "example.org"')
    return Pattern(
        domain=domain,
        prefix=_prefix_of(entry, domain, where),
        decision=entry.decision,
        proposed=None if reviewed else entry.proposed,
        note=entry.note,
    )


def _prefix_of(entry: _Entry, domain: str, where: str) -> str:
    """The prefix in normal form, if it can be over a page of the domain."""
    written = entry.prefix.strip()
    bare = written.partition("//")[2] if _SCHEME.match(written) else written
    if "?" in bare or "#" in bare:
        raise ConfigError(f"{where}: a prefix has no ? or #: end it with the path, {_brief(re.split('[?#]', bare)[0])}")
    any_host = bare.startswith(ANY_HOST)
    rest = bare.removeprefix(ANY_HOST)
    if "*" in rest or (any_host and rest.partition("/")[2]):
        raise ConfigError(
            f'{where}: a * stands for any host of a whole domain only, as in "{ANY_HOST}{domain}/": '
            "write one prefix for each branch"
        )
    names = whole_steps(f"//{rest}")
    if not names or not is_host_of(host(f"//{rest}") if any_host else names[0], domain):
        raise ConfigError(f'{where}: a prefix begins with a host of {domain}, such as "{domain}/{_tail(rest)}"')
    if any_host:
        return f"{ANY_HOST}{host(f'//{rest}')}/"
    if is_cut(names):
        raise ConfigError(
            f"{where}: no pages are told apart so deep: at most {DEEPEST} segments of {LONGEST} characters"
        )
    if _PAGE.fullmatch(names[-1]) and len(names) > 1:
        raise ConfigError(f'{where}: {names[-1]} is the page of its folder: write "{"/".join(names[:-1])}/"')
    return "/".join(names) + "/"


def _tail(path: str) -> str:
    return shown(path.strip("/"), 60) + "/"


def _brief(text: str) -> str:
    return f'"{shown(text, 80)}"'
