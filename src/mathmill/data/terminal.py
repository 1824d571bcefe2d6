"""Printing for people and programs; text of pages is shown as it is, never obeyed.

Control characters of page text would move the cursor or change colours, and square brackets would
be markup to rich: both are made harmless here, once. So is an output that fails: it ends the command
as an error of the tree, wherever in the command it shows.
"""

from __future__ import annotations

import io
import math
import os
import re
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from mathmill.data.errors import DiskFull, Stopped

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# C0 and C1 but for tab and line feed, surrogates, and what Unicode calls bidirectional controls (UAX 9). Joiners,
# which Hindi and Persian need, and the invisible operators of mathematics stay.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LEAST_IN_FULL, _MOST_IN_FULL = 1e-6, 1e15  # of what is written without an exponent
_MOST_MEASURED = 400  # characters


def clean(text: str) -> str:
    """`text` without control characters and those that turn the writing direction; line breaks and tabs stay."""
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(value: Any, width: int = 0) -> str:
    """A value as one harmless line, cut to `width` characters where that is not 0."""
    text = " ".join(clean(_text(value)).split())
    return text if not width or len(text) <= width else text[: width - 1] + "…"


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number and what it counts: `1 page`, `2,000 pages`; `nouns` is a plural of its own."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    return in_full(value) if isinstance(value, int | float) else str(value)


def in_full(value: float) -> str:
    """A number without an exponent: separators, four digits at least, and two behind the point where it has a part."""
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if not _LEAST_IN_FULL <= size < _MOST_IN_FULL:  # 0, what is not finite, and what would be a row of noughts
        return f"{value:.4g}"
    places = max(3 - math.floor(math.log10(size)), 2)
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".")


def measured_words(measured: Mapping[str, Any]) -> str:
    """What a stage measured, in words: `value 0.2 against threshold 1.5; other 3`."""
    rest = dict(measured)
    parts = []
    if "value" in rest:
        against = f" against threshold {_shown(rest.pop('threshold'))}" if "threshold" in rest else ""
        parts.append(f"value {_shown(rest.pop('value'))}{against}")
    parts += [f"{name} {_shown(value)}" for name, value in rest.items()]
    return one_line("; ".join(parts) or "nothing was measured", _MOST_MEASURED)


def _shown(value: Any) -> str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return in_full(value) if numeric else str(value)


def mind(what: str) -> None:
    """Say on stderr, in one line, what a person should know and nothing ends for."""
    print(f"mind: {one_line(what)}", file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """One JSON value on stdout."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """A table on stdout; numbers to the right. Cells are text, never markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = [list(row) for row in rows]
    table = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for position, name in enumerate(columns):
        numeric = bool(listed) and all(isinstance(row[position], int | float) for row in listed)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 160  # a file or a pipe has no width of its own
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


class _Checked(io.FileIO):
    """Standard output or error; what fails in it is an error of the tree.

    An `OSError` would be taken for one of the command's own files, and typer ends a command at a broken pipe with 1.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)

    def write(self, data: ReadableBuffer, /) -> int | None:  # type: ignore[override]  # None where it would block
        try:
            return super().write(data)
        except BrokenPipeError:
            raise Stopped("nobody reads the output any more", signal.SIGPIPE) from None
        except OSError as error:
            raise DiskFull(
                f"not all of the output could be printed ({error.strerror}): free some space where it goes, "
                "or send it to another place"
            ) from error


def check_output() -> None:
    """Put streams in the place of `sys.stdout` and `sys.stderr` that fail with errors of the tree.

    Printing then raises `Stopped` (SIGPIPE) where nobody reads any more and `DiskFull` for any other failure. A stream
    that was closed by the caller goes nowhere. What a terminal cannot show is printed as backslash escapes.
    """
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # for the whole process
        elif isinstance(stream, io.TextIOWrapper):
            checked = io.TextIOWrapper(
                io.BufferedWriter(_Checked(descriptor)),
                encoding=stream.encoding,
                errors="backslashreplace",  # a terminal may know fewer characters than pages hold
                line_buffering=stream.line_buffering or stream.write_through,
            )
            setattr(sys, name, checked)


def drop_output() -> None:
    """Send what is still to be printed nowhere, so that it cannot fail again when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
