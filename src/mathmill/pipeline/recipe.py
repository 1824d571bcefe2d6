"""What `mathmill pipeline run` can be told: a TOML file resolved into one frozen config.

Only what changes the corpus is here; how it is run (workers, folder, error budget) is said on the
command line, so that a run may go on with other workers in the folder where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, PositiveInt, field_validator, model_validator

from mathmill.classifier.evidence import Evidence
from mathmill.classifier.stage import ClassifierGate, Classify
from mathmill.data.config import Config
from mathmill.pipeline.cheap_text import CheapText
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.decontaminate.decontaminate import Decontaminate
from mathmill.pipeline.dedup.exact import ExactDuplicates
from mathmill.pipeline.dedup.near import NearDuplicates
from mathmill.pipeline.dedup.site_lines import SiteLines
from mathmill.pipeline.extract import Extract
from mathmill.pipeline.fetch.recipe import Fetching
from mathmill.pipeline.gates import ByteGate
from mathmill.pipeline.harvest.harvest import Harvest
from mathmill.pipeline.language import Language
from mathmill.pipeline.quality import Quality
from mathmill.pipeline.selection.select import Select
from mathmill.pipeline.selection.split import Split

AnyStage = Annotated[
    ByteGate | Decode | CheapText | Language | ClassifierGate | Extract | Evidence | Classify | Quality,
    Field(discriminator="use"),
]

AnyPass = Annotated[
    ExactDuplicates | SiteLines | NearDuplicates | Decontaminate | Harvest | Select | Split,
    Field(discriminator="use"),
]

# What a stage needs is made by another, or taken away by one. Several may stand between.
_NEEDS = (
    ("decode", "cheap_text"),
    ("decode", "extract"),
    ("cheap_text", "classifier_gate"),
    ("extract", "evidence"),
    ("extract", "classifier"),
    ("extract", "quality"),
)
_DROPPING = ("exact_duplicates", "site_lines", "near_duplicates", "decontaminate")
_BEFORE = (
    ("byte_gate", "decode", "decode leaves no bytes"),
    ("cheap_text", "extract", "extract leaves no HTML"),
    ("classifier_gate", "extract", "it spares the extraction; behind it, use classifier"),
)
_PASS_BEFORE = (
    ("exact_duplicates", "site_lines", "copies would make the lines of one page those of a site"),
    ("exact_duplicates", "near_duplicates", "it is cheaper, and spares the other"),
    ("site_lines", "near_duplicates", "pages that share only a site's lines are no copies"),
    ("split", "harvest", "problems of validation pages are kept apart"),
    *((each, "split", "copies would stand on both sides") for each in ("exact_duplicates", "near_duplicates")),
    *((each, "select", "what is dropped must not take room in the budget") for each in _DROPPING),
    *((each, "harvest", "problems come from what is left") for each in _DROPPING),
)


class PageLimits(Config):
    """What one page may use before its process is killed and the page set aside."""

    seconds: PositiveInt = Field(default=20, description="processor seconds")
    megabytes: PositiveInt = Field(default=1024, description="memory above the idle process")


class Audit(Config):
    """The sample of each gate's rejects that goes through the full path all the same."""

    rate: float = Field(default=0.005, ge=0, le=1, description="share of the rejects; about 25 ms of work each")


class CorpusFiles(Config):
    """How the finished corpus is cut into files."""

    file_mb: PositiveInt = Field(
        default=64, description="text a file, in millions of characters or so; an archive's is never divided"
    )


class PipelineRecipe(Config):
    """Archives in, a corpus out: the stages page by page, then the passes over all Documents, in order."""

    archives: tuple[str, ...] = Field(
        default=(), description="paths, globs, https:// or s3:// addresses, cc:CRAWL/warc?shards=N"
    )
    # No part of what the run is: dumps leave it out, and so do its hash, its claim on a folder and its manifest.
    fetching: Fetching = Field(default=Fetching(), exclude=True)
    seed: int = Field(default=0, ge=0, lt=2**63)
    page: PageLimits = PageLimits()
    audit: Audit = Audit()
    stages: tuple[AnyStage, ...] = (
        ByteGate(),
        Decode(),
        CheapText(),
        Language(),
        Extract(),
        Evidence(),
        Quality(),
    )
    passes: tuple[AnyPass, ...] = ()
    corpus: CorpusFiles = CorpusFiles()

    @field_validator("stages")
    @classmethod
    def _stages_in_order(cls, stages: tuple[AnyStage, ...]) -> tuple[AnyStage, ...]:
        order = _order([stage.use for stage in stages], "stage")
        for first, then in _NEEDS:
            if then in order and order.get(first, len(order)) > order[then]:
                raise ValueError(f"{then} needs what {first} makes: put {first} before it")
        _check_before(order, _BEFORE)
        return stages

    @field_validator("passes")
    @classmethod
    def _passes_in_order(cls, passes: tuple[AnyPass, ...]) -> tuple[AnyPass, ...]:
        _check_before(_order([each.use for each in passes], "pass"), _PASS_BEFORE)
        return passes

    @model_validator(mode="after")
    def _passes_have_what_they_need(self) -> Self:
        stages = {stage.use for stage in self.stages}
        for each in self.passes:
            missing = [stage for stage in getattr(each, "needs", ()) if stage not in stages]
            if missing:
                raise ValueError(
                    f"passes: {each.use} needs what {missing[0]} makes: add it to the stages, or go by another"
                )
        return self


def _order(names: Sequence[str], what: str) -> dict[str, int]:
    """Name -> position.

    Raises:
        ValueError: one is there twice.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"each {what} is used once; {', '.join(twice)} is there more often")
    return {name: position for position, name in enumerate(names)}


def _check_before(order: dict[str, int], rules: Sequence[tuple[str, str, str]]) -> None:
    for first, then, why in rules:
        if first in order and then in order and order[first] > order[then]:
            raise ValueError(f"{first} must stand before {then}: {why}")
