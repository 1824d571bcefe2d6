"""What `mathmill pipeline run` can be told: a TOML file resolved into one frozen config.

Only what changes the corpus is here; how it is run (workers, folder, error budget) is said on the
command line, so that a run may go on with other workers in the folder where it was.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PositiveInt, field_validator

from mathmill.classifier.evidence import Evidence
from mathmill.classifier.stage import ClassifierGate, Classify
from mathmill.data.config import Config
from mathmill.pipeline.cheap_text import CheapText
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.extract import Extract
from mathmill.pipeline.gates import ByteGate
from mathmill.pipeline.language import Language
from mathmill.pipeline.quality import Quality

AnyStage = Annotated[
    ByteGate | Decode | CheapText | Language | ClassifierGate | Extract | Evidence | Classify | Quality,
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
_BEFORE = (
    ("byte_gate", "decode", "decode leaves no bytes"),
    ("cheap_text", "extract", "extract leaves no HTML"),
    ("classifier_gate", "extract", "it spares the extraction; behind it, use classifier"),
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

    archives: tuple[str, ...] = Field(default=(), description="paths, globs, https:// or s3:// addresses")
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
    passes: tuple[Any, ...] = ()
    corpus: CorpusFiles = CorpusFiles()

    @field_validator("stages")
    @classmethod
    def _each_once(cls, stages: tuple[AnyStage, ...]) -> tuple[AnyStage, ...]:
        names: list[str] = [stage.use for stage in stages]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each stage is used once; {', '.join(twice)} is there more often")
        order = {name: position for position, name in enumerate(names)}
        for first, then in _NEEDS:
            if then in order and order.get(first, len(names)) > order[then]:
                raise ValueError(f"{then} needs what {first} makes: put {first} before it")
        for first, then, why in _BEFORE:
            if first in order and then in order and order[first] > order[then]:
                raise ValueError(f"{first} must stand before {then}: {why}")
        return stages
