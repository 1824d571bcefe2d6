"""Prompts of made-up Tasks, to the byte."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.eval.models.base import Message, Prompt
from mathmill.eval.tasks.prompts import build_prompts, shots_text
from tests.eval.tasks.made import FIXED, problems, task

SHOTS = problems("One?", "Two?", "Three?")
ASKED = [Problem("a/0", "Four?", "4", {})]
TEXT = "Q: One?\nA: It is 0. The answer is 1.\n\nQ: Two?\nA: It is 1. The answer is 1.\n\n"
BOXED = {
    "ask": "{question}\n{instruction}",
    "plain": "User: {question}\n{instruction}\n\nAssistant:",
    "instruction": r"Put it within \boxed{}.",
    "stops": ["\n\nUser:"],
    "chat": True,
}


def test_shots_in_plain_text_stand_before_the_question() -> None:
    made = build_prompts(task(shots=FIXED), ASKED, SHOTS, chat=False)
    assert made == [Prompt("a/0", TEXT + "Q: Four?\nA:", ("Q:",))]


def test_a_system_prompt_stands_first_in_plain_text() -> None:
    made = build_prompts(task(shots=FIXED), ASKED, SHOTS, chat=False, system="Be brief.")
    assert made[0].given == "Be brief.\n\n" + TEXT + "Q: Four?\nA:"


def test_shots_in_a_chat_are_turns_with_stops_of_their_own() -> None:
    made = build_prompts(task(shots=FIXED, chat_stops=["</s>"]), ASKED, SHOTS, chat=True, system="Be brief.")
    turns = (
        Message("system", "Be brief."),
        Message("user", "Q: One?\nA:"),
        Message("assistant", "It is 0. The answer is 1."),
        Message("user", "Q: Two?\nA:"),
        Message("assistant", "It is 1. The answer is 1."),
        Message("user", "Q: Four?\nA:"),
    )
    assert made == [Prompt("a/0", turns, ("</s>",))]


def test_without_shots_the_instruction_is_in_the_turn_of_the_user() -> None:
    chat = build_prompts(task(**BOXED), ASKED, [], chat=True)
    assert chat == [Prompt("a/0", (Message("user", "Four?\nPut it within \\boxed{}."),), ())]
    plain = build_prompts(task(**BOXED), ASKED, [], chat=False)
    assert plain == [Prompt("a/0", "User: Four?\nPut it within \\boxed{}.\n\nAssistant:", ("\n\nUser:",))]


@given(st.text(), st.text(min_size=1))
def test_a_question_is_sent_as_it_is(before: str, after: str) -> None:
    question = before + "{question}{instruction}" + after
    made = build_prompts(task(**BOXED), [Problem("a", question, "1", {})], [], chat=True)
    assert made[0].given == (Message("user", question + "\nPut it within \\boxed{}."),)


def test_other_shots_than_the_protocols_are_refused() -> None:
    named = task(shots={**FIXED, "sha256": hashlib.sha256(TEXT.encode()).hexdigest()})
    assert shots_text(named, SHOTS[:2]) == TEXT
    assert build_prompts(named, ASKED, SHOTS, chat=True)
    with pytest.raises(ConfigError, match="the shots of made-task are not those of its protocol"):
        build_prompts(named, ASKED, SHOTS[::-1], chat=True)


def test_no_problems_have_no_prompts() -> None:
    assert build_prompts(task(), [], [], chat=False) == []
