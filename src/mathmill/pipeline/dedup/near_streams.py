"""The tokens of candidates: written once a shard, read from there at need.

A shard's tokens lie in one file of 64-bit numbers, those of a Document together, so that a partition reads what it asks
for and no more. 8 bytes a token of the Documents that met another in a band. A table beside it says where they are, and
what copies are ranked by.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np

from mathmill.data.files import Output, Staging, writing
from mathmill.data.rows import ROW_BITS
from mathmill.data.shards import count_parquet
from mathmill.data.store.mounts import at_hand
from mathmill.pipeline.dedup.candidates import candidate_rows
from mathmill.pipeline.dedup.copies import copy_row
from mathmill.pipeline.dedup.minhash import band_keys, signature
from mathmill.pipeline.dedup.near_marks import marked_tokens
from mathmill.pipeline.dedup.near_members import Members
from mathmill.pipeline.dedup.near_tables import STREAM_COLUMNS, STREAMS, table_writer
from mathmill.pipeline.dedup.shingles import FLAGS, Hashes, shingles
from mathmill.pipeline.dedup.variants import Print, Said, print_of, said
from mathmill.pipeline.passes.base import PassTask

_BYTES = 8
_HELD_BYTES_A_TOKEN = 40  # of a Document's set of shingles, or of what it says


def write_streams(task: PassTask) -> dict[str, Output]:
    """Write and publish the tokens of a shard's candidates, and the table of where they are."""
    low = task.working.row(0)
    wanted = set(candidate_rows(task.folder, low, low + (1 << ROW_BITS)).tolist())
    staging = Staging(task.folder)
    names = f"{STREAMS}/{task.shard}.parquet", tokens_name(task.shard)
    places = staging.stage(names[0], count_parquet)
    path = staging.stage(names[1], _count)
    first = 0
    with writing(path), path.open("wb") as file, table_writer(places, STREAM_COLUMNS) as table:
        for place, document in task.documents() if wanted else ():
            row = task.working.row(place)
            if row in wanted:
                found = marked_tokens(document.text)
                file.write(found.tobytes())
                place_of = {"shard": task.shard, "first": first, "count": len(found), "stream": _hash(found & ~FLAGS)}
                table.add(copy_row(task, place, document) | place_of)
                first += len(found)
    return staging.publish({names[0]: table.count, names[1]: first})


def tokens_name(shard: str) -> str:
    """The file of a shard's tokens, in the run's folder."""
    return f"{STREAMS}/{shard}.tokens"


def _count(path: Path) -> int:
    return path.stat().st_size // _BYTES


def _hash(values: Hashes) -> int:
    return int.from_bytes(hashlib.blake2b(values.tobytes(), digest_size=_BYTES).digest(), "little", signed=True)


class Texts:
    """The tokens and shingles of some Documents; what was used lately is held, up to so many bytes."""

    def __init__(self, folder: Path, members: Members, size: int, most: int) -> None:
        self._folder, self._members = folder, members
        self._size, self._most, self._held = size, most, 0
        self._sets: dict[int, Hashes] = {}
        self._said: dict[int, Said] = {}
        self._prints: dict[int, Print] = {}

    def tokens(self, number: int) -> Hashes:
        """The tokens of the Document of a number, with their marks."""
        members = self._members
        path = at_hand(self._folder / tokens_name(members.shards[number]))
        return np.fromfile(path, np.uint64, self.count(number), offset=int(members.firsts[number]) * _BYTES)

    def shingles(self, number: int) -> Hashes:
        """Its set of shingles, ascending."""
        if number not in self._sets:
            self._make_room(number)
            self._sets[number] = np.unique(shingles(self.tokens(number), self._size))
        return self._sets[number]

    def bands(self, number: int, bands: int, rows: int) -> Hashes:
        """Its bands, of shape (bands,); made anew, since only the largest components ask for them."""
        return band_keys(signature(shingles(self.tokens(number), self._size), bands * rows), bands, rows)

    def said(self, number: int) -> Said:
        """What it says, to be compared token by token."""
        if number not in self._said:
            self._make_room(number)
            self._said[number] = said(self.tokens(number))
        return self._said[number]

    def print(self, number: int) -> Print:
        """Its Print; some 200 bytes that are held for good."""
        if number not in self._prints:
            self._prints[number] = print_of(self.tokens(number))
        return self._prints[number]

    def count(self, number: int) -> int:
        """How many tokens it has."""
        return int(self._members.counts[number])

    @cached_property
    def allowed_tokens(self) -> int:
        """How many tokens Documents that are compared together may have in all."""
        return self._most // 128

    def _make_room(self, number: int) -> None:
        self._held += self.count(number) * _HELD_BYTES_A_TOKEN
        if self._held > self._most // 2:
            self._sets.clear()
            self._said.clear()
            self._held = self.count(number) * _HELD_BYTES_A_TOKEN
