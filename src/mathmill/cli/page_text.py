"""The text of a page in a file, as the pipeline has it: HTML is extracted, text is taken as it is."""

from __future__ import annotations

from pathlib import Path

_HTML = (b"<!doctype html", b"<html", b"<head", b"<?xml", b"<body")
_LOOKED_AT = 4096


def text_of_file(file: Path) -> str:
    """The text of a file, or of standard input for `-`; extracted where it is HTML by its name or its begin.

    Raises:
        InputMissing: it cannot be read.
        DamagedInput: it is no text.
    """
    from mathmill.data.errors import DamagedInput
    from mathmill.data.json_lines import opened

    with opened(file) as source:
        body = source.read()
    begins = body[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if file.suffix.lower() in (".html", ".htm", ".xhtml") or begins.startswith(_HTML):
        from mathmill.pipeline.extraction import extract

        return extract(body).text
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedInput(
            f"{file} is neither HTML nor text in UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8"
        ) from error
