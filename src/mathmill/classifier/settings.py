"""How fastText is trained: DeepSeekMath's settings by default. Light: nothing here loads fastText."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mathmill.data.config import Config

MATH = "__label__math"
OTHER = "__label__other"
LABEL_PREFIX = "__label__"

FEWEST_LINES = 10  # of each class; below this nothing is learnt, and most likely a path is wrong


class FastText(Config):
    """Settings of one supervised model (arXiv 2402.03300, section 2.1).

    The model's matrix takes `4 * dim * (words + bucket)` bytes, 2.1 GB with these defaults, in memory and on disk;
    `quantise` leaves an eighth of that in the file, takes minutes, and costs average precision (docs/results.md). A
    model for one small machine: `dim = 64, bucket = 500_000`.

    With `threads = 1` the same lines, settings and seed give the same bytes on the same kind of machine. With more they
    do not: the threads write into one matrix without locks, so that each training gives another model of much the same
    quality. What is made with a model is tied to the model's hash, not to its settings.
    """

    dim: Annotated[int, Field(ge=1, le=4096)] = Field(default=256, description="numbers in the vector of a word")
    lr: Annotated[float, Field(gt=0, le=10)] = Field(default=0.1, description="first learning rate; falls to 0 evenly")
    word_ngrams: Annotated[int, Field(ge=1, le=10)] = Field(default=3, description="longest run of words with a vector")
    min_count: Annotated[int, Field(ge=1, lt=2**31)] = Field(default=3, description="rarer words have no vector")
    epoch: Annotated[int, Field(ge=1, le=1000)] = Field(default=3, description="passes over the lines")
    bucket: Annotated[int, Field(ge=1000, le=100_000_000)] = Field(
        default=2_000_000, description="vectors shared by all runs of two words or more, by hash"
    )
    seed: Annotated[int, Field(ge=0, lt=2**31)] = Field(default=0, description="of the order of lines and the vectors")
    threads: Annotated[int, Field(ge=1, le=256)] = Field(
        default=1, description="more than one: another model each time"
    )
    quantise: bool = Field(default=False, description="product quantisation, two numbers to a byte; written as .ftz")

    @model_validator(mode="after")
    def _fits(self) -> FastText:
        """fastText counts bytes and rows in 64 bits, but a typing error should not ask for a terabyte."""
        if self.dim * self.bucket > 2**36:
            gigabytes = 4 * self.dim * self.bucket / 1e9
            raise ValueError(f"dim * bucket would take {gigabytes:,.0f} GB of memory: make one of them smaller")
        return self
