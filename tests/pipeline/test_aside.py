"""Pages set aside are an archive like any other, with the same bytes in it."""

from __future__ import annotations

from pathlib import Path

from mathmill.data.files import Staging
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.aside import AsideWriter, count_aside
from mathmill.pipeline.warc import Record
from tests.archives import html_of, write_archive


def test_records_come_back_whole(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.warc.gz", [(f"http://example.org/{n}", html_of(n)) for n in range(3)])
    records = [item for item in read_archive(path) if isinstance(item, Record)]
    staging = Staging(tmp_path)
    writer = AsideWriter(staging, "aside/a.warc.gz", count_aside)
    for record in records:
        writer.write(record)
    writer.close()
    staging.publish({"aside/a.warc.gz": writer.rows})
    again = [item for item in read_archive(tmp_path / "aside/a.warc.gz") if isinstance(item, Record)]
    assert [(r.kind, r.url, r.date, r.block) for r in again] == [(r.kind, r.url, r.date, r.block) for r in records]


def test_without_records_there_is_no_file(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    AsideWriter(staging, "aside/a.warc.gz", count_aside).close()
    assert staging.publish({"aside/a.warc.gz": 0}) == {}
    assert not (tmp_path / "aside").exists()
