"""Prose kept readable in source: `# name` headings, paragraphs wrapped and parted by empty lines."""

from __future__ import annotations


def sections(text: str) -> dict[str, tuple[str, ...]]:
    """The paragraphs under each heading, line breaks undone; without a heading yet, under the empty name."""
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for block in text.strip().split("\n\n"):
        if block.startswith("# "):
            name = block.removeprefix("# ").strip()
            found[name] = ()
        else:
            found[name] = (*found.get(name, ()), " ".join(block.split("\n")))
    return found
