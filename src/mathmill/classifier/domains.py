"""Which registered domains are mathematics: those of whose pages a round kept a large enough share.

Source: DeepSeekMath (Shao et al. 2024), section 2.1, where a domain is mathematics if more than 10 % of its pages were
collected. Here the lower bound of the share's Wilson interval has to pass 10 %, so that a domain of which little was
seen is not taken for mathematics by chance. Counting is one SQL query over the tables of all pages; the rule is applied
to its small result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, PositiveFloat, PositiveInt

from mathmill.data.config import Config
from mathmill.data.records import Reduce
from mathmill.data.stats import wilson_interval
from mathmill.data.store.mounts import parts


class PageRow(NamedTuple):
    """One page of the crawl after a round: its row in the tables, and whether the round kept it."""

    row: int
    url: str
    domain: str  # registered domain, "" where there is none
    kept: bool


class DomainRule(Config):
    """When a domain is mathematics: by the paper's share, and by more than a few pages (docs/log.md).

    `z` is that of a two-sided 95 % interval.
    """

    share: float = Field(default=0.10, ge=0, lt=1, description="that the lower bound of the share kept has to pass")
    min_pages: PositiveInt = Field(default=10, description="pages of a domain below which nothing is said of it")
    z: PositiveFloat = Field(default=1.96, description="width of the interval in standard errors")


@dataclass(frozen=True, slots=True)
class DomainCount:
    """What a round kept of one domain; `low` is the lower bound of the Wilson interval of `share`."""

    domain: str
    pages: int
    kept: int
    share: float
    low: float
    is_math: bool


def count_kept(cut: int) -> Reduce:
    """Pages and kept pages of each domain; kept are those with log-odds (in millionths) of at least `cut`.

    Pages without a domain are left out, and so are those without a score, which no table of scores has.
    """
    return Reduce(
        name="domain_counts",
        reads=("scores",),
        query=f"""
SELECT domain, count(*) AS pages, CAST(sum(CASE WHEN logit >= {int(cut)} THEN 1 ELSE 0 END) AS BIGINT) AS kept
FROM scores WHERE domain <> '' GROUP BY domain ORDER BY domain
""",  # noqa: S608
    )


def read_domains(folder: Path, rule: DomainRule) -> list[DomainCount]:
    """The domains from the folder that `count_kept` wrote, judged; sorted by name."""
    import pyarrow.parquet as pq

    return judge_domains(pq.read_table(parts(folder)).to_pylist(), rule)


def judge_domains(rows: Iterable[Mapping[str, Any]], rule: DomainRule) -> list[DomainCount]:
    """The domains from the rows of `count_kept`, judged; sorted by name."""
    judged = [_judge(row["domain"], row["pages"], row["kept"], rule) for row in rows]
    return sorted(judged, key=lambda count: count.domain)


def _judge(domain: str, pages: int, kept: int, rule: DomainRule) -> DomainCount:
    low, _ = wilson_interval(kept, pages, rule.z)
    is_math = pages >= rule.min_pages and low > rule.share
    return DomainCount(domain, pages, kept, kept / pages, low, is_math)
