"""Domains counted by hand, to compare the query with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mathmill.classifier.domains import DomainCount, DomainRule, PageRow, judge_domains


def count_domains(rows: Iterable[PageRow], rule: DomainRule) -> list[DomainCount]:
    """What `count_kept` and `judge_domains` say, from rows at hand."""
    pages: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for row in rows:
        if row.domain:
            pages[row.domain] += 1
            kept[row.domain] += row.kept
    return judge_domains(({"domain": name, "pages": pages[name], "kept": kept[name]} for name in pages), rule)
