"""Sources of rows become Examples in a store: read once, divided by question into trained and held out, and counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.train.batch.chats import ChatEncoder, Turns
from mathmill.train.batch.examples import DroppedExample, Encoder, Example
from mathmill.train.batch.order import Sampler, permutation
from mathmill.train.sources.drawn import drawn, question_key
from mathmill.train.sources.examples_store import ExampleStore, StoreBuilder
from mathmill.train.sources.feed import Row
from mathmill.train.sources.forms import Chat, RowReader, Said, Told
from mathmill.train.sources.rows import row_tables
from mathmill.train.sources.settings import HeldOut, TuningSource

_NO_LIMIT = 1 << 40  # tokens: what is too long is cut when it is known how long it would be
_SHOWN = 3  # dropped rows of each reason that are told in words


@dataclass(slots=True)
class Counts:
    """What became of a source's rows. Tokens are those of an Example as it is trained, `longest` as it was read."""

    source: str
    forms: list[str] = field(default_factory=list)
    rows: int = 0
    examples: int = 0
    tokens: int = 0
    trained_tokens: int = 0
    truncated: int = 0
    longest: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    evidence: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, dropped: DroppedExample) -> None:
        self.dropped[dropped.reason] += 1
        told = self.evidence.setdefault(dropped.reason, [])
        if len(told) < _SHOWN:
            told.append(f"{dropped.origin}: {dropped.evidence}")

    def told(self) -> dict[str, Any]:
        """In plain values."""
        counted = {name: getattr(self, name) for name in ("source", "forms", "rows", "examples", "tokens")}
        counted |= {name: getattr(self, name) for name in ("trained_tokens", "truncated", "longest")}
        return {
            **counted,
            "dropped": dict(sorted(self.dropped.items())),
            "evidence": dict(sorted(self.evidence.items())),
        }


@dataclass(frozen=True, slots=True)
class Tuning:
    """Examples to train on, and held-out ones or None; `counts` are facts for people.

    Of a source that is repeated the Examples are there as often. `fingerprint` is a SHA-256 over tokens, masks and
    order of all Examples: equal only for equal training.
    """

    examples: ExampleStore
    held_out: ExampleStore | None
    counts: Mapping[str, Any]
    fingerprint: str


@dataclass(slots=True)
class _Gathered:
    """Examples of some sources, of each its source's number and a hash of its question."""

    counts: list[Counts] = field(default_factory=list)
    builder: StoreBuilder = field(default_factory=StoreBuilder)
    sources: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)

    def add(self, example: Example, key: int) -> None:
        self.builder.add(example)
        self.sources.append(len(self.counts) - 1)
        self.keys.append(key)


def read_tuning(
    sources: Sequence[TuningSource],
    encoder: Encoder,
    seed: int,
    held_out: HeldOut | None = None,
    template: Mapping[str, Any] | None = None,
) -> Tuning:
    """Read all rows. `template` are arguments of the chat template by name.

    Raises:
        InputMissing, DamagedInput: a source is not there, or not whole.
        ConfigError: columns are others, or a source has nothing that can be trained; the message says why.
    """
    aside = held_out or HeldOut()
    gathered = _gather(sources, encoder, template or {})
    own = _gather(aside.sources, encoder, template or {})
    store, measured = gathered.builder.store(), own.builder.store()
    keys = np.array(gathered.keys, np.uint64)
    is_aside = np.isin(keys, np.array(own.keys, np.uint64))
    for number in np.flatnonzero(is_aside).tolist():
        dropped = DroppedExample(store.origins[number], "asked_in_held_out", "its question is held out")
        gathered.counts[gathered.sources[number]].drop(dropped)
    if aside.share:
        is_aside = _drawn_aside(keys, aside, seed)
        measured = store.select(np.flatnonzero(is_aside))
    elif aside.sources:
        measured = measured.select(permutation(drawn(seed, "held out"), 0, len(measured))[: aside.most])
    chosen = _repeated(sources, np.array(gathered.sources), ~is_aside, seed)
    examples = store.select(chosen)
    if not len(examples):
        raise ConfigError("all Examples are held out and none is left to train on: hold out fewer")
    held = measured if len(measured) else None
    return Tuning(examples, held, _told(examples, held, gathered, own), _fingerprint(examples, held))


class TuningFeed:
    """Rows of a store's Examples, epoch after epoch, in the order of a Sampler."""

    def __init__(self, store: ExampleStore, sampler: Sampler) -> None:
        self._store, self._sampler = store, sampler

    def take(self, rows: int) -> list[Row]:
        return [tuple(self._store[number] for number in row) for row in self._sampler.take(rows)]

    def state(self) -> dict[str, Any]:
        return dict(self._sampler.state())

    def load(self, state: Mapping[str, Any]) -> None:
        self._sampler.load(state)

    def told(self) -> dict[str, Any]:
        return {}  # all was counted when it was read

    @property
    def epoch(self) -> float:
        return self._sampler.epoch + self._sampler.position / self._sampler.rows

    @property
    def rows(self) -> int | None:
        return self._sampler.rows


def _gather(sources: Sequence[TuningSource], encoder: Encoder, template: Mapping[str, Any]) -> _Gathered:
    gathered = _Gathered()
    for source in sources:
        counts = Counts(source.place)
        gathered.counts.append(counts)
        for made, question in _examples(source, encoder, template, counts):
            if isinstance(made, DroppedExample):
                counts.drop(made)
            else:
                counts.examples += 1
                counts.tokens += len(made)
                counts.trained_tokens += sum(made.trained)
                gathered.add(made, question_key(question))
        if not counts.examples:
            raise ConfigError(f"nothing can be trained of {source.place}: {_why(counts)}")
    return gathered


def _examples(
    source: TuningSource, encoder: Encoder, template: Mapping[str, Any], counts: Counts
) -> Iterator[tuple[Example | DroppedExample, str]]:
    """What the rows of a source become, each with its question."""
    whole = replace(encoder, length=_NO_LIMIT)
    reader = RowReader(source, bool(encoder.tokenizer.chat_template))
    encoders: dict[Turns, ChatEncoder] = {}
    for table in row_tables(source, reader.chats):
        if table.form not in counts.forms:
            counts.forms.append(table.form)
        for number, (_, row) in enumerate(table.rows, 1):
            if source.most and counts.rows == source.most:
                return
            counts.rows += 1
            origin = _origin(row.get(table.columns.id), f"{table.name}/{number}")
            said = reader(origin, row, table.form, table.columns)
            if isinstance(said, DroppedExample):
                yield said, ""
                continue
            for made in _encoded(origin, said, encoder, whole, encoders, template):
                yield _fitted(made, encoder, source, counts), said[1]


def _origin(own: Any, numbered: str) -> str:
    return str(own) if isinstance(own, str | int) and not isinstance(own, bool) and own != "" else numbered


def _encoded(
    origin: str,
    said: Said,
    encoder: Encoder,
    whole: Encoder,
    chats: dict[Turns, ChatEncoder],
    template: Mapping[str, Any],
) -> Iterator[Example | DroppedExample]:
    what = said[0]
    if isinstance(what, Chat):
        if what.turns not in chats:
            chats[what.turns] = ChatEncoder(whole, what.turns, template)
        yield chats[what.turns](origin, what.messages)
    elif isinstance(what, Told):
        yield whole.completion(origin, what.prompt, what.completion)
    else:
        yield from encoder.text(origin, what.text)


def _fitted(
    made: Example | DroppedExample, encoder: Encoder, source: TuningSource, counts: Counts
) -> Example | DroppedExample:
    """An Example of the length that is asked for, if it can be."""
    if isinstance(made, DroppedExample):
        return made
    counts.longest = max(counts.longest, len(made))
    if len(made) <= encoder.length:
        return made
    if source.too_long == "dropped":
        return DroppedExample(made.origin, "too_long", f"{len(made):,} tokens are more than {encoder.length:,}")
    cut = encoder.cut(made.origin, made.input_ids, made.trained)
    counts.truncated += isinstance(cut, Example)
    return cut


def _drawn_aside(keys: npt.NDArray[np.uint64], aside: HeldOut, seed: int) -> npt.NDArray[np.bool_]:
    """Which Examples are held out: whole questions in an order of the seed, until there are enough."""
    questions, inverse, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.argsort(np.array([drawn(seed, "held out", key) for key in questions.tolist()], np.uint64), kind="stable")
    enough = min(aside.most, max(1, round(aside.share * len(keys))))
    before = np.cumsum(sizes[order]) - sizes[order]
    is_aside = np.zeros(len(questions), np.bool_)
    is_aside[order[before < enough]] = True
    found: npt.NDArray[np.bool_] = is_aside[inverse]
    return found


def _repeated(
    sources: Sequence[TuningSource], of: npt.NDArray[np.int64], trained: npt.NDArray[np.bool_], seed: int
) -> npt.NDArray[np.int64]:
    """Numbers of the Examples that are trained, of each source as often as it says."""
    chosen: list[npt.NDArray[np.int64]] = []
    for number, source in enumerate(sources):
        own = np.flatnonzero((of == number) & trained)
        times = int(source.repeat)
        part = round((source.repeat - times) * len(own))
        some = np.sort(permutation(drawn(seed, "repeat", number), 0, len(own))[:part])
        chosen += [np.repeat(own, times), own[some]]
    return np.concatenate(chosen) if chosen else np.empty(0, np.int64)


def _why(counts: Counts) -> str:
    told = ", ".join(f"{reason} {count:,}" for reason, count in counts.dropped.most_common())
    first = next(iter(counts.evidence.values()))[0]
    return f"of {counts.rows:,} rows all are dropped ({told}); the first: {first}"


def _told(examples: ExampleStore, held: ExampleStore | None, gathered: _Gathered, own: _Gathered) -> dict[str, Any]:
    dropped: Counter[str] = Counter()
    for counts in gathered.counts:
        dropped.update(counts.dropped)
    return {
        "examples": len(examples),
        "tokens": examples.tokens,
        "trained_tokens": examples.trained_tokens,
        "truncated": sum(counts.truncated for counts in gathered.counts),
        "longest": max((counts.longest for counts in gathered.counts), default=0),
        "dropped": dict(sorted(dropped.items())),
        "held_out": {"examples": len(held), "trained_tokens": held.trained_tokens} if held else None,
        "sources": [counts.told() for counts in gathered.counts],
        "held_out_sources": [counts.told() for counts in own.counts],
    }


def _fingerprint(examples: ExampleStore, held: ExampleStore | None) -> str:
    both = examples.fingerprint() + (held.fingerprint() if held else "")
    return hashlib.sha256(both.encode()).hexdigest()
