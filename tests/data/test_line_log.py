"""Lines that only grow, and what a crash leaves of them."""

from __future__ import annotations

from pathlib import Path

from mathmill.data.line_log import LineLog


def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "log")
    assert log.read() == []
    log.append(b"one")
    log.append(b"")
    again = LineLog(tmp_path / "log")
    assert again.read() == [b"one", b""]
    again.append(b"three")
    assert (tmp_path / "log").read_bytes() == b"one\n\nthree\n"


def test_a_line_that_a_crash_cut_is_no_line_and_makes_room(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"one\ntw")
    log = LineLog(tmp_path / "log")
    assert log.read() == [b"one"]
    log.append(b"2")
    assert (tmp_path / "log").read_bytes() == b"one\n2\n"


def test_a_removed_log_begins_anew(tmp_path: Path) -> None:
    log = LineLog(tmp_path / "log")
    log.append(b"one")
    log.remove()
    log.append(b"two")
    assert log.read() == [b"two"]
