"""From a record to a page: the few records that can be a page of text become Documents, the rest Dropped.

A page is an HTTP answer that went well and holds HTML (by its Content-Type or, where that is missing or
wrong, by its first bytes) or a manuscript (a notebook, TeX, Markdown, plain text; see `manuscripts`), a
`resource` that does, or a `conversion`, the plain text of a WET archive. Its text is still empty: what the
server sent is in `meta`, decoded later by `decode`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from mathmill.data.records import BODY, CONTENT_TYPE, Document, Dropped, document_id
from mathmill.pipeline.http import Answer, decoded_body, read_answer
from mathmill.pipeline.manuscripts.kinds import VAGUE_TYPES, is_manuscript, media_type
from mathmill.pipeline.members import ArchiveLimits
from mathmill.pipeline.warc import Record

STAGE = "archive"

REASONS = {
    "not_response": "a request, metadata or other record that is no page by its kind",
    "revisit": "the page was captured before, and is not stored again",
    "no_url": "a record without an address",
    "not_web_url": "an address that is neither http nor https",
    "no_http_header": "a response that begins neither with an HTTP header nor as HTML does",
    "redirect": "HTTP status 3xx",
    "http_error": "an HTTP status other than 2xx and 3xx, or none",
    "not_html": "neither HTML nor a manuscript, as announced and as it looks",
    "empty_body": "nothing was sent",
    "bad_encoding": "nothing could be made of the content encoding",
    "body_too_large": "the body is larger than the limit, its encodings undone",
}

_LIMITS = ArchiveLimits()
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_SNIFFED = 1024  # bytes looked at, with the tags below as in WHATWG MIME Sniffing 7.1
_DOCUMENT = re.compile(
    rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)*(?:<!doctype\s+html|<html[\s>])", re.I | re.S
)
_ANY_TAG = re.compile(
    rb"<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>]|<!--", re.IGNORECASE
)
_DIGEST = re.compile(rb"\nWARC-Payload-Digest:[ \t]*(sha1:[A-Z2-7]{32})\r?\n")
_TRUNCATED = b"WARC-Truncated"
_IDENTIFIED = b"WARC-Identified-Payload-Type: text/html"


def page(record: Record, archive: str, limits: ArchiveLimits = _LIMITS) -> Document | Dropped:
    """The page in a record of `archive`, or why there is none (`REASONS`).

    The Document's meta: `body` (bytes) and `content_type`, both transient; `archive`, `offset`, `length`
    (bytes), `date` (WARC-Date), `digest` (the record's WARC-Payload-Digest, by which indexes and revisits
    know it; where there is none, that of the decoded body), `status` (0 for a page that did not come by
    HTTP); `truncated` if the crawler cut it; `encoding_notes` if its transfer or content encoding was not
    what it said.
    """
    kind = record.kind
    if kind == "response":
        return _response(record, archive, limits)
    if kind == "revisit":
        return _dropped(record, "revisit", {})
    if kind in ("conversion", "resource"):
        return _stored(record, archive, limits)
    return _dropped(record, "not_response", {"kind": kind})


def _response(record: Record, archive: str, limits: ArchiveLimits) -> Document | Dropped:
    block = record.block
    answer = read_answer(block)
    refused = _refused_url(record)
    if refused is not None:
        return refused
    if answer is None:
        return _headless(record, archive, limits)
    status = answer.status
    if not 200 <= status < 300:
        return _dropped(record, "redirect" if 300 <= status < 400 else "http_error", _status_evidence(answer))
    content_type = answer.text(b"content-type")
    if answer.body_start >= len(block):
        return _dropped(record, "empty_body", {"status": status})
    body = decoded_body(answer, block, limits)
    if not _is_page(content_type, body.data, record):
        reason = "bad_encoding" if "unknown_encoding" in body.notes and _is_html_type(content_type) else "not_html"
        return _dropped(record, reason, {"content_type": content_type[:200]})
    if body.too_large:
        return _dropped(record, "body_too_large", {"limit": limits.body_bytes})
    if not body.data:
        reason = "bad_encoding" if body.notes else "empty_body"
        return _dropped(record, reason, {"notes": list(body.notes)} if body.notes else {"status": status})
    if _is_binary(body.data):
        return _dropped(record, "bad_encoding", {"notes": list(body.notes)})
    notes = {"encoding_notes": list(body.notes)} if body.notes else {}
    return _document(record, archive, body.data, content_type, status, notes)


def _headless(record: Record, archive: str, limits: ArchiveLimits) -> Document | Dropped:
    """A response without an HTTP header (HTTP/0.9, or a header that was lost) is a page if it looks like one."""
    body = record.block
    if not body.strip():
        return _dropped(record, "empty_body", {})
    if not _DOCUMENT.match(_beginning(body)):
        return _dropped(record, "no_http_header", {})
    if len(body) > limits.body_bytes:
        return _dropped(record, "body_too_large", {"limit": limits.body_bytes})
    return _document(record, archive, body, "", 0, {})


def _stored(record: Record, archive: str, limits: ArchiveLimits) -> Document | Dropped:
    """A `conversion` (text of a WET archive) or a `resource`: its type stands in the WARC header."""
    content_type = record.header("Content-Type") or ""
    wanted = "text/plain" if record.kind == "conversion" else "text/html"
    resource = record.kind == "resource" and is_manuscript(content_type, record.url, _beginning(record.block))
    if not content_type.lower().startswith(wanted) and not resource:
        return _dropped(record, "not_html", {"content_type": content_type[:200]})
    refused = _refused_url(record)
    if refused is not None:
        return refused
    if not record.block.strip():
        return _dropped(record, "empty_body", {})
    if len(record.block) > limits.body_bytes:
        return _dropped(record, "body_too_large", {"limit": limits.body_bytes})
    return _document(record, archive, record.block, content_type, 0, {})


def _document(
    record: Record, archive: str, body: bytes, content_type: str, status: int, notes: Mapping[str, Any]
) -> Document:
    meta = {
        BODY: body,
        CONTENT_TYPE: content_type,
        "archive": archive,
        "offset": record.offset,
        "length": record.length,
        "date": record.date,
        "digest": _stored_digest(record.head) or payload_digest(body),
        "status": status,
        **notes,
    }
    if _TRUNCATED in record.head:
        meta["truncated"] = record.header("WARC-Truncated") or "unspecified"
    return Document(document_id(record.url, record.date, body), "", record.url, meta)


def _stored_digest(head: bytes) -> str:
    """The WARC-Payload-Digest in a record's header as written; "" where there is none in SHA-1 and base 32."""
    found = _DIGEST.search(head)
    return str(found[1], "ascii") if found else ""


def payload_digest(body: bytes) -> str:
    """SHA-1 in base 32, so that it can be compared with WARC-Payload-Digest and Common Crawl's index."""
    digest = hashlib.sha1(body, usedforsecurity=False).digest()
    return "sha1:" + base64.b32encode(digest).decode("ascii")


def _dropped(record: Record, reason: str, evidence: Mapping[str, Any]) -> Dropped:
    # Its body is not read: kind and length stand for it in the id.
    mark = f"{record.kind} {len(record.block)}".encode()
    document = Document(document_id(record.url, record.date, mark), "", record.url, {})
    return Dropped(document, STAGE, reason, evidence)


def _refused_url(record: Record) -> Dropped | None:
    url = record.url
    if url.startswith(("https://", "http://")):
        return None
    if not url.strip():
        return _dropped(record, "no_url", {})
    if url[:8].lower().startswith(("https://", "http://")):
        return None
    return _dropped(record, "not_web_url", {"scheme": url.partition(":")[0][:20]})


def _status_evidence(answer: Answer) -> dict[str, Any]:
    location = answer.text(b"location")
    return {"status": answer.status, "location": location[:500]} if location else {"status": answer.status}


def _is_html_type(content_type: str) -> bool:
    return media_type(content_type) in _HTML_TYPES


def _is_page(content_type: str, body: bytes, record: Record) -> bool:
    return _is_html(content_type, body, record.head) or is_manuscript(content_type, record.url, _beginning(body))


def _is_html(content_type: str, body: bytes, head: bytes) -> bool:
    if _is_html_type(content_type) or _IDENTIFIED in head:
        return True
    kind = media_type(content_type)
    beginning = _beginning(body)
    # Where the type says little about what is sent any tag that begins pages counts.
    if kind in VAGUE_TYPES or "/" not in kind:
        return _ANY_TAG.match(beginning) is not None or _DOCUMENT.match(beginning) is not None
    return _DOCUMENT.match(beginning) is not None


def _beginning(body: bytes) -> bytes:
    """The first bytes of a body without byte order mark and white space, those of UTF-16 as ASCII."""
    head = body[:_SNIFFED]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\0", b"").lstrip()
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


_BINARY = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04")


def _is_binary(body: bytes) -> bool:
    """Whether a body announced as text is still compressed, or another kind of file by its first bytes."""
    return body.startswith(_BINARY)
