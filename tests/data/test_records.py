"""Documents are frozen, remember what was measured, and are named after origin and content."""

from __future__ import annotations

import dataclasses

import pytest

from mathmill.data.records import TRACE, Document, document_id


def test_a_document_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Document("a", "text", "url", {}).text = "other"  # type: ignore[misc]


def test_copies_leave_the_original_alone() -> None:
    document = Document("a", "text", "url", {"x": 1})
    assert document.with_text("new", y=2) == Document("a", "new", "url", {"x": 1, "y": 2})
    assert document.without_meta("x", "z").meta == {}
    noted = document.noting("gate", value=3, threshold=2).noting("sieve", value=1)
    assert noted.meta[TRACE] == {"gate": {"value": 3, "threshold": 2}, "sieve": {"value": 1}}
    assert document == Document("a", "text", "url", {"x": 1})


def test_the_id_follows_address_date_and_content() -> None:
    ids = {document_id(*case) for case in [("u", "d", b"x"), ("v", "d", b"x"), ("u", "e", b"x"), ("u", "d", b"y")]}
    assert len(ids) == 4
    assert document_id("u", "d", b"x") == document_id("u", "d", b"x")
    assert len(document_id("\udcff", "", b"")) == 32
