r"""What never pays: the attacks of `mathmill eval stress`. Proofs are out of reach here: no rung below may give in."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from mathmill.eval import verify as module
from mathmill.eval.attacks import Attack, read_attacks
from mathmill.eval.stress import judge
from mathmill.eval.verdict import Verdict
from tests.eval.ladder.asking import ask, unproved

ATTACKS = read_attacks()


def verdict_on(attack: Attack) -> Verdict:
    with patch.object(module, "_prove", unproved):
        return judge(attack).verdict


@pytest.mark.parametrize("kind", sorted({attack.kind for attack in ATTACKS}))
def test_never_pays(kind: str) -> None:
    verdicts = {attack.line: verdict_on(attack) for attack in ATTACKS if attack.kind == kind}
    assert {line: each for line, each in verdicts.items() if each.outcome == "correct" or not each.method} == {}


@pytest.mark.parametrize(("answer", "gold"), [("2 or 3", "2"), ("A or B", "A"), (r"x=1 \text{ or } x=5", "5")])
def test_offering_several_is_ambiguous(answer: str, gold: str) -> None:
    assert ask(answer, gold).outcome == "ambiguous"
