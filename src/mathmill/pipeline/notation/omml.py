"""Office Math (OMML, ECMA-376 part 1, 22.1) to MathML, of which `mathml.to_latex` makes LaTeX.

`to_mathml` reads the `m:oMath` or `m:oMathPara` element of a document, or of a page that a word processor saved, from
an XML or an HTML parse. In pages names are in small letters, elements of HTML stand between those of OMML, and a run
holds its characters without an `m:t` around them; `omml_runs` makes tokens of them. No page is searched for formulas
here. What is malformed gives the best reading: missing arguments are empty, what has no place in the schema is looked
into. Nothing is recursive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mathmill.pipeline.dom.elements import etree
from mathmill.pipeline.notation.glyphs_parts import element, new_element, row
from mathmill.pipeline.notation.omml_runs import PLAIN, Style, leaf, style, tokens

# The arguments of constructs; who takes one of each, and who any number.
_ARGUMENTS = frozenset({"deg", "den", "e", "fname", "lim", "num", "sub", "sup"})
_TAKES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("acc", "bar", "borderbox", "box", "groupchr", "phant"), ("e",)),
    **dict.fromkeys(("limlow", "limupp"), ("e", "lim")),
    **dict.fromkeys(("nary", "spre", "ssubsup"), ("e", "sub", "sup")),
    "f": ("num", "den"),
    "func": ("fname", "e"),
    "rad": ("deg", "e"),
    "ssub": ("e", "sub"),
    "ssup": ("e", "sup"),
}
_TAKES_MANY = {"d": "e", "eqarr": "e", "m": "mr", "mr": "e", "omathpara": "omath"}
# Through these the name of a function goes on; its exponent or its limit is no part of it.
_NAMING = frozenset({"box", "e", "limlow", "limupp", "r", "ssub", "ssubsup", "ssup"})
_OFF = frozenset({"0", "false", "off"})
_APPLY = "\u2061"
_LONGEST_VALUE = 16  # characters of a property that are read
_MOST_COLUMNS = 64  # of a matrix, whose alignment is read
# Marks that group and are never what something else is set over.
_BRACES = frozenset("⏞⏟⏜⏝⎴⎵︷︸")


def to_mathml(math: Any) -> Any:
    """The MathML (an lxml `math` element) of an `m:oMath` or `m:oMathPara` element, which is not changed.

    The result has `display="block"` where a paragraph of formulas is read; several formulas in it are lines, and a
    number behind `#` is the label of its line.
    """
    return _Walk().over(math)


@dataclass(slots=True)
class _Frame:
    """An element of OMML while what it holds is read."""

    name: str
    naming: bool = False  # whether letters are the name of a function
    properties: dict[str, str | None] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)  # the alignments of a matrix
    made: list[Any] = field(default_factory=list)
    parts: list[tuple[str, list[Any]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    style: Style = PLAIN

    def add_words(self, words: str, style: Style) -> None:
        """Characters of a run; word processors break a word into several runs of one style."""
        if style != self.style:
            self.end_words()
            self.style = style
        self.words.append(words)

    def end_words(self) -> None:
        """Make tokens of the characters so far."""
        if self.words:
            self.made += tokens("".join(self.words), self.style, self.naming)
            self.words = []

    def part(self, name: str) -> list[Any]:
        """The first argument of this name."""
        return next((made for said, made in self.parts if said == name), [])

    def takes(self, name: str) -> bool:
        """Whether what ends in this element is an argument of it."""
        if self.name in _ARGUMENTS:
            return name in _ARGUMENTS
        if self.name in _TAKES_MANY:
            return name == _TAKES_MANY[self.name]
        return name in _TAKES.get(self.name, ()) and all(name != said for said, _ in self.parts)

    def all_parts(self, name: str) -> list[list[Any]]:
        return [made for said, made in self.parts if said == name]

    def says(self, name: str, unsaid: bool = False) -> bool:
        """Whether a property is on; one that stands there without a value is."""
        if name not in self.properties:
            return unsaid
        return (self.properties[name] or "on") not in _OFF

    def value(self, name: str, unsaid: str = "") -> str:
        """The value of a property, '' where it stands there without one."""
        return (self.properties[name] or "") if name in self.properties else unsaid


class _Walk:
    """One walk over an element: MathML is made when elements end, from that of their children."""

    def __init__(self) -> None:
        self.frames = [_Frame("")]
        self.open: list[bool] = []  # for each element open now: whether it has a frame

    def over(self, math: Any) -> Any:
        walk = etree().iterwalk(math, events=("start", "end", "comment", "pi"))
        for event, node in walk:
            if event == "start":
                self._start(node, walk)
                continue
            if event == "end" and self.open.pop():
                self._end()
            if node is not math:
                self._text(node.tail)
        root = self.frames[0]
        root.end_words()
        made = element("math", root.made)
        if _name(math) == "omathpara":
            made.set("display", "block")
        return made

    def _start(self, node: Any, walk: Any) -> None:
        name, parent = _name(node), self.frames[-1]
        if name.endswith("pr"):
            parent.properties.update(_properties(node))
            parent.columns += _columns(node) if name == "mpr" else []
            self.open.append(False)
            walk.skip_subtree()
            return
        framed = name in _BUILDERS or name in _ARGUMENTS or name in ("mr", "omath", "r")
        if framed:
            naming = name == "fname" or (parent.naming and name in _NAMING)
            self.frames.append(_Frame(name, naming))
        self.open.append(framed)
        self._text(node.text)

    def _text(self, text: str | None) -> None:
        """Characters: all of a run, and elsewhere those that are not there to indent the source."""
        frame = self.frames[-1]
        if text and (frame.name == "r" or not text.isspace()):
            frame.add_words(text, PLAIN)

    def _end(self) -> None:
        frame, parent = self.frames.pop(), self.frames[-1]
        if frame.name == "r":
            _end_run(frame, parent)
            return
        frame.end_words()
        if frame.name == "mr":
            self._hand_on("mr", [_whole(cell) for cell in frame.all_parts("e")] + frame.made, parent)
        elif frame.name == "omath":
            self._hand_on("omath", frame.made, parent)
        elif frame.name in _ARGUMENTS:
            # Browsers that do not know `<m:deg/>` close it behind the arguments that follow it.
            for name, made in [(frame.name, frame.made), *frame.parts]:
                self._hand_on(name, made, parent)
        else:
            parent.end_words()
            parent.made += _BUILDERS[frame.name](frame) + frame.made

    def _hand_on(self, name: str, made: list[Any], parent: _Frame) -> None:
        """What an element holds as an argument of the one around it, or as it is where that takes none of the name."""
        parent.end_words()
        if parent.takes(name):
            parent.parts.append((name, made))
        else:
            parent.made += made


def _end_run(frame: _Frame, parent: _Frame) -> None:
    said = style(frame.value("scr"), frame.value("sty", "i"), frame.says("nor"))
    words, frame.words = "".join(frame.words), []
    if frame.says("aln"):
        parent.end_words()
        parent.made.append(element("maligngroup"))
    if frame.made or frame.parts:  # constructs within a run have no place there
        parent.end_words()
        parent.made += frame.made
    if words:
        parent.add_words(words, said)


def _name(node: Any) -> str:
    """The name of an element of OMML without its prefix, in small letters; '' for what is none."""
    tag = node.tag
    if not isinstance(tag, str):
        return ""
    space, _, name = tag.rpartition("}")
    if space:
        return name.lower() if space.endswith(("/math", "/omml")) else ""
    prefix, _, name = tag.rpartition(":")
    return name.lower() if prefix.lower() == "m" else ""


def _properties(node: Any) -> Iterable[tuple[str, str | None]]:
    """Names and values of what stands in a properties element; a slash ends a value without quotation marks."""
    for child in node.iterdescendants():
        if name := _name(child):
            said = next(
                (value for key, value in child.attrib.items() if key.rpartition("}")[2] in ("val", "m:val")), None
            )
            yield name, said if said is None or len(said) < 2 else said[:_LONGEST_VALUE].removesuffix("/")


def _columns(node: Any) -> list[str]:
    """How the columns of a matrix are aligned: `count` columns in turn have the `mcJc` behind it."""
    aligns: list[str] = []
    count = 1
    for name, said in _properties(node):
        if name == "mc":
            count = 1
        elif name == "count" and said and said.isdecimal() and said.isascii():
            count = int(said)
        elif name == "mcjc":
            aligns += [said or "center"] * min(count, _MOST_COLUMNS - len(aligns))
    return aligns


def _whole(made: Sequence[Any]) -> Any:
    """What an argument holds as one element."""
    return row(made) if made else element("mrow")


def _fraction(frame: _Frame) -> list[Any]:
    kind = frame.value("type", "bar").lower()
    parts = [_whole(frame.part("num")), _whole(frame.part("den"))]
    thickness = "0" if kind == "nobar" else ""
    return [element("mfrac", parts, linethickness=thickness, bevelled="true" if kind in ("lin", "skw") else "")]


def _radical(frame: _Frame) -> list[Any]:
    degree = frame.part("deg")
    if not degree or frame.says("deghide"):
        return [element("msqrt", frame.part("e"))]
    return [element("mroot", [_whole(frame.part("e")), _whole(degree)])]


def _scripted(tag: str, *names: str) -> Callable[[_Frame], list[Any]]:
    """Of a construct that is a base with what stands at it, as MathML has it."""

    def made(frame: _Frame) -> list[Any]:
        return [element(tag, [_whole(frame.part(name)) for name in ("e", *names)])]

    return made


def _before(frame: _Frame) -> list[Any]:
    low, high = _whole(frame.part("sub")), _whole(frame.part("sup"))
    return [element("mmultiscripts", [_whole(frame.part("e")), element("mprescripts"), low, high])]


def _n_ary(frame: _Frame) -> list[Any]:
    """A sum, an integral and the like, and what it is taken of."""
    mark = frame.value("chr", "∫").strip()
    low = [] if frame.says("subhide") else frame.part("sub")
    high = [] if frame.says("suphide") else frame.part("sup")
    around = frame.value("limloc").lower() == "undovr"
    tags = ("munder", "mover", "munderover") if around else ("msub", "msup", "msubsup")
    made = leaf("mo", mark) if mark else element("mrow")
    given = [_whole(part) for part in (low, high) if part]
    if given:
        made = element(tags[2] if len(given) == 2 else tags[0] if low else tags[1], [made, *given])
    return [made, _whole(frame.part("e"))]


def _delimited(frame: _Frame) -> list[Any]:
    """Between delimiters, with separators."""
    made = new_element()("mfenced")
    made.set("open", frame.value("begchr", "("))
    made.set("close", frame.value("endchr", ")"))
    made.set("separators", frame.value("sepchr", "|"))
    made.extend(_whole(part) for part in frame.all_parts("e"))
    return [made]


def _function(frame: _Frame) -> list[Any]:
    return [_whole(frame.part("fname")), leaf("mo", _APPLY), _whole(frame.part("e"))]


def _accented(frame: _Frame) -> list[Any]:
    mark = frame.value("chr", "\u0302").strip()
    return [element("mover", [_whole(frame.part("e")), leaf("mo", mark)])] if mark else frame.part("e")


def _barred(frame: _Frame) -> list[Any]:
    over = frame.value("pos", "bot") == "top"
    line = leaf("mo", "¯" if over else "_")
    line.set("stretchy", "true")
    return [element("mover" if over else "munder", [_whole(frame.part("e")), line])]


def _grouped(frame: _Frame) -> list[Any]:
    """A brace or an arrow as wide as what it groups; the base is what `vertJc` says to be on the line."""
    mark = frame.value("chr", "⏟").strip()
    if not mark:
        return frame.part("e")
    place = frame.value("pos", "bot")
    stretched = leaf("mo", mark)
    stretched.set("stretchy", "true")
    if mark not in _BRACES and place == frame.value("vertjc", "top"):
        return [element("munder" if place == "top" else "mover", [stretched, _whole(frame.part("e"))])]
    return [element("mover" if place == "top" else "munder", [_whole(frame.part("e")), stretched])]


_SIDES = {"hidetop": "top", "hidebot": "bottom", "hideleft": "left", "hideright": "right"}
_STRIKES = {
    "strikeh": "horizontalstrike", "strikev": "verticalstrike", "strikebltr": "updiagonalstrike",
    "striketlbr": "downdiagonalstrike",
}  # fmt: skip


def _bordered(frame: _Frame) -> list[Any]:
    notations = [side for name, side in _SIDES.items() if not frame.says(name)]
    notations += [strike for name, strike in _STRIKES.items() if frame.says(name)]
    return [element("menclose", frame.part("e"), notation=" ".join(notations))] if notations else frame.part("e")


def _phantom(frame: _Frame) -> list[Any]:
    if frame.says("show", unsaid=True):
        return frame.part("e")
    return [] if frame.says("zerowid") else [element("mphantom", frame.part("e"))]


def _matrix(frame: _Frame) -> list[Any]:
    aligns = [align if align in ("left", "right") else "center" for align in frame.columns]
    said = " ".join(aligns) if set(aligns) - {"center"} else ""
    rows = [element("mtr", [element("mtd", [cell]) for cell in cells]) for cells in frame.all_parts("mr")]
    return [element("mtable", rows, columnalign=said)]


def _array(frame: _Frame) -> list[Any]:
    """Lines below each other; where Word numbers an equation, it is one of them with `#` before the number."""
    lines = frame.all_parts("e")
    if not frame.says("maxdist"):
        return _lines([(line, "") for line in lines])
    return _lines([_without_number(line) for line in lines])


def _paragraph(frame: _Frame) -> list[Any]:
    return _lines([(line, "") for line in frame.all_parts("omath") if line])


def _box(frame: _Frame) -> list[Any]:
    return [_whole(frame.part("e"))]


def _lines(lines: list[tuple[list[Any], str]]) -> list[Any]:
    """Lines and their numbers below each other: marks of alignment part them into columns."""
    cells = [_parted(line) for line, _ in lines]
    if len(lines) == 1 and not lines[0][1]:
        return [made for cell in cells[0] for made in cell]
    rows = []
    for parted, (_, number) in zip(cells, lines, strict=True):
        label = [element("mtd", [leaf("mtext", number)])] if number else []
        rows.append(element("mlabeledtr" if label else "mtr", label + [element("mtd", cell) for cell in parted]))
    columns = max(map(len, cells), default=0)
    align = " ".join(("right", "left")[at % 2] for at in range(columns)) if columns > 1 else ""
    return [element("mtable", rows, columnalign=align, displaystyle="true")]


def _without_number(line: list[Any]) -> tuple[list[Any], str]:
    at = next((at for at, made in enumerate(line) if made.tag == "mo" and made.text == "#"), len(line))
    number = "".join(map(_plain, line[at + 1 :]))
    return line[:at], number


def _plain(made: Any) -> str:
    text = "".join(made.itertext())
    return f"{made.get('open')}{text}{made.get('close')}" if made.tag == "mfenced" else text


def _parted(line: list[Any]) -> list[list[Any]]:
    cells: list[list[Any]] = [[]]
    for made in line:
        if made.tag == "maligngroup":
            cells.append([])
        else:
            cells[-1].append(made)
    return cells


_BUILDERS: Mapping[str, Callable[[_Frame], list[Any]]] = {
    "acc": _accented, "bar": _barred, "borderbox": _bordered, "box": _box, "d": _delimited, "eqarr": _array,
    "f": _fraction, "func": _function, "groupchr": _grouped, "limlow": _scripted("munder", "lim"),
    "limupp": _scripted("mover", "lim"), "m": _matrix, "nary": _n_ary, "omathpara": _paragraph, "phant": _phantom,
    "rad": _radical, "spre": _before, "ssub": _scripted("msub", "sub"), "ssubsup": _scripted("msubsup", "sub", "sup"),
    "ssup": _scripted("msup", "sup"),
}  # fmt: skip
