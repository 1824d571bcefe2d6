"""A small world with Problems, solutions and a policy of its own, in which training shows what it does within minutes.

A Problem is five digits joined by + - *, worked from left to right modulo 10: of `3+4*2-7*5` the running results are 7,
4, 7 and 5, and its solution is `3+4=7*2=4-7=7*5=5####5`. There are 8.1 million of them. Which split one is in
hangs on the Problem alone, so that no two splits share one, whatever seeds they are drawn with.

A corrupted solution is worked rightly and then states another answer. A policy pretrained on such among right ones
learns how to solve, and to say something else in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import orjson

from mathmill.data.problem_rows import Problem
from mathmill.train.sources.drawn import drawn

SIGNS = "+-*"
DIGITS, LENGTH = 10, 5
ALL = DIGITS**LENGTH * len(SIGNS) ** (LENGTH - 1)
#: How a Problem is asked; a prompt that ends in a blank has nothing put between it and the solution.
ASK = "{question}\n"
MARK = "####"  # before the answer, as in GSM8K
BEGIN, END, PAD = "<begin>", "<end>", "<pad>"
MAX_NEW_TOKENS = 24  # a solution has 20: signs and digits with their results, the mark, the answer, the end
#: Of the policy, with its vocabulary 345 thousand weights.
SHAPE = {"width": 96, "layers": 3, "heads": 4, "inner": 268, "context": 48}

Split = Literal["train", "validation", "test"]
_SHARES: dict[Split, range] = {"train": range(8), "validation": range(8, 9), "test": range(9, 10)}  # tenths


@dataclass(frozen=True)
class Sum:
    """One Problem of the world, by its number."""

    number: int

    @cached_property
    def parts(self) -> tuple[tuple[int, ...], str]:
        """Its digits and signs."""
        rest, digits, signs = self.number, [], ""
        for _ in range(LENGTH):
            rest, digit = divmod(rest, DIGITS)
            digits.append(digit)
        for _ in range(LENGTH - 1):
            rest, sign = divmod(rest, len(SIGNS))
            signs += SIGNS[sign]
        return tuple(digits), signs

    @property
    def question(self) -> str:
        digits, signs = self.parts
        return str(digits[0]) + "".join(f"{sign}{digit}" for sign, digit in zip(signs, digits[1:], strict=True))

    @cached_property
    def results(self) -> list[int]:
        """The running results."""
        digits, signs = self.parts
        value, found = digits[0], []
        for sign, digit in zip(signs, digits[1:], strict=True):
            value = {"+": value + digit, "-": value - digit, "*": value * digit}[sign] % DIGITS
            found.append(value)
        return found

    @property
    def gold(self) -> str:
        return str(self.results[-1])

    @property
    def solution(self) -> str:
        return self._worked(self.results[-1])

    def corrupted(self, seed: int) -> str:
        """A solution with a wrong answer, drawn by the seed."""
        wrong = (self.results[-1] + 1 + drawn(seed, "corrupted", self.number) % (DIGITS - 1)) % DIGITS
        return self._worked(wrong)

    def _worked(self, answer: int) -> str:
        digits, signs = self.parts
        steps = zip(signs, digits[1:], self.results, strict=True)
        return str(digits[0]) + "".join(f"{sign}{digit}={result}" for sign, digit, result in steps) + f"{MARK}{answer}"

    @property
    def problem(self) -> Problem:
        return Problem(f"world/{self.number}", self.question, self.gold, {})


def split_of(number: int) -> Split:
    """The split that a Problem is in."""
    tenth = drawn("split", number) % 10
    return next(split for split, tenths in _SHARES.items() if tenth in tenths)


def sums(split: Split, count: int, seed: int = 0) -> list[Sum]:
    """So many different Problems of a split, drawn by the seed."""
    return [Sum(number) for number in islice(_numbers(split, seed), count)]


def _numbers(split: Split, seed: int) -> Iterator[int]:
    seen, draw = set[int](), 0
    while True:
        number = drawn(seed, split, draw) % ALL
        draw += 1
        if number not in seen and split_of(number) == split:
            seen.add(number)
            yield number


def write_corpus(path: Path, some: Sequence[Sum], corrupted: float = 0.5, seed: int = 0) -> Path:
    """Texts to pretrain on: questions with solutions, of which this share is corrupted."""
    wrong = int(corrupted * 1_000)
    texts = [
        ASK.format(question=each.question)
        + (each.corrupted(seed) if drawn(seed, "is corrupted", each.number) % 1_000 < wrong else each.solution)
        for each in some
    ]
    return _write(path, [{"url": "", "text": text} for text in texts])


def write_solved(path: Path, some: Sequence[Sum]) -> Path:
    """Problems with right solutions, to tune on or to ask."""
    return _write(
        path,
        [
            {"id": f"world/{each.number}", "question": each.question, "solution": each.solution, "answer": each.gold}
            for each in some
        ],
    )


def _write(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def tokenizer() -> Any:
    """Every character is a token, and so is the mark before the answer."""
    import transformers
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

    library: Any = transformers
    words = [BEGIN, END, PAD, "\n", "=", MARK, *SIGNS, *map(str, range(DIGITS))]
    built = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token=PAD))
    built.add_special_tokens([BEGIN, END, PAD])
    built.pre_tokenizer = pre_tokenizers.Split(Regex(rf"{MARK}|[\s\S]"), "isolated")
    built.post_processor = processors.TemplateProcessing(single=f"{BEGIN} $A", special_tokens=[(BEGIN, 0)])
    built.decoder = decoders.Fuse()
    return library.PreTrainedTokenizerFast(
        tokenizer_object=built,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        model_max_length=SHAPE["context"],
        clean_up_tokenization_spaces=False,
    )


def write_policy(folder: Path, seed: int = 0) -> Path:
    """A policy that knows nothing yet, as `from_pretrained` loads it."""
    from mathmill.train.policy.fresh import FreshModel, fresh_model

    made = tokenizer()
    fresh_model(FreshModel(**SHAPE), made, seed).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def pretrain_tree(start: Path, corpus: Path, seed: int = 0, steps: int = 380) -> dict[str, Any]:
    """A recipe of `mathmill train pretrain`: 380 steps on a corpus, half of which is corrupted."""
    return {
        "seed": seed,
        "policy": {"start": str(start)},
        "mix": [{"name": "world", "pages": {"files": [str(corpus)]}}],
        "train": {"steps": steps},
        "rows": {"step": 16, "length": 128},
        "schedule": {"rate": 2e-3, "warm_up": 20, "shape": "cosine"},
        "optimizer": {"weight_decay": 0.0},
    }


def sft_tree(start: Path, solved: Path, seed: int = 0, steps: int = 20) -> dict[str, Any]:
    """A recipe of `mathmill train sft`: 20 steps on solutions that are all right."""
    return {
        "seed": seed,
        "policy": {"start": str(start)},
        "sources": [{"files": [str(solved)], "ask": ASK}],
        "held_out": {"share": 0.0},
        "train": {"steps": steps},
        "rows": {"step": 8, "length": 128},
        "schedule": {"rate": 3e-4, "shape": "constant"},
    }
