"""What passes learnt, as lines of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def plain_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """A list: a fact an item, what is nested in one line."""
    return (f"- {key.replace('_', ' ')}: {_fact(value)}" for key, value in told.items())


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_fact(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_fact, value)) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
