"""OpenWebMath's extractor as a process of its own: pages come in by standard input, texts and seconds go out.

Run by `benchmarks.peers` with the interpreter of the peer's own virtual environment, where nothing of mathmill is
installed; so this file imports only the standard library and the peer. Each line in is a JSON string, a page's HTML;
each line out a JSON list: the text, processor seconds spent, and the name of the exception if it raised one.

The package says nothing on how it is called but its own `Config`, which draws some settings anew for each page
(headings with marks in nine of ten, and so on). So that a run can be repeated each of these has its most probable
value here. One setting is another: `remove_chinese` is off, so that pages in Chinese keep their lines and their
formulas; with it the peer finds fewer, not because it reads them worse.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import Any


def main() -> None:
    """Answer line by line until the input ends."""
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # the peer prints
        from text_extract.extract import extract_text
        from text_extract.utils import Config

        config = most_probable(Config().config) | {"remove_chinese": False}
        extract_text("<p>warm</p>", config)
        for line in sys.stdin:
            html = json.loads(line)
            began = time.process_time()
            try:
                found = extract_text(html, config)
                text, error = (found[0] if found else ""), ""
            except Exception as raised:  # noqa: BLE001 - whatever it raises is its result for the page
                text, error = "", type(raised).__name__
            spent = time.process_time() - began
            answers.write(json.dumps([text, spent, error]) + "\n")
            answers.flush()


def most_probable(settings: Any) -> Any:
    """The settings with each list of (probability, value) replaced by its most probable value."""
    if isinstance(settings, dict):
        return {name: most_probable(value) for name, value in settings.items()}
    return max(settings, key=lambda pair: pair[0])[1] if isinstance(settings, list) else settings


if __name__ == "__main__":
    main()
