r"""Congruences: `x \equiv 5 \pmod{12}` and `5 \pmod{12}`, whose residues are equal where the modulus divides them."""

from __future__ import annotations

from mathmill.eval.ladder.rungs import Compare, correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.exact import form_of
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict


def compare_residues(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Two residues of one modulus; the name of what has the residue may be left out. None where not both are such."""
    left, right = _residue(answer), _residue(gold)
    if left is None or right is None:
        is_open = any(isinstance(tree, t.Relation) and tree.relations == ("mod",) for tree in (answer, gold))
        return wrong("residue", "a modulus on one side alone") if is_open and (left or right) else None
    if (name := left[0]) is not None and (other := right[0]) is not None and name != other:
        return wrong("residue", "the residue of something else")
    if not compare(left[2], right[2]).correct:
        return wrong("residue", "another modulus")
    try:
        apart = form_of(t.Quotient(t.Sum((left[1], t.Negative(right[1]))), right[2])).rational()
    except Undecided:
        apart = None
    if apart is None:
        return compare(left[1], right[1])
    return correct("residue") if apart.denominator == 1 else wrong("residue", "another residue")


def _residue(tree: t.Tree) -> tuple[t.Tree | None, t.Tree, t.Tree] | None:
    """What has a residue, if that is said, the residue and the modulus."""
    match tree:
        case t.Call("mod", (value, modulus)):
            return None, value, modulus
        case t.Relation((name, t.Call("mod", (value, modulus))), ("mod" | "=",)):
            return name, value, modulus
    return None
