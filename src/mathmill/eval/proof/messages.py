"""What a process and its proof worker say to each other: JSON behind its length, and trees as flat lists of nodes.

A tree is a list of nodes, children before parents, so neither side recurses. All that is read is checked against the
types of the nodes; nothing that is read is ever executed.
"""

from __future__ import annotations

import json
import os
import select
import time
from dataclasses import fields
from fractions import Fraction
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mathmill.eval.limits import MAX_NODES, TooLarge
from mathmill.eval.syntax import trees as t

MAX_BYTES = 2**22
# How many times its processor time a proof may take on the clock: verdicts should not hang on how busy a machine is.
BUSY = 20
_NAP = 0.5  # seconds after which a wait looks up, for a signal that another thread was given
# The parser allows fewer levels, each of which can be several nodes.
_MAX_HEIGHT = 300
_MAX_PACKED = 4 * MAX_NODES
_CLASSES = MappingProxyType({kind.__name__: kind for kind in get_args(t.Tree)})
_NODE, _NUMBER, _ROW = "node", "number", "row"  # what a pair in a message is


class Garbled(ValueError):
    """A message is not one that we send."""


def packed(tree: t.Tree) -> list[object]:
    """A tree as a list that JSON can hold; the last entry is its root.

    Raises:
        TooLarge: it has too many nodes or is too high.
    """
    places: dict[int, int] = {}  # by identity: equality of trees is recursive
    heights: dict[int, int] = {}
    nodes: list[object] = []
    waiting = [(tree, False)]
    while waiting:
        node, ready = waiting.pop()
        if id(node) in places:
            continue
        below = list(t.children(node))
        if not ready:
            waiting += [(node, True), *((child, False) for child in below)]
            if len(waiting) > _MAX_PACKED:
                raise TooLarge(f"more than {_MAX_PACKED:,} nodes")
            continue
        heights[id(node)] = 1 + max((heights[id(child)] for child in below), default=0)
        places[id(node)] = len(nodes)
        nodes.append([type(node).__name__, *(_packed(getattr(node, field.name), places) for field in fields(node))])
        if len(nodes) > _MAX_PACKED or heights[id(node)] > _MAX_HEIGHT:
            raise TooLarge(f"more than {_MAX_PACKED:,} nodes or {_MAX_HEIGHT} levels")
    return nodes


def _packed(value: object, places: dict[int, int]) -> object:
    if isinstance(value, t.Tree):
        return [_NODE, places[id(value)]]
    if isinstance(value, Fraction):  # in base 16, which is read in linear time
        return [_NUMBER, f"{value.numerator:x}", f"{value.denominator:x}"]
    if isinstance(value, tuple):
        return [_ROW, *(_packed(each, places) for each in value)]
    return value


def unpacked(nodes: object) -> t.Tree:
    """The tree that `packed` made a list of.

    Raises:
        Garbled: it did not make this list.
    """
    if not isinstance(nodes, list) or not 0 < len(nodes) <= _MAX_PACKED:
        raise Garbled("no list of nodes")
    made: list[t.Tree] = []
    for node in nodes:
        if not isinstance(node, list) or not node or not isinstance(node[0], str) or node[0] not in _CLASSES:
            raise Garbled("no node")
        kind, hints = _CLASSES[node[0]], _hints(node[0])
        values = [_unpacked(value, made) for value in node[1:]]
        if len(values) != len(hints) or not all(map(_fits, values, hints)):
            raise Garbled(f"no {node[0]}")
        made.append(kind(*values))
    return made[-1]


def _unpacked(value: object, made: list[t.Tree]) -> object:
    match value:
        case ["node", int(at)] if 0 <= at < len(made):
            return made[at]
        case ["number", str(over), str(under)]:
            try:
                return Fraction(int(over, 16), int(under, 16))
            except (ValueError, ZeroDivisionError):
                raise Garbled("no number") from None
        case ["row", *values]:
            return tuple(_unpacked(each, made) for each in values)
        case None | bool() | int() | str():
            return value
        case _:
            raise Garbled("no value")


@cache
def _hints(name: str) -> tuple[Any, ...]:
    hints = get_type_hints(_CLASSES[name])
    return tuple(hints[field.name] for field in fields(_CLASSES[name]))


def _fits(value: object, hint: Any) -> bool:
    if isinstance(hint, UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_fits(each, get_args(hint)[0]) for each in value)
    if hint is int:
        return type(value) is int
    return isinstance(value, NoneType if hint is None else hint)


def send(pipe: int, message: dict[str, object]) -> None:
    """Write a message to a pipe, whole.

    Raises:
        OSError: nobody reads there.
    """
    body = json.dumps(message).encode()
    left = memoryview(len(body).to_bytes(4, "big") + body)
    while left:
        left = left[os.write(pipe, left) :]


def receive(pipe: int, deadline: float = float("inf"), watched: int | None = None) -> dict[str, Any] | None:
    """The next message of a pipe; None if its end, or the deadline of `time.monotonic`, comes first.

    With `watched`, another pipe, also None when nobody holds the other end of that one any more.

    Raises:
        Garbled: it is no message.
    """
    head = _read(pipe, 4, deadline, watched)
    if head is None:
        return None
    size = int.from_bytes(head, "big")
    if size > MAX_BYTES:
        raise Garbled(f"a message of {size:,} bytes")
    body = _read(pipe, size, deadline, watched)
    if body is None:
        return None
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise Garbled("no JSON") from None
    if not isinstance(message, dict):
        raise Garbled("no object")
    return message


def _read(pipe: int, size: int, deadline: float, watched: int | None) -> bytes | None:
    # `poll`, as `select` cannot wait for descriptors above 1,023.
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    if watched is not None:
        poll.register(watched, 0)  # hang-ups only
    read = b""
    while len(read) < size:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        ready = dict(poll.poll(None if left == float("inf") else max(1, int(min(left, _NAP) * 1000))))
        if pipe in ready:
            part = os.read(pipe, size - len(read))
            if not part:
                return None
            read += part
        elif ready:
            return None
    return read
