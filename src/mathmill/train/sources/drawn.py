"""Numbers that are drawn by what they are for, and by nothing else."""

from __future__ import annotations

import hashlib


def drawn(*parts: object) -> int:
    """64 bits drawn by these: their words, in order."""
    text = "\0".join(map(str, parts)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def question_key(question: str) -> int:
    """64 bits of what is asked, without regard to spaces and capitals."""
    return drawn(" ".join(question.split()).casefold())
