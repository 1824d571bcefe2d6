"""The small world of these tests: the same for the same seed, in splits that share nothing, and judged as it says."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mathmill import grade
from tests.train.grpo import world


def test_a_problem_is_worked_from_left_to_right_modulo_ten() -> None:
    some = {each.question: each for each in world.sums("train", 2_000)}
    for question, each in some.items():
        value = int(question[0])
        for sign, digit in zip(question[1::2], question[2::2], strict=True):
            value = {"+": value + int(digit), "-": value - int(digit), "*": value * int(digit)}[sign] % 10
        assert each.gold == str(value)
        assert each.solution.endswith(f"={value}####{value}")
        assert len(each.solution) == 22


def test_one_by_hand() -> None:
    digits, signs = (3, 4, 2, 7, 5), "+*-*"
    number = sum(digit * 10**place for place, digit in enumerate(digits))
    number += 10**5 * sum(world.SIGNS.index(sign) * 3**place for place, sign in enumerate(signs))
    assert world.Sum(number).question == "3+4*2-7*5"
    assert world.Sum(number).solution == "3+4=7*2=4-7=7*5=5####5"


def test_splits_share_nothing_whatever_their_seeds() -> None:
    splits: tuple[world.Split, ...] = ("train", "validation", "test")
    found = {
        (split, seed): {each.number for each in world.sums(split, 500, seed)} for split in splits for seed in (0, 1)
    }
    assert all(len(numbers) == 500 for numbers in found.values())
    for (split, seed), numbers in found.items():
        assert all(world.split_of(number) == split for number in numbers)
        assert [each.number for each in world.sums(split, 500, seed)] == [
            each.number for each in world.sums(split, 600, seed)
        ][:500]
    assert len(found["train", 0] & found["train", 1]) < 5


def test_the_grader_agrees_with_the_generator() -> None:
    for each in world.sums("test", 300):
        assert grade(each.solution, each.gold, strict=True).correct
        assert grade(each.corrupted(1), each.gold, strict=True).outcome == "wrong"
        assert each.corrupted(1) == each.corrupted(1)
        assert grade(each.solution[:-1], each.gold, strict=True).outcome == "no_answer"


def test_half_of_a_corpus_is_corrupted(tmp_path: Path) -> None:
    some = world.sums("train", 1_000)
    rows = [orjson.loads(line) for line in world.write_corpus(tmp_path / "a.jsonl", some).read_bytes().splitlines()]
    right = {world.ASK.format(question=each.question) + each.solution for each in some}
    assert 450 < sum(row["text"] in right for row in rows) < 550
    again = world.write_corpus(tmp_path / "b.jsonl", some)
    assert again.read_bytes() == (tmp_path / "a.jsonl").read_bytes()


def test_its_policy_reads_characters(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from mathmill.train.policy.load import open_policy
    from mathmill.train.policy.settings import PolicySettings

    policy = open_policy(PolicySettings(start=str(world.write_policy(tmp_path / "policy"))), "cpu", 0)
    assert 340_000 < sum(weight.numel() for weight in policy.model.parameters()) < 350_000
    (each,) = world.sums("train", 1)
    ids = policy.tokenizer(each.solution, add_special_tokens=False)["input_ids"]
    assert len(ids) == 19 and policy.tokenizer.unk_token_id not in ids
    assert policy.tokenizer.decode(ids) == each.solution
    assert policy.tokenizer("1+2\n")["input_ids"][0] == policy.tokenizer.bos_token_id
