"""Jupyter notebooks (nbformat 3 and 4) as text: Markdown as it is, code in fences, results where they are text.

Images, HTML, widgets, attachments and tracebacks are left out; so is what no notebook should hold, without
complaint. A file that is no notebook at all is None, and its reader takes it as plain text. No code is run.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from mathmill.pipeline.dom.parse import forbidden_replaced
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.manuscripts.markdown_files import Read, first_heading, markdown_body

NOTEBOOK_CHARS = 50_000_000  # of JSON; most is images
TEXT_CHARS = 2_000_000  # of text made of one notebook
RESULT_CHARS, PRINTED_CHARS = 4_000, 1_000  # of one cell's results, and of what it prints

_LANGUAGE = re.compile(r"[A-Za-z0-9+#_.-]{1,20}")
_ANSI = re.compile("\ufffd\\[[0-9;]{0,40}[A-Za-z]")  # its escape characters are replaced already
_REPR = re.compile(r"\s*<[^<>\n]{0,300}>\s*|\s*(?:Figure|Axes|AxesSubplot)\([^\n]{0,200}\)\s*")
_DISPLAYSTYLE = re.compile(r"\A\s*\$\\displaystyle\s([^$]+)\$\s*\Z")
_EMBEDDED = re.compile(r"!\[[^\]\[\n]{0,300}\]\((?:attachment|data):[^()\s]*(?:\s[^()\n]{0,300})?\)")
_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,300}>", re.IGNORECASE)
_LINE = re.compile(
    r"</?(?:br|p|div|center|tr|li|ul|ol|table|h[1-6]|hr|blockquote)\b[^<>]{0,500}>[ \t]*\n?", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,20}(?:\s[^<>]{0,2000})?/?>")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_TICKS = re.compile("`{3,}")


def read_notebook(text: str) -> Read | None:
    """A notebook's text, title and formulas; None where `text` is no notebook."""
    notebook = _load(text)
    if notebook is None:
        return None
    metadata = _mapping(notebook.get("metadata"))
    language = _language(metadata)
    parts: list[str] = []
    formulas: list[Formula] = []
    heading, room = "", TEXT_CHARS
    for cell in _cells(notebook):
        body, prose, found = _cell(cell, language)
        if not body.strip():
            continue
        room -= len(body)
        if room < 0:
            break
        parts.append(body.strip("\n").rstrip())
        formulas += found
        heading = heading or first_heading(prose)
    title = _text(metadata.get("title")) or _text(metadata.get("name"))
    return "\n\n".join(parts), heading or " ".join(title.split())[:500], tuple(formulas)


def _load(text: str) -> Mapping[str, Any] | None:
    if len(text) > NOTEBOOK_CHARS:
        return None
    try:
        value = orjson.loads(text)
    except ValueError:
        try:  # Python writes NaN and lone surrogates, which JSON does not know
            value = json.loads(text)
        except (ValueError, RecursionError):  # no JSON, or nested deeper than any notebook
            return None
    if not isinstance(value, dict) or not any(isinstance(value.get(key), list) for key in ("cells", "worksheets")):
        return None
    return value


def _cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for sheet in [notebook, *_mappings(notebook.get("worksheets"))]:
        yield from _mappings(sheet.get("cells"))


def _language(metadata: Mapping[str, Any]) -> str:
    kernel, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    for name in (info.get("name"), kernel.get("language"), metadata.get("language")):
        if isinstance(name, str) and _LANGUAGE.fullmatch(name):
            return name.lower()
    return "python"  # what notebooks of version 3 are in, if they say nothing


def _cell(cell: Mapping[str, Any], language: str) -> Read:
    """A cell's text, its formulas, and its words without code."""
    kind, source = cell.get("cell_type"), _text(cell.get("source")) or _text(cell.get("input"))
    if kind in ("markdown", "html"):
        body, formulas, prose = markdown_body(_without_embedded(source), rendered=True, clean=_without_html)
        return _BLANK_LINES.sub("\n\n", body), prose, formulas
    if kind == "heading":
        level = cell.get("level")
        hashes = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
        body, formulas, prose = markdown_body(f"{hashes} {' '.join(source.split())}", rendered=True)
        return body, prose, formulas
    if kind == "code":
        own = cell.get("language")
        language = own.lower() if isinstance(own, str) and _LANGUAGE.fullmatch(own) else language
        return _code(source, language, _mappings(cell.get("outputs")))
    return source, "", ()


def _code(source: str, language: str, outputs: list[Mapping[str, Any]]) -> Read:
    parts = [_fence(source, language)] if source.strip() else []
    formulas: list[Formula] = []
    results, printed = RESULT_CHARS, PRINTED_CHARS
    for output in outputs:
        if output.get("output_type") == "stream":
            text = _printed(output)
            if text.strip() and len(text) <= printed:
                printed -= len(text)
                parts.append(_fence(text, ""))
            continue
        text, is_plain = _result(output)
        if not text.strip() or len(text) > results:
            continue
        results -= len(text)
        if is_plain:
            parts.append(_fence(text, ""))
        else:
            body, found, _ = markdown_body(text, rendered=True, clean=_without_html)
            parts.append(body.strip())
            formulas += found
    return "\n\n".join(parts), "", tuple(formulas)


def _printed(output: Mapping[str, Any]) -> str:
    if (output.get("name") or output.get("stream")) == "stderr":
        return ""
    return _ANSI.sub("", _text(output.get("text")))


def _result(output: Mapping[str, Any]) -> tuple[str, bool]:
    """The most faithful text of a cell's result, and whether it is plain; "" where there is none worth keeping."""
    if output.get("output_type") not in ("execute_result", "display_data", "pyout"):
        return "", True
    data = _mapping(output.get("data")) or output
    for key in ("text/latex", "latex"):
        if latex := _text(data.get(key)).strip():
            return _DISPLAYSTYLE.sub(r"$$\1$$", latex), False
    if markdown := _text(data.get("text/markdown")).strip():
        return _without_embedded(markdown), False
    if any(str(key).startswith(("image/", "application/vnd", "png", "jpeg", "svg")) for key in data):
        return "", True
    plain = _ANSI.sub("", _text(data.get("text/plain")) or _text(data.get("text")))
    return ("", True) if _REPR.fullmatch(plain) else (plain, True)


def _fence(source: str, language: str) -> str:
    longest = max((len(run) for run in _TICKS.findall(source)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{language}\n{source.strip(chr(10)).rstrip()}\n{ticks}"


def _without_embedded(source: str) -> str:
    return _EMBEDDED.sub("", source) if "](" in source else source


def _without_html(text: str) -> str:
    """Text between formulas and code with HTML's tags taken away, its headings and lines kept."""
    if "<" in text:
        text = _HEADING.sub(lambda tag: f"\n\n{'#' * int(tag[1])} ", text)
        text = _TAG.sub("", _LINE.sub("\n", text))
    if "&" in text:
        text = forbidden_replaced(_ENTITY.sub(lambda entity: html.unescape(entity.group()), text))
    return text


def _text(value: Any) -> str:
    """A `source`, `text` or datum: a string, or a list of lines."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return forbidden_replaced(value) if isinstance(value, str) else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
