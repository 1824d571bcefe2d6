"""Options of multiple-choice questions: their letters, their contents, and both together."""

from __future__ import annotations

from mathmill.eval.ladder.rungs import Compare, correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.verdict import Verdict

_LETTERS = frozenset("ABCDEFGHIJ")


def compare_choices(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """`(B) 5` is B and is 5; None where neither is an option.

    Where both say a letter it has to be the same one; a letter alone is a whole answer to an option with its content.
    """
    given, wanted = _letter_of(answer), _letter_of(gold)
    is_option = any(isinstance(tree, t.Choice) or _is_labelled(tree) for tree in (answer, gold))
    if not is_option:
        return None
    if given is not None and wanted is not None:
        if given != wanted:
            return wrong("choice", f"{given} is not {wanted}")
        if _is_labelled(answer) and _is_labelled(gold):
            return compare(_content(answer), _content(gold))
        return correct("choice")
    if _is_labelled(answer) or _is_labelled(gold):
        return compare(_content(answer), _content(gold))
    return None


def _is_labelled(tree: t.Tree) -> bool:
    return isinstance(tree, t.Labelled) and isinstance(tree.condition, t.Choice)


def _content(tree: t.Tree) -> t.Tree:
    return tree.value if isinstance(tree, t.Labelled) and isinstance(tree.condition, t.Choice) else tree


def _letter_of(tree: t.Tree) -> str | None:
    match tree:
        case t.Labelled(_, t.Choice(letter)) | t.Choice(letter):
            return letter
        case t.Symbol(name) if name in _LETTERS:
            return name
    return None
