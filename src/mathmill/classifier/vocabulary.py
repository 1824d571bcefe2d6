"""The words that a classifier may learn from: those that enough registered domains use.

Names, menus and footers of one site tell that site's pages from all others, and nothing about sites never seen. A model
that learns from seeds of a few sites learns mostly these, unless words have to be on many sites to count. It also keeps
a site from bringing words of its own into the model, however often it says them.

fastText's own `min_count` cannot do this: it counts a word as often as it stands there, and words without a vector
still take part in runs of words. So the words that do not count are taken out of the lines, in training and scoring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mathmill.classifier.line_files import LineWriter, read_lines

FILE = "vocabulary.zst"

Filter = Callable[[str], str]


def common_words(lines: Iterable[tuple[str, str]], min_domains: int) -> frozenset[str]:
    """The words of lines that stand on at least `min_domains` domains; `lines` are pairs of domain and line.

    Memory: some 150 bytes a different word, most of which stand on one domain. Time: about a microsecond a different
    word of a line.
    """
    numbers: dict[str, int] = {}
    common: set[str] = set()
    seen: dict[str, tuple[int, ...]] = {}
    for domain, words in lines:
        number = numbers.setdefault(domain, len(numbers))
        for word in set(words.split(" ")) - common:
            known = seen.get(word, ())
            if number in known:
                continue
            if len(known) + 1 >= min_domains:
                common.add(word)
                seen.pop(word, None)
            else:
                seen[word] = (*known, number)
    return frozenset(common - {""})


def keep_words(words: frozenset[str]) -> Filter:
    """A function that leaves of a line the words that count, in their order."""

    def kept(line: str) -> str:
        return " ".join([word for word in line.split(" ") if word in words])

    return kept


def write_vocabulary(path: Path, words: frozenset[str]) -> int:
    """Write the words, one a line, sorted; how many there are."""
    with LineWriter(path) as writer:
        for word in sorted(words):
            writer.write(word)
    return writer.rows


def read_vocabulary(path: Path) -> frozenset[str]:
    """The words of a file that `write_vocabulary` wrote."""
    return frozenset(read_lines(path))
