"""Tables and lists of facts in Markdown, for cards. What is foreign in them cannot end a cell or begin markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_MARKUP = re.compile(r"([\\|`<>\[\]])")
_MOST = 200  # characters of a cell


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a table."""
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(map(_shown, row))} |"


def fact_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """A list: a fact an item, what is nested in one line."""
    return (f"- {key.replace('_', ' ')}: {_fact(value)}" for key, value in facts.items())


def foreign(text: str) -> str:
    """Text of pages, such as an address, as a cell shows it: at most 200 characters, without any meaning as markup."""
    line = " ".join(text.split())
    return _MARKUP.sub(r"\\\1", line if len(line) <= _MOST else f"{line[: _MOST - 3]}...")


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_fact(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_fact, value)) or "none"
    return _shown(value)
