r"""An author's own macros: taken out of a TeX source where they are defined, and expanded where they are used.

`\newcommand`, `\def`, `\let`, `\DeclareMathOperator`, `\newenvironment` and their like with plain parameters; what
computes (conditions, delimited parameters, recursion) is left unexpanded. This is no TeX engine: scopes do not count,
the last definition holds everywhere. Growth and passes are bounded, so that no source expands without end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

MOST_PASSES = 10  # depth to which calls may stand in the arguments of calls
GROUP_CHARS = 10_000  # of a definition's parts, longer ones are left where they are
BODY_CHARS = 2_000  # of one macro, all macros in it expanded
GROWTH, GROWTH_CHARS = 2, 200_000  # a text may grow by so much times its length, and by so many characters

_DEFINE = re.compile(
    r"\\(?P<how>newcommand|renewcommand|providecommand|DeclareRobustCommand|DeclareMathOperator"
    r"|DeclarePairedDelimiter|[gex]?def|let|newtheorem|(?:re)?newenvironment)(?P<star>\*?)(?![A-Za-z@])"
)
_CALL = re.compile(r"\\(?:(?P<edge>begin|end)[ ]?\{(?P<of>[^{}\n]{1,40})\}|(?P<name>[A-Za-z@]+|.))", re.DOTALL)
_NAME = re.compile(r"\s*+(?:\{\s*+)?\\([A-Za-z@]+|.)(?:\s*+\})?", re.DOTALL)
_OPTION = re.compile(r"\s*+\[((?:[^\[\]]|\[[^\[\]]{0,100}\]){0,500}+)\]")
_PARAMETERS = re.compile(r"((?:#[1-9])*+)\s*+(?=\{)")
_TARGET = re.compile(r"\s*+=?\s*+(\\(?:[A-Za-z@]+|.)|[^\s\\{}])", re.DOTALL)
_ONE_TOKEN = re.compile(r"\\(?:[A-Za-z@]+|.)|[^\\{}]", re.DOTALL)
_SPACE = re.compile(r"\s*+")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_PARAMETER = re.compile(r"#([1-9])")
_COMMAND_PARAMETER = re.compile(r"(\\[A-Za-z@]+)(?=#[1-9])")
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z@]+\Z")
_COMPUTES = re.compile(
    r"\\(?:if|else\b|fi\b|csname|expandafter|futurelet|catcode|afterassignment|aftergroup|global|newcommand"
    r"|[gex]?def\b|let\b|loop\b|begingroup)|@|##"
)
# What the converter of the body knows; a redefinition changes its looks, not its meaning.
_KNOWN_NAMES = r"""
    begin end item label ref eqref cite citep citet title author date maketitle caption emph textbf textit
    footnote part chapter section subsection subsubsection paragraph subparagraph bibitem appendix par \ [ ] ( )
    { } $ % & # _ left right qedsymbol
"""
_KNOWN = frozenset(_KNOWN_NAMES.split())
_KNOWN_ENVIRONMENTS = frozenset(
    [
        "document",
        "equation",
        "align",
        "gather",
        "abstract",
        "proof",
        "itemize",
        "enumerate",
        "description",
        "figure",
        "table",
        "tabular",
    ]
)


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro with `parameters` arguments, the first optional where it has a `default`."""

    parameters: int
    default: str | None
    body: str
    star: bool = False  # whether a star may follow its name


@dataclass(slots=True)
class Definitions:
    """What a source defines: macros by name, environments as a macro and their end, theorems by their titles."""

    macros: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, tuple[Macro, str]] = field(default_factory=dict)
    theorems: dict[str, str] = field(default_factory=dict)


class Groups:
    """A text and where its groups end; reads arguments. Every method takes a position and gives one behind."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ends: dict[int, int] = {}  # position of `{` -> position of its `}`
        opened: list[int] = []
        for token in _BRACES.finditer(text):
            if token.group() == "{":
                opened.append(token.start())
            elif token.group() == "}" and opened:
                self.ends[opened.pop()] = token.start()

    def span(self, position: int) -> tuple[int, int, int] | None:
        """Where the inside of the next group begins and ends, and the position behind its brace."""
        start = self._behind_space(position)
        end = self.ends.get(start)
        return None if end is None else (start + 1, end, end + 1)

    def argument_span(self, position: int) -> tuple[int, int, int] | None:
        """The same of the next group, or of the next token where no group comes next."""
        found = self.span(position)
        if found is not None:
            return found
        token = _ONE_TOKEN.match(self.text, self._behind_space(position))
        return (token.start(), token.end(), token.end()) if token else None

    def group(self, position: int) -> tuple[str, int] | None:
        """What stands in the braces that come next, if it is not too long."""
        return self._cut(self.span(position))

    def argument(self, position: int) -> tuple[str, int] | None:
        """The next group, or the next token."""
        return self._cut(self.argument_span(position))

    def _cut(self, span: tuple[int, int, int] | None) -> tuple[str, int] | None:
        # Groups may stand in groups: copying each of them whole would take quadratic time.
        if span is None or span[1] - span[0] > GROUP_CHARS:
            return None
        return self.text[span[0] : span[1]], span[2]

    def option(self, position: int) -> tuple[str, int] | None:
        """What stands in the square brackets that come next."""
        found = _OPTION.match(self.text, position)
        return (found[1], found.end()) if found else None

    def skip(self, position: int, arguments: int) -> int:
        """Behind any options and so many groups."""
        while option := self.option(position):
            position = option[1]
        for _ in range(arguments):
            found = self.span(position)
            if found is None:
                break
            position = found[2]
        return position

    def _behind_space(self, position: int) -> int:
        space = _SPACE.match(self.text, position)
        return space.end() if space else position


def take_definitions(text: str) -> tuple[str, Definitions]:
    """`text` without its definitions, and these."""
    groups, found = Groups(text), Definitions()
    kept: list[str] = []
    position = at = 0
    while definition := _DEFINE.search(text, at):
        end = _READERS[_family(definition["how"])](groups, definition, found)
        at = end or definition.end()
        if end is not None:
            kept.append(text[position : definition.start()])
            position = end
    kept.append(text[position:])
    found.macros = _resolved(found.macros)
    return "".join(kept), found


def expand(text: str, definitions: Definitions) -> str:
    """`text` with the macros and environments in it replaced, as far as the bounds allow."""
    most = len(text) * (1 + GROWTH) + GROWTH_CHARS
    if definitions.macros or definitions.environments:
        for _ in range(MOST_PASSES):
            expanded = _pass(text, definitions.macros, definitions.environments, most)
            if expanded == text:
                break
            text = expanded
    return text


def _family(how: str) -> str:
    if how.endswith(("command", "Command")):
        return "command"
    return "def" if how.endswith("def") else how.removeprefix("re")


def _command(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = _NAME.match(groups.text, definition.end())
    if name is None:
        return None
    position, count, default = name.end(), 0, None
    if option := groups.option(position):
        count, position = int(option[0]) if option[0] in tuple("123456789") else 0, option[1]
        if option := groups.option(position):
            default, position = option
    body = groups.argument(position)
    if body is None:
        return None
    if definition["how"] != "providecommand" or name[1] not in found.macros:
        _note(found, name[1], Macro(count, default, body[0]))
    return body[1]


def _operator(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = _NAME.match(groups.text, definition.end())
    body = groups.group(name.end()) if name else None
    if name is None or body is None:
        return None
    _note(found, name[1], Macro(0, None, f"\\operatorname{definition['star']}{{{body[0]}}}"))
    return body[1]


def _paired(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = _NAME.match(groups.text, definition.end())
    left = groups.argument(name.end()) if name else None
    right = groups.argument(left[1]) if left else None
    if name is None or left is None or right is None:
        return None
    _note(found, name[1], Macro(1, None, f"\\left{left[0]} #1 \\right{right[0]}", star=True))
    return right[1]


def _def(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = _NAME.match(groups.text, definition.end())
    parameters = _PARAMETERS.match(groups.text, name.end()) if name else None
    if name is None:
        return None
    if parameters is None:  # its arguments end in something: not ours to expand
        start = groups.text.find("{", name.end(), name.end() + 100)
        body = groups.group(start) if start >= 0 else None
        return body[1] if body else None
    body = groups.group(parameters.end())
    if body is None:
        return None
    _note(found, name[1], Macro(len(parameters[1]) // 2, None, body[0]))
    return body[1]


def _let(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = _NAME.match(groups.text, definition.end())
    target = _TARGET.match(groups.text, name.end()) if name else None
    if name is None or target is None:
        return None
    # A copy of a macro is that macro as it is now; later redefinitions do not reach it.
    _note(found, name[1], found.macros.get(target[1].removeprefix("\\"), Macro(0, None, target[1])))
    return target.end()


def _theorem(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = groups.group(definition.end())
    if name is None:
        return None
    option = groups.option(name[1])
    title = groups.group(option[1] if option else name[1])
    if title is None:
        return None
    found.theorems[name[0].strip()] = title[0]
    option = groups.option(title[1])
    return option[1] if option else title[1]


def _environment(groups: Groups, definition: re.Match[str], found: Definitions) -> int | None:
    name = groups.group(definition.end())
    if name is None:
        return None
    position, count, default = name[1], 0, None
    if option := groups.option(position):
        count, position = int(option[0]) if option[0] in tuple("123456789") else 0, option[1]
        if option := groups.option(position):
            default, position = option
    begin = groups.group(position)
    end = groups.group(begin[1]) if begin else None
    if begin is None or end is None:
        return None
    if name[0] not in _KNOWN_ENVIRONMENTS and not _COMPUTES.search(begin[0]) and not _COMPUTES.search(end[0]):
        found.environments[name[0]] = (Macro(count, default, begin[0]), end[0])
    return end[1]


_READERS: Mapping[str, Callable[[Groups, re.Match[str], Definitions], int | None]] = {
    "command": _command,
    "DeclareMathOperator": _operator,
    "DeclarePairedDelimiter": _paired,
    "def": _def,
    "let": _let,
    "newtheorem": _theorem,
    "newenvironment": _environment,
}


def _note(found: Definitions, name: str, macro: Macro) -> None:
    if name not in _KNOWN and len(macro.body) <= BODY_CHARS and not _COMPUTES.search(macro.body):
        # `\mathbf#1` must not become another command
        found.macros[name] = replace(macro, body=_COMMAND_PARAMETER.sub(r"\1 ", macro.body.strip()))
    else:
        found.macros.pop(name, None)


def _resolved(macros: Mapping[str, Macro]) -> dict[str, Macro]:
    """The macros with all others in their bodies expanded; those that never end or grow too long are left out."""
    needs = {name: {c["name"] for c in _CALL.finditer(macro.body)} & macros.keys() for name, macro in macros.items()}
    users: dict[str, list[str]] = {}
    for name, needed in needs.items():
        for other in needed:
            users.setdefault(other, []).append(name)
    ready = [name for name, needed in needs.items() if not needed]
    resolved: dict[str, Macro] = {}
    waiting = {name: len(needed) for name, needed in needs.items()}
    for name in ready:  # grows as we go
        body = macros[name].body
        for _ in range(MOST_PASSES if needs[name] else 0):
            expanded = _pass(body, resolved, {}, BODY_CHARS + 1)
            if expanded == body:
                break
            body = expanded
        if len(body) <= BODY_CHARS:
            resolved[name] = replace(macros[name], body=body)
        for user in users.get(name, ()):
            waiting[user] -= 1
            if not waiting[user]:
                ready.append(user)
    return resolved


def _pass(
    text: str, macros: Mapping[str, Macro], environments: Mapping[str, tuple[Macro, str]], most_chars: int
) -> str:
    """One pass of expansion; calls in arguments are left for the next, and all are once it is too long."""
    groups = Groups(text)
    parts: list[str] = []
    position = at = 0
    length = len(text)
    while call := _CALL.search(text, at):
        at = call.end()
        macro = _called(call, macros, environments)
        replaced = _replacement(macro, groups, at, most_chars) if macro else None
        if replaced is None:
            continue
        body, at = replaced
        length += len(body) - (at - call.start())
        if length > most_chars:
            break
        if text[at : at + 1].isalpha() and _ENDS_IN_COMMAND.search(body[-60:]):
            body += " "
        parts += [text[position : call.start()], body]
        position = at
    parts.append(text[position:])
    return "".join(parts)


def _called(
    call: re.Match[str], macros: Mapping[str, Macro], environments: Mapping[str, tuple[Macro, str]]
) -> Macro | None:
    if call["name"] is not None:
        return macros.get(call["name"])
    environment = environments.get(call["of"])
    if environment is None:
        return None
    return environment[0] if call["edge"] == "begin" else Macro(0, None, environment[1])


def _replacement(macro: Macro, groups: Groups, position: int, most_chars: int) -> tuple[str, int] | None:
    """A call's replacement and the position behind its arguments; None where these are missing or too long."""
    if not macro.parameters:
        return macro.body, position
    position += macro.star and groups.text[position : position + 1] == "*"
    default = None
    if macro.default is not None or macro.star:
        option = groups.option(position)
        default = option[0] if option else macro.default
        position = option[1] if option else position
    spans: list[tuple[int, int]] = []
    for _ in range(macro.parameters - (macro.default is not None)):
        argument = groups.argument_span(position)
        if argument is None:
            return None
        spans.append(argument[:2])
        position = argument[2]
    if sum(end - start for start, end in spans) * macro.body.count("#") > most_chars:
        return None
    arguments = [groups.text[start:end] for start, end in spans]
    if macro.default is not None:
        arguments.insert(0, default or "")
    body = _PARAMETER.sub(lambda p: arguments[int(p[1]) - 1] if int(p[1]) <= len(arguments) else "", macro.body)
    return body, position
