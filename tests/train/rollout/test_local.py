"""Groups drawn in this process: what was noted is what a training pass finds, and nothing else decides what is said."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mathmill.data.errors import ConfigError  # noqa: E402
from mathmill.eval.models.base import Sampling  # noqa: E402
from mathmill.train.policy.load import Policy  # noqa: E402
from mathmill.train.policy.settings import Lora, PolicySettings  # noqa: E402
from mathmill.train.rollout.local import LocalEngine  # noqa: E402
from mathmill.train.rollout.records import Group, Question  # noqa: E402
from tests.eval.models import tiny  # noqa: E402
from tests.train.policy import made  # noqa: E402
from tests.train.rollout.made import questions, rollouts_of, said, scored  # noqa: E402

DRAWN = Sampling(n=3, temperature=1.0, max_new_tokens=14, seed=5)


def groups(
    policy: Policy, asked: list[Question], sampling: Sampling = DRAWN, draw: str = "1", **of: Any
) -> list[Group]:
    return list(LocalEngine(policy, **of).groups(asked, sampling, draw))


def adapted(policy: Policy) -> Policy:
    """With an adapter that changes what is said."""
    from mathmill.train.policy import adapters

    settings = PolicySettings(start="it", lora=Lora(rank=4, modules="all-linear", dropout=0.5))
    policy.model = adapters.adapted(policy.model, settings, 1).train()
    with torch.no_grad():
        for name, weight in policy.model.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.1, generator=torch.Generator().manual_seed(3))
    return policy


def check_ratio(policy: Policy, found: list[Group], sampling: Sampling, packed: bool = False) -> None:
    """That of each token is 1; entropies are numbers."""
    rollouts = rollouts_of(found)
    policy.model.eval()
    logprobs, entropies = scored(policy, rollouts, sampling, packed)
    policy.model.train()
    old = torch.from_numpy(np.concatenate([each.logprobs for each in rollouts]))
    assert float(((logprobs.detach() - old).exp() - 1).abs().max()) < 1e-5
    assert bool(entropies.isfinite().all()) and float(entropies.detach().min()) > -1e-5
    (logprobs * torch.linspace(-1, 1, len(logprobs))).sum().backward()
    assert all(weight.grad is None or bool(weight.grad.isfinite().all()) for weight in policy.model.parameters())
    policy.model.zero_grad()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0.7},
        {"top_k": 5},
        {"top_p": 0.8},
        {"temperature": 0.7, "top_k": 20, "top_p": 0.9},
        {"temperature": 1.5, "top_p": 0.95},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["llama", "gemma3", "qwen2", "gpt2", "gemma2", "granite"])
def test_training_finds_the_logprobs_of_the_sampler(kind: str, settings: dict[str, Any]) -> None:
    policy = made.policy(kind)
    sampling = DRAWN.model_copy(update=settings)
    found = groups(policy, questions(), sampling)
    assert sorted(group.problem.id for group in found) == ["p/0", "p/1", "p/2", "p/3"]
    for each in rollouts_of(found):
        assert len(each.logprobs) == len(each.completion_ids) == len(each) > 0
        assert (each.logprobs <= 0).all() and each.logprobs.dtype == np.float32
        assert (each.kept is not None) == bool({"top_k", "top_p"} & settings.keys())
        if each.kept:
            begin = 0
            for token, end in zip(each.completion_ids, each.kept.ends, strict=True):
                ids = each.kept.ids[begin:end]
                assert token in ids and (np.diff(ids) > 0).all() and len(ids) <= settings.get("top_k", 400)
                begin = end
    check_ratio(policy, found, sampling)
    if kind in ("llama", "gemma3"):
        check_ratio(policy, found, sampling, packed=True)


@pytest.mark.parametrize("kind", ["llama", "gemma3", "gpt2"])
@pytest.mark.parametrize("settings", [{}, {"temperature": 0.8, "top_k": 9}], ids=str)
def test_an_adapter_speaks(kind: str, settings: dict[str, Any]) -> None:
    policy = made.policy(kind)
    sampling = DRAWN.model_copy(update=settings)
    before = said(groups(policy, questions(), sampling))
    found = groups(adapted(policy), questions(), sampling)
    assert said(found) != before
    check_ratio(policy, found, sampling)


def test_the_weights_are_those_of_the_moment() -> None:
    policy = made.policy("llama")
    engine = LocalEngine(policy)
    before = list(engine.groups(questions(), DRAWN, "1"))
    with torch.no_grad():
        for weight in policy.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)), alpha=0.1)
    after = list(engine.groups(questions(), DRAWN, "1"))
    assert said(before) != said(after)
    check_ratio(policy, after, DRAWN)


def test_samples_of_a_group_differ_from_the_first_token_on() -> None:
    found = groups(made.policy("llama"), questions(), DRAWN.model_copy(update={"n": 16}))
    for group in found:
        assert [each.sample for each in group.rollouts] == list(range(16))
        assert len({int(each.completion_ids[0]) for each in group.rollouts}) > 4


@pytest.mark.parametrize("kind", ["llama", "gemma3", "gpt2"])
def test_nothing_but_seed_draw_problem_and_sample_decides(kind: str) -> None:
    policy = made.policy(kind)
    sampling = DRAWN.model_copy(update={"max_new_tokens": 40, "n": 4})
    asked = questions()
    expected = said(groups(policy, asked, sampling))
    assert len({tuple(tokens) for tokens in expected.values()}) == 16
    for rows in (1, 3, 7):
        assert said(groups(policy, asked, sampling, rows=rows)) == expected
    shuffled = random.Random(1).sample(asked, 3)
    assert said(groups(policy, shuffled, sampling, rows=5)).items() < expected.items()
    fewer = said(groups(policy, asked, sampling.model_copy(update={"n": 2})))
    assert fewer.items() < expected.items() and len(fewer) == 8
    others = (said(groups(policy, asked, sampling, "2")), said(groups(policy, asked, sampling, "11")))
    seeded = said(groups(policy, asked, sampling.model_copy(update={"seed": 6})))
    for other in (*others, seeded):
        assert all(other[key] != expected[key] for key in expected)


@pytest.mark.parametrize("chat", [False, True])
def test_each_of_the_eos_set_ends_a_completion_and_is_part_of_it(chat: bool) -> None:
    policy = made.policy("llama", template=tiny.TEMPLATE)
    free = rollouts_of(groups(policy, questions(chat=chat)))
    own = policy.ends.of_turn if chat else policy.ends.of_text  # which ended those that were not cut
    eos = {*own, int(free[0].completion_ids[2]), int(free[4].completion_ids[5])}
    ends: dict[str, Any] = {
        "of_turn" if chat else "of_text": frozenset(eos),
        "of_text" if chat else "of_turn": frozenset(),
    }
    policy.ends = replace(policy.ends, **ends)
    found = groups(policy, questions(chat=chat))
    ended = [each for each in rollouts_of(found) if each.finish == "eos"]
    assert len(ended) >= 2
    for each, before in zip(rollouts_of(sorted_(found)), rollouts_of(sorted_(groups_like(free))), strict=True):
        tokens, whole = each.completion_ids.tolist(), before.completion_ids.tolist()
        cut = next((at for at, token in enumerate(whole) if token in eos), None)
        assert tokens == (whole if cut is None else whole[: cut + 1])
        assert (each.finish == "eos") == (cut is not None)
        if cut is not None:
            assert each.text == policy.tokenizer.decode(tokens[:-1], skip_special_tokens=True)
    check_ratio(policy, found, DRAWN)


def groups_like(rollouts: list[Any]) -> list[Group]:
    from mathmill.data.problem_rows import Problem

    names = dict.fromkeys(each.problem for each in rollouts)
    return [
        Group(Problem(name, "", "", {}), tuple(each for each in rollouts if each.problem == name)) for name in names
    ]


def sorted_(found: list[Group]) -> list[Group]:
    return sorted(found, key=lambda group: group.problem.id)


def test_a_stop_string_ends_a_completion_and_is_not_in_its_text() -> None:
    policy = made.policy("llama")
    free = rollouts_of(groups(policy, questions()))
    stop = next(each.text[3:5] for each in free if len(each.text) > 8 and each.text[3:5].isascii())
    found = rollouts_of(groups(policy, questions(stops=(stop,))))
    stopped = [each for each in found if each.finish == "stop"]
    assert stopped
    by_name = {(each.problem, each.sample): each for each in free}
    for each in found:
        whole = by_name[each.problem, each.sample]
        assert stop not in each.text
        assert each.completion_ids.tolist() == whole.completion_ids[: len(each)].tolist()
        if each.finish == "stop":
            assert stop in policy.tokenizer.decode(each.completion_ids.tolist(), skip_special_tokens=True)


def test_the_limit_cuts_a_completion() -> None:
    policy = made.policy("llama")
    policy.ends = replace(policy.ends, of_text=frozenset())
    found = rollouts_of(groups(policy, questions(), DRAWN.model_copy(update={"max_new_tokens": 5})))
    assert {(each.finish, len(each)) for each in found} == {("length", 5)}


def test_greedy_is_certain() -> None:
    policy = made.policy("llama")
    greedy = Sampling(max_new_tokens=6)
    found = rollouts_of(groups(policy, questions(), greedy))
    assert len(found) == 4 and all(not each.logprobs.any() and each.kept is None for each in found)


def test_training_mode_is_given_back() -> None:
    policy = made.policy("llama")
    engine = LocalEngine(policy)
    modes = []
    hook = policy.model.model.norm.register_forward_hook(lambda *_: modes.append(policy.model.training))
    list(engine.groups(questions(), DRAWN, "1"))
    assert policy.model.training and modes and not any(modes)
    with closing(engine.groups(questions(), DRAWN, "1")) as some:
        next(some)
        assert not policy.model.training
    assert policy.model.training
    hook.remove()
    policy.model.eval()
    list(engine.groups(questions(), DRAWN, "1"))
    assert not policy.model.training
    assert all(weight.requires_grad and not weight.is_inference() for weight in policy.model.parameters())


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_bfloat16_is_spoken_as_it_is_trained(kind: str) -> None:
    policy = made.policy(kind, precision="bfloat16")
    sampling = DRAWN.model_copy(update={"top_k": 50})
    rollouts = rollouts_of(groups(policy, questions(), sampling))
    policy.model.eval()
    logprobs, _ = scored(policy, rollouts, sampling, packed=False)
    old = torch.from_numpy(np.concatenate([each.logprobs for each in rollouts]))
    differences = (logprobs.detach() - old).abs()
    # Roundings of 8 bits at other places of a sum; a float32 pass is several times as far away.
    exact, _ = scored(replace(policy, precision="float32"), rollouts, sampling, packed=False)
    assert float(differences.mean()) < 0.02 and float(differences.median()) <= float(
        (exact.detach() - old).abs().median()
    )


def test_memory_that_runs_out_once_halves_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = made.policy("gpt2")
    expected = said(groups(policy, questions()))
    engine = LocalEngine(policy, rows=6)
    forward, most = policy.causal.forward, 3

    def bounded(*, input_ids: Any, **settings: Any) -> Any:
        if input_ids.shape[0] > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(input_ids=input_ids, **settings)

    monkeypatch.setattr(policy.causal, "forward", bounded)
    assert said(list(engine.groups(questions(), DRAWN, "1"))) == expected
    most = 1
    with pytest.raises(ConfigError, match=r"ran out of memory while 3 completions were .*: set rows = 1, a smaller"):
        list(engine.groups(questions(), DRAWN, "1"))
    assert policy.model.training


def test_what_cannot_be_asked() -> None:
    for kind in ("mamba", "rwkv"):
        with pytest.raises(ConfigError, match=f"{kind} .* keeps a state of what it read"):
            LocalEngine(made.policy(kind))
    engine = LocalEngine(made.policy("llama"))
    with pytest.raises(ConfigError, match="context of llama has 512"):
        list(engine.groups(questions(), Sampling(temperature=1.0, max_new_tokens=600), "1"))
    assert list(engine.groups([], DRAWN, "1")) == []
