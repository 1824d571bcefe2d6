"""The soft punishment of completions that are too long (DAPO, arXiv 2503.14476, equation 13)."""

from __future__ import annotations


def overlong(tokens: int, longest: int, soft: int) -> float:
    """0 up to `longest - soft` tokens, -1 above `longest`, and a straight line between."""
    free = longest - soft
    if tokens <= free:
        return 0.0
    return max((free - tokens) / soft, -1.0)
