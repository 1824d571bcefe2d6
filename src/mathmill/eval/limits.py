"""How much of an answer is looked at. Beyond a limit an answer is too large, whatever it says.

Each bounds a cost: characters that of reading, depth the stack, nodes that of every pass over a tree, digits that of
exact arithmetic. What evaluation may make of small text, such as a tower of powers, is bounded where it is evaluated.
"""

from __future__ import annotations

MAX_CHARS = 2_000
MAX_DEPTH = 50
MAX_NODES = 800
MAX_DIGITS = 1_000


class TooLarge(ValueError):
    """An answer is over a limit; the message names it."""


class Unparsable(ValueError):
    """An answer is not in the language that the parser knows; the message says where it stopped."""
