"""What KaTeX draws instead of setting it: tall fences, long arrows, wide accents, told by how their paths begin."""

from __future__ import annotations

from typing import Any

from mathmill.pipeline.notation.glyphs_parts import Unreadable, assembled

# Accents as KaTeX sets them, as MathML has them.
ACCENTS = {"\u20d7": "→", "ˆ": "^", "˜": "~"}

# Beginnings of paths, of one path or of two side by side.
_PATHS = {
    ("M0 241v40h399891c",): "→", ("M400000 241H110l",): "←", ("M400000 241H110l", "M0 241v40h399891c"): "↔",
    ("M399738 392l",): "⇒", ("M262 157",): "⇐", ("M262 157", "M399738 392l"): "⇔",
    ("M40 281 V448", "M0 241v40h399891c"): "↦", ("M400000 281 H103", "M0 241v40h399891c"): "↪",
    ("M400000 241H110l", "M399859 241c"): "↩", ("M0 50 h400000",): "=", ("M0 241v40h399993c",): "⇀",
    ("M399747 511c",): "⇁", ("M400000 167",): "↠", ("M7 435c", "M0 241v40h399993c"): "⇌",
    ("M529 0h5",): "^", ("M1181 0h2",): "^", ("M200 55.538c",): "~", ("M344 55.266c",): "~", ("M786 59C",): "~",
    ("M786 58C",): "~", ("M529,159h5",): "ˇ", ("M1181,220h2",): "ˇ", ("M377 20c",): "→",
    ("M6 548l",): "⏞", ("M0 6l6",): "⏟", ("M400000 80",): "⏠", ("M400000 262",): "⏡",
    ("M863,9c",): "(", ("M76,0c",): ")",
}  # fmt: skip
# Braces are drawn in three parts, of which the first tells which.
_FIRST_TELLS = frozenset("⏞⏟⏠⏡")
# Brackets begin alike with and without their lower bar.
_TALL = (("M403 1759", "h347", "[", "⌈"), ("M347 1759", "H0 v84", "]", "⌉"))
# A floor's and a ceiling's mirror images are drawn alike from where they begin; both have one bar.
_MOST_PATHS = 6


def drawn(node: Any) -> str:
    """The character that a box shows by drawing or putting together; raises `Unreadable` where it is not known."""
    paths: list[str] = []
    pieces: list[str] = []
    for one in node.iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag.rpartition("}")[2] == "path":
            paths.append(" ".join((one.get("d") or "")[:20_000].split()))
        elif not len(one) and one.text and one.text.strip("\u200b \n"):
            pieces.append(one.text.strip("\u200b \n"))
    if pieces:
        return assembled("".join(pieces))
    if not paths or len(paths) > _MOST_PATHS:
        raise Unreadable("drawing")
    return _named(paths)


def _named(paths: list[str]) -> str:
    for starts, name in _PATHS.items():
        alike = len(starts) == len(paths) or name in _FIRST_TELLS
        if alike and all(path.startswith(start) for start, path in zip(starts, paths, strict=False)):
            return name
    return _fence(paths[0])


def _fence(path: str) -> str:
    if path.startswith("M145 15"):
        return "‖" if "M367 15" in path else "|"
    for start, bar, both, upper in _TALL:
        if path.startswith(start):
            return both if bar in path else upper
    if path.startswith("M319 602"):
        return "⌊" if "h347" in path else "⌉"
    if path.startswith("M347 602"):
        return "⌋"
    raise Unreadable("drawing")
