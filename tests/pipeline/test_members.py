"""Members and frames: sound ones whole, damaged ones as far as they go, and never too much memory."""

from __future__ import annotations

import random
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.members import (
    LOST_REASONS,
    ArchiveLimits,
    Window,
    inflate_exact,
    inflate_whole,
    member_starts,
    no_more,
)
from mathmill.pipeline.warc import LostSpan, Record
from tests.effort import within
from tests.pipeline.making import (
    STORED,
    address,
    answer,
    frame,
    html,
    lost_of,
    member,
    members,
    numbers_of,
    plain,
    read,
    reasons_of,
    records_of,
    responses,
    warc,
)
from tests.shared import CRAWL, needs_crawl

TEN = responses(10)


@pytest.mark.parametrize("stored", STORED)
def test_every_way_of_storing_gives_the_same_records(tmp_path: Path, stored: str) -> None:
    items = read(tmp_path, STORED[stored](TEN))
    assert numbers_of(items) == list(range(10))
    assert not lost_of(items)


@pytest.mark.parametrize("stored", STORED)
def test_records_are_read_whatever_the_size_of_reads(
    tmp_path: Path, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mathmill.pipeline.archives.READ_SIZE", 97)
    monkeypatch.setattr("mathmill.pipeline.members.READ_AHEAD", 1)
    monkeypatch.setattr("mathmill.pipeline.members.FIRST_PIECE", 50)
    assert numbers_of(read(tmp_path, STORED[stored](TEN))) == list(range(10))


@pytest.mark.parametrize("stored", STORED)
def test_two_hundred_random_bytes_in_the_middle(tmp_path: Path, stored: str) -> None:
    data = bytearray(STORED[stored](responses(48)))
    data[len(data) // 2 : len(data) // 2 + 200] = random.Random(1).randbytes(200)
    items = read(tmp_path, bytes(data))
    # One stream for all records cannot be read behind the damage.
    least = {"one.warc.gz": 23, "one.warc.zst": 0, "odd.warc.gz": 40}.get(stored, 46)
    assert len(numbers_of(items)) >= least
    assert lost_of(items)


def test_damage_inside_one_of_48_members_costs_that_one(tmp_path: Path) -> None:
    stored = [member(warc(answer(html(number, filler=400)), address(number))) for number in range(48)]
    damaged = bytearray(stored[24])
    damaged[600:800] = random.Random(3).randbytes(200)
    items = read(tmp_path, b"".join([*stored[:24], bytes(damaged), *stored[25:]]))
    assert [record.url for record in records_of(items)] == [address(n) for n in range(48) if n != 24]
    assert [(span.offset, span.length) for span in lost_of(items)] == [(sum(map(len, stored[:24])), len(stored[24]))]


def test_flipped_bytes_cost_one_member(tmp_path: Path) -> None:
    stored = [member(record) for record in TEN]
    middle = len(stored[4]) // 2
    damaged = bytes(byte ^ 0xFF for byte in stored[4][middle : middle + 64])
    stored[4] = stored[4][:middle] + damaged + stored[4][middle + 64 :]
    items = read(tmp_path, b"".join(stored))
    assert numbers_of(items) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    (span,) = lost_of(items)
    assert (span.offset, span.length) == (sum(map(len, stored[:4])), len(stored[4]))
    assert span.reason in ("damaged_member", "bad_checksum")


@pytest.mark.parametrize(
    ("change", "reason"), [(-6, "bad_checksum"), (-1, "bad_checksum"), (0, "garbage"), (3, "damaged_member")]
)
def test_headers_and_trailers_are_checked(tmp_path: Path, change: int, reason: str) -> None:
    stored = [bytearray(member(record)) for record in TEN]
    stored[4][change] ^= 0xF0
    items = read(tmp_path, b"".join(stored))
    assert numbers_of(items) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert [span.length for span in lost_of(items)] == [len(stored[4])]
    assert reasons_of(items) == [reason]


@pytest.mark.parametrize("cut", [1, 8, 9, 50, 200])
def test_a_cut_end_is_reported(tmp_path: Path, cut: int) -> None:
    data = members(TEN)[:-cut]
    items = read(tmp_path, data)
    assert numbers_of(items) == list(range(9))
    assert reasons_of(items) == ["truncated"]


def test_a_cut_of_one_stream_loses_only_what_is_cut(tmp_path: Path) -> None:
    for stored in ("warc", "one.warc.gz"):
        data = STORED[stored](TEN)
        items = read(tmp_path, data[: len(data) * 3 // 4])
        assert numbers_of(items) == list(range(7))
        assert reasons_of(items) == ["truncated"]


def test_garbage_padding_and_empty_members(tmp_path: Path) -> None:
    stored = [member(record) for record in TEN[:4]]
    data = stored[0] + bytes(512) + stored[1] + b"no gzip" + stored[2] + member(b"") + stored[3] + b"\r\n"
    items = read(tmp_path, data)
    assert numbers_of(items) == [0, 1, 2, 3]
    assert reasons_of(items) == ["garbage", "empty_member"]


def test_a_damaged_beginning_is_passed_over(tmp_path: Path) -> None:
    for stored in ("warc.gz", "warc.zst", "warc"):
        items = read(tmp_path, b"\x00\x01damaged" + STORED[stored](TEN)[2:])
        assert numbers_of(items)[-8:] == list(range(2, 10))
        assert lost_of(items)[0].offset == 0


def test_an_archive_inside_gzip_is_read_up_to_the_limit(tmp_path: Path) -> None:
    once = members(TEN)
    assert numbers_of(read(tmp_path, member(once))) == list(range(10))
    items = read(tmp_path, member(member(once)))
    assert reasons_of(items) == ["nested_too_deep"]


def test_zstd_with_a_dictionary(tmp_path: Path) -> None:
    samples: list[bytes | bytearray | memoryview] = [html(number) for number in range(200)]
    words = zstandard.train_dictionary(4096, samples)
    packer = zstandard.ZstdCompressor(dict_data=words, write_checksum=True)
    frames = b"".join(packer.compress(record) for record in TEN)
    for dictionary in (words.as_bytes(), zstandard.compress(words.as_bytes())):
        head = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(dictionary)) + dictionary
        items = read(tmp_path, head + frames)
        assert numbers_of(items) == list(range(10))
        assert reasons_of(items) == ["skippable_frame"]


def test_a_damaged_frame_costs_one_record(tmp_path: Path) -> None:
    stored = [bytearray(frame(record)) for record in TEN]
    stored[4][-1] ^= 1
    items = read(tmp_path, b"".join(stored))
    assert numbers_of(items) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert reasons_of(items) == ["bad_checksum"]


def _bomb(megabytes: int) -> bytes:
    """A member whose one record is that large and all spaces."""
    packer = zlib.compressobj(9, wbits=31)
    start = warc(b"", address(1)).replace(b"Content-Length: 0", b"Content-Length: %d" % (megabytes << 20))
    parts = [packer.compress(start[:-4])]
    parts += [packer.compress(b" " * (1 << 20)) for _ in range(megabytes)]
    return b"".join([*parts, packer.compress(b"\r\n\r\n"), packer.flush()])


@pytest.mark.parametrize("around", [lambda data: data, member], ids=["member", "gzip in gzip"])
def test_a_bomb_is_lost_in_bounded_memory_and_time(tmp_path: Path, around: object) -> None:
    assert callable(around)
    data = member(TEN[0]) + _bomb(120) + member(TEN[2])
    path = tmp_path / "bomb"
    path.write_bytes(around(data))
    tracemalloc.start()
    items = within(60, lambda: path, lambda path: list(read_archive(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert numbers_of(items) == [0, 2]
    assert [span.reason for span in lost_of(items)] == ["ratio_too_high"]
    assert peak < 80 << 20


def test_large_records_are_passed_over_without_being_held(tmp_path: Path) -> None:
    large = warc(random.Random(2).randbytes(1 << 20) * 24, address(1))
    path = tmp_path / "large"
    for data in (plain([TEN[0], large, TEN[2]]), members([TEN[0], large, TEN[2]])):
        path.write_bytes(data)
        tracemalloc.start()
        items = list(read_archive(path, ArchiveLimits(block_bytes=1 << 20)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert numbers_of(items) == [0, 2]
        assert reasons_of(items) == ["record_too_large"]
        assert peak < 18 << 20


def test_hostile_nests_of_members_end_soon(tmp_path: Path) -> None:
    # Stored deflate blocks, each holding the start of the next broken member.
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    start = head + b"\x00" + struct.pack("<HH", 60000, 60000 ^ 0xFFFF) + b"WARC/1.0\r\n"
    items = within(60, lambda: member(TEN[0]) + start * 10000, lambda data: read(tmp_path, data))
    assert numbers_of(items) == [0]


def test_inflating_whole_members_checks_them() -> None:
    good = member(TEN[0])
    assert bytes(inflate_exact(b"xx" + good, 2, len(good) + 2) or b"") == TEN[0]
    # Another member whose magic is damaged, of the same length: only the checksum tells.
    other = b"xx" + member(TEN[1])[2:]
    for bad in (good[:-1], good + b"x", good + other, good[:-8] + bytes(8), b"", b"\x1f\x8b\x08", bytes(100)):
        assert inflate_exact(bad, 0, len(bad)) is None
    assert inflate_whole(Window(no_more, good + good)) == (TEN[0], len(good))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_member_starts_are_where_bytes_find_sees_them(data: bytes, places: list[int]) -> None:
    for place in places:
        data = data[:place] + b"\x1f\x8b\x08" + data[place:]
    expected = [index for index in range(len(data)) if data.startswith(b"\x1f\x8b\x08", index)]
    assert member_starts(data) == expected


# A damage: where (share of the file), how many bytes, and what is done with them.
DAMAGE = st.tuples(st.floats(0, 1), st.integers(1, 300), st.sampled_from(["flip", "cut", "insert", "delete"]))


def _damaged(data: bytes, damages: list[tuple[float, int, str]], seed: int) -> tuple[bytes, list[tuple[int, int]]]:
    """The damaged bytes, and the byte ranges of the original that were touched."""
    noise = random.Random(seed)
    touched = []
    size = stop = len(data)
    for share, count, what in sorted(damages, reverse=True):  # from the end on, so that places stay what they are
        at = int(share * size)
        if what == "cut":
            touched.append((at, 1 << 60))
            data = data[:at]
            continue
        end = at if what == "insert" else min(stop, at + count)
        stop = at
        touched.append((at, end))
        middle = b"" if what == "delete" else noise.randbytes(end - at if what == "flip" else count)
        data = data[:at] + middle + data[end:]
    return data, touched


def _untouched(stored: list[bytes], touched: list[tuple[int, int]]) -> list[int]:
    numbers, at = [], 0
    for number, part in enumerate(stored):
        if all(end <= at or start >= at + len(part) for start, end in touched):
            numbers.append(number)
        at += len(part)
    return numbers


@pytest.mark.parametrize("stored", STORED)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages=st.lists(DAMAGE, min_size=1, max_size=3), seed=st.integers(0, 1000))
def test_every_undamaged_record_comes_out(
    tmp_path: Path, stored: str, damages: list[tuple[float, int, str]], seed: int
) -> None:
    store = STORED[stored]
    parts = [store([record]) for record in TEN] if stored in ("warc.gz", "warc.zst", "warc") else [store(TEN)]
    data, touched = _damaged(b"".join(parts), damages, seed)
    items = read(tmp_path, data)  # checks that spans join
    assert {span.reason for span in lost_of(items)} <= set(LOST_REASONS)
    if len(parts) > 1:
        assert set(_untouched(parts, touched)) <= set(numbers_of(items))
    if stored != "warc" and touched and numbers_of(items) != list(range(10)):
        assert lost_of(items) or data == b"" or _cut_between(parts, data)


def _cut_between(parts: list[bytes], data: bytes) -> bool:
    """Whether whole members are missing, which no reader can see."""
    return b"".join(parts).startswith(data) or len(data) < sum(map(len, parts))


STARTS = [b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18", b"WARC/1.0\r\n"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=2000), start=st.sampled_from([b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"WARC/1.0\r\n"])
)
def test_any_bytes_are_accounted_for(tmp_path: Path, data: bytes, start: bytes) -> None:
    for item in read(tmp_path, start + data):
        assert isinstance(item, Record | LostSpan)


def test_records_carry_their_member_as_span(tmp_path: Path) -> None:
    stored = [member(record) for record in TEN]
    spans = [(record.offset, record.length) for record in records_of(read(tmp_path, b"".join(stored)))]
    assert spans == [(sum(map(len, stored[:n])), len(stored[n])) for n in range(10)]
    assert records_of(read(tmp_path, members([warc(answer(b"x"), "https://e.org/")])))[0].block.endswith(b"x")


@needs_crawl
@pytest.mark.parametrize("folder", ["real", "broken", "."])
def test_every_byte_of_every_file_is_accounted_for(folder: str) -> None:
    for path in sorted((CRAWL / folder).glob("*arc*")):
        at = 0
        for item in read_archive(path):
            assert item.offset == at, path.name
            at += item.length
        assert at == path.stat().st_size, path.name
