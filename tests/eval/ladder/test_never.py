r"""What never pays: the attacks of `mathmill eval stress`. Proofs are out of reach here: no rung below may give in."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from mathmill.eval import verify as module
from mathmill.eval.attacks import Attack, read_attacks
from mathmill.eval.stress import judge
from tests.eval.ladder.asking import ask, unproved

ATTACKS = read_attacks()


def named(attack: Attack) -> str:
    return f"{attack.line}-{attack.kind}"


@pytest.mark.parametrize("attack", ATTACKS, ids=named)
def test_never_pays(attack: Attack) -> None:
    with patch.object(module, "_prove", unproved):
        verdict = judge(attack).verdict
    assert verdict.outcome != "correct", verdict
    assert verdict.method


@pytest.mark.parametrize(("answer", "gold"), [("2 or 3", "2"), ("A or B", "A"), (r"x=1 \text{ or } x=5", "5")])
def test_offering_several_is_ambiguous(answer: str, gold: str) -> None:
    assert ask(answer, gold).outcome == "ambiguous"
