"""What is said of work under way, to people at a terminal and to logs."""

from __future__ import annotations

import io
import sys
import time

import pytest

from mathmill.data import progress
from mathmill.data.progress import Outlook, duration, progress_shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (605, "10 min 05 s"),
        (3600, "1 h 00 min"),
        (90_061, "25 h 01 min"),
    ],
)
def test_durations_are_said_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_line_says_share_facts_and_time_left() -> None:
    assert str(Outlook(0.5, "3 of 6", 20.0)) == " 50%  3 of 6  about 20 s left"
    assert str(Outlook(0.0, "0 of 6", None)).endswith("time left unknown")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO, _Terminal])
def test_it_is_shown_while_the_block_runs(stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = stream()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(progress, "_LINE_SECONDS", 0.01)
    monkeypatch.setattr(progress, "_BAR_SECONDS", 0.01)
    with progress_shown(lambda: Outlook(0.5, "3 of [6]", 20.0)):
        time.sleep(0.3)
    assert "3 of [6]" in shown.getvalue()
    assert "20 s left" in shown.getvalue()
