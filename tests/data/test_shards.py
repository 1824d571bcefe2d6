"""Working shards and Parquet: what goes in comes out, and the same rows give the same bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.data.records import Document
from mathmill.data.shards import DocumentWriter, count_documents, count_parquet, read_documents, write_parquet

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
documents = st.lists(
    st.builds(
        Document, id=texts, text=texts, url=texts, meta=st.dictionaries(texts, texts | st.integers(-9, 9) | st.none())
    )
)


def write(path: Path, rows: list[Document]) -> bytes:
    with DocumentWriter(path) as writer:
        for row in rows:
            writer.write(row)
    assert writer.rows == len(rows)
    return path.read_bytes()


@settings(max_examples=40)
@given(rows=documents)
def test_documents_come_back_and_bytes_repeat(rows: list[Document], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("shards")
    first = write(folder / "a.jsonl.zst", rows)
    assert first == write(folder / "b.jsonl.zst", rows)
    assert list(read_documents(folder / "a.jsonl.zst")) == rows
    assert count_documents(folder / "a.jsonl.zst") == len(rows)


def test_a_damaged_shard_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    data = bytearray(write(path, [Document(str(n), "text " * n, "", {}) for n in range(100)]))
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(zstandard.ZstdError):
        count_documents(path)


def test_parquet_of_any_length_repeats(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.int64()), ("name", pa.string())])
    for length in (0, 1, 25_000):
        rows = [{"n": n, "name": str(n)} for n in range(length)]
        assert write_parquet(tmp_path / "a.parquet", iter(rows), schema) == length
        write_parquet(tmp_path / "b.parquet", iter(rows), schema)
        assert count_parquet(tmp_path / "a.parquet") == length
        assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
