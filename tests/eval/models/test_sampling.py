"""Draws follow the distribution that the settings say, and are the same whichever way they are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Sampling
from mathmill.eval.models.sampling import Draws, Randomness, draw, draw_noted, keeps


def reference(logits: Any, sampling: Sampling) -> Any:
    """Probabilities after temperature, top-k and top-p, written down step by step in float64."""
    scores = np.asarray(logits, np.float64) / sampling.temperature
    if sampling.top_k:
        scores = np.where(scores < np.sort(scores)[-min(sampling.top_k, len(scores))], -np.inf, scores)
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    kept = np.zeros(len(scores), bool)
    mass = 0.0
    for token in np.argsort(-probabilities, kind="stable"):
        kept[token] = True
        mass += probabilities[token]
        if mass >= sampling.top_p:
            break
    probabilities[~kept] = 0
    return probabilities / probabilities.sum()


@pytest.mark.parametrize("size", [50, 17_000])
@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 1.0},
        {"temperature": 0.3},
        {"temperature": 1.0, "top_k": 5},
        {"temperature": 1.0, "top_p": 0.6},
        {"temperature": 2.0, "top_k": 400, "top_p": 0.9},
        {"temperature": 0.7, "top_p": 0.01},
    ],
    ids=str,
)
def test_uniform_numbers_become_the_distribution(size: int, settings: dict[str, float]) -> None:
    import torch

    sampling = Sampling.model_validate(settings)
    logits = np.random.default_rng(size).normal(0, 3, size).astype(np.float32)
    probabilities = reference(logits, sampling)
    uniforms = [(number + 0.5) / 200 for number in range(200)]
    drawn = np.array(draw(torch.from_numpy(logits).expand(200, -1), sampling, uniforms))
    assert (probabilities[drawn] > 0).all()
    # Equally spaced numbers: each token is drawn as often as its probability says, and the likeliest come first.
    counts = np.bincount(drawn, minlength=size)
    assert np.abs(counts - 200 * probabilities).max() < 1.01
    assert (np.diff(probabilities[drawn]) <= 1e-12).all()


@pytest.mark.parametrize(
    ("settings", "last"), [({}, 990), ({"top_k": 3}, 990), ({"top_p": 0.5}, 495), ({"top_k": 70, "top_p": 0.9}, 891)]
)
def test_ties_are_in_the_vocabulary_s_order(settings: dict[str, float], last: int) -> None:
    import torch

    sampling = Sampling.model_validate({"temperature": 1.0, **settings})
    drawn = draw(torch.zeros(100, 1000), sampling, [number / 100 for number in range(100)])
    assert drawn == sorted(drawn) and drawn[0] == 0
    assert abs(drawn[-1] - last) <= 1  # as likely as the last of the k is as good as it


def test_greedy_takes_the_first_of_the_likeliest() -> None:
    import torch

    logits = torch.tensor([[0.0, 2.0, 2.0, 1.0], [3.0, 3.0, 3.0, 3.0]])
    assert draw(logits, Sampling(), [0.9, 0.9]) == [1, 0]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_logits_that_are_not_finite_are_an_error(temperature: float, wrong: float) -> None:
    import torch

    logits = torch.zeros(2, 300)
    logits[1, 7] = wrong
    with pytest.raises(ConfigError, match="logits are not finite: set --dtype"):
        draw(logits, Sampling(temperature=temperature), [0.5, 0.5])


def test_a_row_does_not_depend_on_the_others() -> None:
    import torch

    logits = torch.from_numpy(np.random.default_rng(1).normal(0, 1, (20, 5000)).astype(np.float32))
    uniforms = [Randomness(3, "p", sample).uniform(0) for sample in range(20)]
    sampling = Sampling(temperature=1.0, top_p=0.97)
    together = draw(logits, sampling, uniforms)
    assert together == [draw(logits[row : row + 1], sampling, [uniforms[row]])[0] for row in range(20)]
    assert len(set(together)) > 10


def test_randomness_is_of_seed_prompt_sample_and_token() -> None:
    numbers = [
        Randomness(seed, prompt, sample).uniform(token)
        for seed in (0, 2**63 - 1)
        for prompt in ("", "gsm8k/test/1", "gsm8k/test/11", "1:a", "\ud800")
        for sample in (0, 1)
        for token in range(50)
    ]
    assert len(set(numbers)) == len(numbers) == 1000
    assert all(0 <= number < 1 for number in numbers)
    assert abs(np.mean(numbers) - 0.5) < 0.04
    assert Randomness(0, "p", 1).uniform(4) == Randomness(0, "p", 1).uniform(4)


@pytest.mark.parametrize("size", [50, 700, 5000])
@pytest.mark.parametrize(
    "settings",
    [{}, {"temperature": 0.7}, {"top_k": 5}, {"top_p": 0.6}, {"top_k": 40, "top_p": 0.9, "temperature": 1.5}],
    ids=str,
)
def test_what_is_noted_is_the_distribution_that_was_drawn_from(size: int, settings: dict[str, float]) -> None:
    import torch

    sampling = Sampling.model_validate({"temperature": 1.0, **settings})
    logits = np.random.default_rng(size).normal(0, 3, (60, size)).astype(np.float32)
    uniforms = [(number + 0.5) / 60 for number in range(60)]
    draws = draw_noted(torch.from_numpy(logits), sampling, uniforms)
    assert draws.tokens == draw(torch.from_numpy(logits), sampling, uniforms)
    assert draw_noted(torch.from_numpy(logits), sampling, uniforms, noted=False).logprobs == []
    assert len(draws.kept) == (60 if keeps(sampling) else 0)
    for row, (token, logprob) in enumerate(zip(draws.tokens, draws.logprobs, strict=True)):
        probabilities = reference(logits[row], sampling)
        assert logprob == pytest.approx(np.log(probabilities[token]), abs=2e-6)
        if draws.kept:
            assert draws.kept[row].tolist() == np.flatnonzero(probabilities).tolist()


def test_a_greedy_choice_is_certain() -> None:
    import torch

    draws = draw_noted(torch.tensor([[0.0, 2.0, 1.0]] * 2), Sampling(), [0.9, 0.1])
    assert draws == Draws([1, 1], [0.0, 0.0], [])


@pytest.mark.parametrize(
    "settings",
    [{}, {"temperature": 0.3}, {"top_k": 5}, {"top_p": 0.6}, {"top_k": 40, "top_p": 0.9}, {"top_k": 9999}],
    ids=str,
)
@pytest.mark.parametrize("rounded", [False, True])
def test_all_rows_at_once_and_row_by_row_are_the_same(
    settings: dict[str, float], rounded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    sampling = Sampling.model_validate({"temperature": 1.0, **settings})
    logits = np.random.default_rng(7).normal(0, 2, (200, 900)).astype(np.float32)
    if rounded:  # with many ties, and both zeros
        logits = np.round(logits)
        logits[:, 3::7] = -0.0
        logits[:, ::50] = -np.inf
    uniforms = np.random.default_rng(8).random(200).tolist()
    at_once = draw_noted(torch.from_numpy(logits), sampling, uniforms)
    monkeypatch.setattr("mathmill.eval.models.sampling._SMALL", 0)
    by_row = draw_noted(torch.from_numpy(logits), sampling, uniforms)
    assert at_once.tokens == by_row.tokens and at_once.logprobs == by_row.logprobs
    assert [each.tolist() for each in at_once.kept] == [each.tolist() for each in by_row.kept]
