"""What `mathmill classifier train` and `iterate` can be told: a TOML file resolved into one frozen config.

The defaults are DeepSeekMath's (arXiv 2402.03300, section 2.1) where that paper says them, but for `joins` and
`negatives.spare`, of which it says nothing or what does worse here; `recipes/classifier.toml` is for one machine.
Only what changes the outcome is here; workers and folders are said on the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mathmill.classifier.domains import DomainRule
from mathmill.classifier.features import Features
from mathmill.classifier.patterns import PatternRule
from mathmill.classifier.settings import FastText
from mathmill.classifier.target import Target
from mathmill.data.config import Config
from mathmill.data.page_files import Pages

OPEN_WEB_MATH = "open-web-math/open-web-math"


class Positives(Config):
    """The pages that the first round takes for mathematics: a seeded draw, each address once."""

    pages: Pages = Pages(hub=OPEN_WEB_MATH)
    count: PositiveInt = Field(default=500_000, description="at most so many, all where there are fewer")
    per_domain: PositiveInt | None = Field(
        default=None, description="at most so many of one registered domain; pages without an address count as one"
    )


class Negatives(Config):
    """The pages that stand for everything else: a uniform draw of the crawl, new in each round.

    Pages of the seed set and of held-out domains are never drawn, nor what is under accepted patterns. From the second
    round on `spare` says what else: what the round before kept, or with it all pages of the domains that it found to be
    mathematics. In a crawl that is rich in mathematics those would teach the model that mathematics is none.
    """

    count: PositiveInt = 500_000
    spare: Literal["kept", "domains"] = "domains"
    hard: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of them drawn from what the round before kept in domains that are surely not mathematics",
    )


class Labels(Config):
    """A labelled set by address: its registered domains never train, and tell how good each round is."""

    file: Path = Field(description="JSON lines or Parquet with an address and a label a row")
    url: str = "url"
    label: str = Field(default="is_math", description="column that is true for mathematics")
    where: dict[str, str] = Field(default={}, description="only rows whose columns have these values")


class Keep(Config):
    """How much of the crawl, by rank, a round keeps: so many tokens, or a share of them."""

    tokens: PositiveInt | None = Field(default=None, description="of the pages with the highest scores together")
    share: float | None = Field(
        default=None, gt=0, lt=1, description="of the crawl's tokens; pages of mathematics are long"
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Keep:
        if (self.tokens is None) == (self.share is None):
            raise ValueError("say one of tokens and share")
        return self

    def budget(self, of_tokens: int) -> int:
        """The tokens that may be kept of a crawl with so many."""
        return self.tokens if self.tokens is not None else int(of_tokens * (self.share or 0.0))


class TrainRecipe(Config):
    """A seed set and a crawl in, a classifier out.

    With `labels`, half of their sites (by a hash) chooses the threshold for `target` and calibrates, and the other half
    is reported on.
    """

    seed: NonNegativeInt = 0
    crawl: Pages = Field(description="the pages that negatives are drawn from, and that a loop scores")
    positives: Positives = Positives()
    negatives: Negatives = Negatives()
    features: Features = Features()
    min_domains: PositiveInt = Field(
        default=1, description="words that fewer registered domains of the seed set use teach nothing and are left out"
    )
    fasttext: FastText = FastText()
    labels: Labels | None = None
    target: Target = Field(default=Target(precision=0.95), description="what the threshold is chosen for")

    @model_validator(mode="after")
    def _crawl_is_local(self) -> TrainRecipe:
        if self.crawl.hub:
            raise ValueError("crawl: a data set on the hub cannot be scored in rounds: download it and name its files")
        if self.crawl.most is not None:
            raise ValueError("crawl.most: a crawl is read whole: name fewer files")
        return self


class RoundRecipe(TrainRecipe):
    """What every round of the loop does: train, score, keep, find domains and patterns."""

    keep: Keep = Keep(tokens=40_000_000_000)
    domains: DomainRule = DomainRule()
    patterns: PatternRule = PatternRule()
    joins: Literal["uncollected", "likely", "kept", "all"] = Field(
        default="likely",
        description="which pages under accepted patterns join the seed set: those that the round did not keep (the "
        "paper's rule), those that it did, all, or `likely`: all that would be kept with `reach` times the tokens",
    )
    reach: float = Field(default=1.2, ge=1, description="see joins")
    join_per_domain: PositiveInt = Field(default=10_000, description="at most so many of one registered domain")


P = TypeVar("P", bound=TrainRecipe)


def part(recipe: TrainRecipe, of: type[P]) -> P:
    """What a recipe says of less: of its rounds, or of one training."""
    return of.model_validate(recipe.model_dump(include=set(of.model_fields)))


class LoopRecipe(RoundRecipe):
    """The loop: rounds until nearly all that one keeps was kept by the one before, or there were enough."""

    rounds: PositiveInt = 4
    stop_at: float = Field(
        default=0.98, gt=0, le=1, description="end when this share of the tokens kept was kept by the round before"
    )
