"""KaTeX's own boxes (`span.katex-html`), read back: atoms in rows, everything else in stacks of shifted boxes.

Rows do not say what is a script's base: it is what stands before the scripts in their box. A stack (`vlist`) runs from
the bottom to the top, and says by how much each box in it is shifted (`glyphs_stacks`). Fences, arrows and accents that
are drawn are `glyphs_shapes`' work. Spaces that KaTeX sets by itself are not told from those that were written, so only
wide ones are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mathmill.pipeline.notation.glyphs_katex_tables import read_array, read_ruled, tagged
from mathmill.pipeline.notation.glyphs_parts import Unreadable, children, element, leaf, length, row, space, styles
from mathmill.pipeline.notation.glyphs_shapes import ACCENTS, drawn
from mathmill.pipeline.notation.glyphs_stacks import Shifted, base_of, stack, words

_FONTS = {
    "mathbf": "bold", "mathrm": "normal", "mathbb": "double-struck", "mathcal": "script", "mathscr": "script",
    "mathfrak": "fraktur", "mathsf": "sans-serif", "mathtt": "monospace", "boldsymbol": "bold-italic",
    "textbf": "bold", "textit": "italic", "textsf": "sans-serif", "texttt": "monospace",
    "mathsfit": "sans-serif-italic",
    "mathboldsf": "bold-sans-serif", "mathboldfrak": "bold-fraktur",
}  # fmt: skip
_ITALIC = frozenset({"mathnormal", "mathdefault", "mathit"})
_OPERATORS = frozenset({"mbin", "mrel", "mpunct", "mopen", "mclose", "minner", "mop"})
_EMPTY = frozenset(
    {"strut", "nulldelimiter", "fix", "arraycolsep", "newline", "pstrut", "vlist-s", "rule", "vertical-separator"}
)
_DRAWN = ("fbox", "fcolorbox", "colorbox", "sout", "hline", "hdashline")
_ROOT_SIGN = frozenset({"hide-tail"})
_LEAST_SPACE = 0.9
_SCRIPTED = frozenset({"msub", "msup", "msubsup"})
# Letters without a dot have codes of KaTeX's own.
_OWN_CODES = {"\ue131": "ı", "\ue237": "ȷ"}
_APPLY, _NOT, _SLASH = "\u2061", "\u0338", "\ue020"


def read_katex(node: Any) -> Any:
    """The MathML of a `katex-html` box; raises `Unreadable` where a box in it is none that KaTeX makes."""
    made: list[Any] = []
    numbers: list[Any] = []
    for child in children(node):
        said = words(child)
        if "tag" in said:
            numbers.append(child)
        else:
            made.extend(_one(child, said))
    return tagged(_joined(made), numbers, _row)


def _row(node: Any) -> list[Any]:
    """What the boxes in `node` stand for, side by side."""
    if not len(node) or _is_kerned(node):
        return _leaf(node, words(node))
    made: list[Any] = []
    scripted = False
    for child in children(node):
        said = words(child)
        if "msupsub" in said:
            if scripted:
                raise Unreadable("scripts of scripts")
            scripted = True
            made = [_scripted(_joined(made), child)]
        else:
            made.extend(_one(child, said))
    return _joined(made)


def _one(node: Any, said: frozenset[str]) -> list[Any]:
    if said & _EMPTY:
        return []
    if "transparent" in styles(node).get("color", ""):
        return [element("mphantom", _shown(node, said))]
    return _shown(node, said)


def _shown(node: Any, said: frozenset[str]) -> list[Any]:
    if "mspace" in said:
        return _space(node)
    if not len(node) or _is_kerned(node):
        return _leaf(node, said)
    for name, reader in _READERS.items():
        if name in said:
            return reader(node)
    if any("vlist-t" in words(child) for child in children(node)):
        return _stacked(node)
    made = _row(node)
    if "mop" in said:
        return _function(made)
    return [element("mrow", made)] if said & {"mord", "minner"} and len(made) > 1 else made


def _is_kerned(node: Any) -> bool:
    """Whether a box holds characters alone, some in boxes that only move them: `lo<span>g</span>`."""
    if any(len(child) or child.get("class") or not isinstance(child.tag, str) for child in node):
        return False
    return bool(node.text and node.text.strip()) or any(child.tail and child.tail.strip() for child in node)


def _space(node: Any) -> list[Any]:
    if node.text:
        return [leaf("mtext", "\xa0")] if "\xa0" in node.text else []
    width = length(styles(node).get("margin-right", "0"))
    return [space(width)] if width >= _LEAST_SPACE else []


def _leaf(node: Any, said: frozenset[str]) -> list[Any]:
    """The tokens of a box that holds characters."""
    text = "".join(_OWN_CODES.get(ch, ch) for ch in "".join(node.itertext()) if ch != "\u200b")
    if not text:
        return []
    if text == _SLASH:
        return [leaf("mo", _NOT)]
    font = next((_FONTS[name] for name in said if name in _FONTS), "")
    if said & _ITALIC:
        whole = "mathit" in said and len(text) > 1
        return [leaf("mi", text, "italic")] if whole else [leaf("mi", ch) for ch in text]
    if "mop" in said and text.isalpha() and len(text) > 1:
        return [leaf("mi", text), leaf("mo", _APPLY)]
    if said & _OPERATORS and not font:
        return [_fence(text, said)]
    if text.isdecimal():
        return [leaf("mn", text, "" if font == "normal" else font)]
    return [_symbol(ch, font) for ch in text]


def _fence(text: str, said: frozenset[str]) -> Any:
    made = leaf("mo", text)
    side = "prefix" if "mopen" in said else "postfix" if "mclose" in said else ""
    if side and len(text) == 1 and text in "()[]{}|∣∥‖⟨⟩⌊⌋⌈⌉":
        made.set("form", side)  # not that it is a fence, which would say that it grows
    return made


def _symbol(ch: str, font: str) -> Any:
    if ch.isdecimal():
        return leaf("mn", ch, "" if font == "normal" else font)
    if ch.isspace():
        return leaf("mtext", "\xa0")
    if ch.isalpha():
        return leaf("mi", ch, font or "normal")
    return leaf("mi" if ch in "∣∥∞∂∇∅∀∃" else "mo", ch)


def _joined(made: Sequence[Any]) -> list[Any]:
    """Digits side by side as one number, a slash and what it strikes as one relation."""
    out: list[Any] = []
    run: list[str] = []
    for one in made:
        last = out[-1] if out else None
        if last is not None and (relation := _strike(last, one)):
            out[-1] = leaf("mo", relation)
        elif last is not None and last.tag == one.tag == "mn" and last.get("mathvariant") == one.get("mathvariant"):
            run.append(one.text)
        elif last is not None and last.tag == "mn" and one.tag in _SCRIPTED and _continues(last, one[0]):
            _end_number(out, run)
            one[0].text = out.pop().text + one[0].text
            out.append(one)
        else:
            _end_number(out, run)
            out.append(one)
    _end_number(out, run)
    return out


def _strike(last: Any, one: Any) -> str:
    """The relation that a slash and its neighbour are; '' where neither is a slash."""
    if last.tag != "mo" or not last.text or not one.text or len(one):
        return ""
    if last.text == _NOT:
        return _struck(one.text)
    return _struck(last.text) if one.text == _NOT and one.get("form") == "postfix" else ""


def _continues(number: Any, base: Any) -> bool:
    """Whether the base of a script is the last digit of a number."""
    return bool(base.tag == "mn" and number.get("mathvariant") == base.get("mathvariant"))


def _end_number(out: list[Any], run: list[str]) -> None:
    if run:
        out[-1].text = out[-1].text + "".join(run)
        run.clear()


def _struck(text: str) -> str:
    from unicodedata import normalize

    return normalize("NFC", text[0] + _NOT + text[1:])


def _function(made: list[Any]) -> list[Any]:
    """An operator's name set letter by letter as one word."""
    letters = [one for one in made if one.tag == "mi" and one.get("mathvariant") == "normal" and not len(one)]
    if len(letters) == len(made) > 1:
        return [leaf("mi", "".join(one.text for one in made)), leaf("mo", _APPLY)]
    return [element("mrow", made, **{"data-mjx-texclass": "OP"})] if len(made) > 1 and made[-1].text != _APPLY else made


def _scripted(base: list[Any], node: Any) -> Any:
    """What stands before a box of scripts, with the scripts: raised ones are shifted up."""
    if base and base[-1].tag == "mo" and base[-1].text == _APPLY:
        base = base[:-1]
    scripts = stack(node)
    low = [one for one in scripts if one.shift > 0]
    high = [one for one in scripts if one.shift <= 0]
    if len(low) > 1 or len(high) > 1 or not scripts:
        raise Unreadable("scripts")
    parts = [row(base), *(_content(one) for one in (*low, *high))]
    return element("msubsup" if low and high else "msub" if low else "msup", parts)


def _content(one: Shifted) -> Any:
    """What a box of a stack stands for."""
    made: list[Any] = []
    for child in one.boxes:
        made.extend(_one(child, words(child)))
    return row(_joined(made))


def _stacked(node: Any) -> list[Any]:
    """A stack that no class explains: a box around something, a strike through it, an array with lines."""
    boxes = stack(node)
    others = [child for child in children(node) if "vlist-t" not in words(child) and not words(child) & _EMPTY]
    if others:
        raise Unreadable("beside a stack")
    framed = any(one.has("fbox", "fcolorbox", "colorbox") for one in boxes)
    struck = any(one.has("sout") for one in boxes)
    lines = [one for one in boxes if one.has("hline", "hdashline")]
    rest = [one for one in boxes if not one.has(*_DRAWN)]
    if lines and len(rest) == 1:
        return [read_ruled(rest[0], lines, _row)]
    if len(rest) == 1 and (framed or struck):
        return [element("menclose", [_content(rest[0])], notation="box" if framed else "horizontalstrike")]
    if len(boxes) == 2 and (notation := boxes[1].strike()):
        return [element("menclose", [_content(boxes[0])], notation=notation)]
    if len(boxes) == 1:
        return [_content(boxes[0])]
    raise Unreadable("stack")


def _fraction(node: Any) -> list[Any]:
    boxes = stack(node)
    parts = [one for one in boxes if not one.has("frac-line")]
    if len(parts) != 2:
        raise Unreadable("fraction")
    lined = len(boxes) > 2
    return [element("mfrac", [_content(parts[1]), _content(parts[0])], linethickness="" if lined else "0")]


def _root(node: Any) -> list[Any]:
    degree = next((child for child in children(node) if "root" in words(child)), None)
    boxes = [one for one in stack(node) if not one.has(*_ROOT_SIGN)]
    if len(boxes) != 1:
        raise Unreadable("root")
    inner = _content(boxes[0])
    if degree is None:
        return [element("msqrt", [inner])]
    degrees = stack(degree)
    if len(degrees) != 1:
        raise Unreadable("degree")
    return [element("mroot", [inner, _content(degrees[0])])]


def _accent(node: Any) -> list[Any]:
    base, mark = _pair(node)
    text = mark.text()
    name = ACCENTS.get(text, text) if text else drawn(mark.box)
    if len(name) != 1 and not text:
        raise Unreadable("accent")
    made = leaf("mo", name)
    if not text:
        made.set("stretchy", "false" if mark.has("overlay") else "true")
    return [element("mover", [_content(base), made], accent="true")]


def _pair(node: Any) -> tuple[Shifted, Shifted]:
    boxes = stack(node)
    if len(boxes) != 2:
        raise Unreadable("accent")
    return boxes[0], boxes[1]


def _under_accent(node: Any) -> list[Any]:
    mark, base = _pair(node)
    return [element("munder", [_content(base), leaf("mo", drawn(mark.box))], accentunder="true")]


def _overline(node: Any) -> list[Any]:
    base, _ = _pair(node)
    return [element("mover", [_content(base), leaf("mo", "‾")])]


def _underline(node: Any) -> list[Any]:
    _, base = _pair(node)
    return [element("munder", [_content(base), leaf("mo", "‾")])]


def _limits(node: Any) -> list[Any]:
    """A base with something under and over it, or a brace with its text."""
    boxes = sorted(stack(node), key=lambda one: -one.shift)
    base = base_of(boxes)
    at = boxes.index(base)
    if not 2 <= len(boxes) <= 3 or at > 1 or len(boxes) - at > 2:
        raise Unreadable("limits")
    low, high = boxes[at - 1] if at else None, boxes[at + 1] if at + 1 < len(boxes) else None
    parts = [_without_apply(_content(base)), *(_mark_or_content(one) for one in (low, high) if one is not None)]
    return [element("munderover" if low and high else "munder" if low else "mover", parts)]


def _mark_or_content(one: Shifted) -> Any:
    return leaf("mo", drawn(one.box)) if one.has("svg-align") or one.has("stretchy") else _content(one)


def _without_apply(base: Any) -> Any:
    parts = [one for one in base if one.tag != "mo" or one.text != _APPLY]
    return row(parts) if base.tag == "mrow" and len(parts) == 1 else base


def _arrow(node: Any) -> list[Any]:
    """An arrow with text over or under it."""
    boxes = sorted(stack(node), key=lambda one: -one.shift)
    arrows = [one for one in boxes if one.has("svg-align")]
    if len(arrows) != 1:
        raise Unreadable("arrow")
    at = boxes.index(arrows[0])
    arrow = leaf("mo", drawn(arrows[0].box))
    low, high = boxes[:at], boxes[at + 1 :]
    if len(low) > 1 or len(high) > 1:
        raise Unreadable("arrow")
    parts = [arrow, *(_content(one) for one in (*low, *high))]
    return [element("munderover" if low and high else "munder" if low else "mover", parts)]


def _delimiter(node: Any) -> list[Any]:
    """A fence, of one glyph or put together, in a box that says its side."""
    said = words(node)
    if "delimsizing" not in said:
        inner = children(node)
        if len(inner) != 1 or "delimsizing" not in words(inner[0]):
            return _row(node)
        said, node = said | words(inner[0]), inner[0]
    text = node.text if not len(node) else drawn(node)
    if not text:
        raise Unreadable("fence")
    return [_fence(text, said)]


def _text(node: Any) -> list[Any]:
    """Words: what is set in a text font is text, all else mathematics."""
    made: list[Any] = []
    run: list[str] = []
    font = ""
    waiting = [(child, words(child)) for child in children(node)[::-1]] or [(node, words(node))]
    while waiting:
        child, said = waiting.pop()
        plain = not said & _ITALIC and not said & {"msupsub", "mbin", "mrel", "mfrac", "sqrt"}
        if not len(child) and plain and not said & _EMPTY:
            now = next((_FONTS[name] for name in said if name in _FONTS and _FONTS[name] != "normal"), "")
            if run and now != font:
                made.append(leaf("mtext", "".join(run), font))
                run = []
            font = now
            run.append(child.text or "")
        elif plain and said & {"mord", "text", "sizing"} and not _is_formula(child):
            waiting.extend((part, words(part)) for part in children(child)[::-1])
        else:
            if run:
                made.append(leaf("mtext", "".join(run), font))
                run = []
            made.extend(_one(child, said))
    return [*made, leaf("mtext", "".join(run), font)] if run else made


def _is_formula(node: Any) -> bool:
    """Whether a box among words is set like mathematics."""
    return any(
        words(child) & (_ITALIC | {"msupsub", "mbin", "mrel", "vlist-t", "mfrac", "mop"}) for child in children(node)
    )


def _lapped(node: Any) -> list[Any]:
    """What is set over its neighbour; a slash strikes the relation before it."""
    made = _row(node)
    if "llap" in words(node) and len(made) == 1 and made[0].text == "/":
        slash = leaf("mo", _NOT)
        slash.set("form", "postfix")
        return [slash]
    return made


_READERS: Mapping[str, Callable[[Any], list[Any]]] = {
    "mfrac": _fraction, "sqrt": _root, "accent": _accent, "accentunder": _under_accent, "overline": _overline,
    "underline": _underline, "op-limits": _limits, "mover": _limits, "munder": _limits, "x-arrow": _arrow,
    "mtable": lambda node: [read_array(node, _row)], "delimsizing": _delimiter, "delimcenter": _delimiter,
    "mopen": _delimiter, "mclose": _delimiter, "text": _text, "rlap": _lapped, "llap": _lapped,
}  # fmt: skip
