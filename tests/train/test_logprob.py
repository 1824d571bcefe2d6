"""Logprobs and entropies in tiles say what the plain form says, and cost less."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from mathmill.data.errors import ConfigError
from mathmill.train import logprob
from mathmill.train.batch.packing import IGNORED
from mathmill.train.logprob import KeptIds, TokenLogprobs, token_logprobs, token_loss

N, H, V = 13, 5, 29
# Of softcap, temperature, and whether there is a bias.
HEADS = {
    "a plain head": (None, 1.0, False),
    "a bias": (None, 1.0, True),
    "a cap": (3.0, 1.0, False),
    "a temperature": (None, 0.7, False),
    "all of them": (2.0, 1.3, True),
}
CHUNKS = (1, 3, N, None)


def inputs(dtype: torch.dtype = torch.float64, bias: bool = False, seed: int = 0) -> tuple[Tensor, Tensor, Any, Tensor]:
    """Hidden states, a head, its bias and targets of which four are ignored."""
    draw = torch.Generator().manual_seed(seed)
    hidden = torch.randn(N, H, generator=draw, dtype=torch.float64).to(dtype).requires_grad_()
    weight = torch.randn(V, H, generator=draw, dtype=torch.float64).to(dtype).requires_grad_()
    shift = torch.randn(V, generator=draw, dtype=torch.float64).to(dtype).requires_grad_() if bias else None
    targets = torch.randint(V, (N,), generator=draw)
    targets[[0, 4, 5, 12]] = IGNORED
    targets[1], targets[2] = 0, V - 1
    return hidden, weight, shift, targets


def plain(
    hidden: Tensor, weight: Tensor, bias: Any, targets: Tensor, softcap: float | None, temperature: float
) -> tuple[Tensor, Tensor]:
    """Logprobs and entropies out of all logits."""
    logits = functional.linear(hidden, weight, bias)
    logits = logits if logits.dtype == torch.float64 else logits.float()
    if softcap is not None:
        logits = softcap * torch.tanh(logits / softcap)
    logs = torch.log_softmax(logits / temperature, -1)
    kept = targets != IGNORED
    logprobs = torch.where(kept, logs.gather(1, targets.clamp(min=0)[:, None])[:, 0], 0)
    return logprobs, -(logs.exp() * logs).sum(-1) * kept


def gradients(value: Tensor, *of: Any) -> list[Tensor]:
    return list(torch.autograd.grad(value, [each for each in of if each is not None]))


def entropy_of(found: TokenLogprobs) -> Tensor:
    assert found.entropy is not None
    return found.entropy


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_numbers_and_gradients_are_those_of_the_plain_form(
    head: tuple[float | None, float, bool], chunk: int | None
) -> None:
    softcap, temperature, with_bias = head
    hidden, weight, bias, targets = inputs(bias=with_bias)
    share = torch.linspace(-1, 2, N, dtype=torch.float64)
    losses: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
        lambda logprobs, _: (logprobs * share).sum(),
        lambda _, entropy: (entropy * share).sum(),
        lambda logprobs, entropy: (logprobs * share).sum() - (entropy * share.flip(0)).sum(),
    )
    for loss in losses:
        found = token_logprobs(
            hidden, weight, targets, bias=bias, softcap=softcap, temperature=temperature, chunk=chunk, with_entropy=True
        )
        logprobs, entropy = plain(hidden, weight, bias, targets, softcap, temperature)
        torch.testing.assert_close(found.logprobs, logprobs)
        torch.testing.assert_close(found.entropy, entropy)
        assert not found.logprobs[targets == IGNORED].any()
        ours = gradients(loss(found.logprobs, entropy_of(found)), hidden, weight, bias)
        torch.testing.assert_close(ours, gradients(loss(logprobs, entropy), hidden, weight, bias))
        assert not ours[0][targets == IGNORED].any()


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_gradients_are_those_of_finite_differences(head: tuple[float | None, float, bool]) -> None:
    softcap, temperature, with_bias = head
    hidden, weight, bias, targets = inputs(bias=with_bias)

    def call(*given: Any) -> tuple[Tensor, ...]:
        found = token_logprobs(
            given[0],
            given[1],
            targets,
            bias=given[2] if with_bias else None,
            softcap=softcap,
            temperature=temperature,
            chunk=2,
            with_entropy=True,
        )
        return found.logprobs, entropy_of(found)

    assert torch.autograd.gradcheck(call, tuple(each for each in (hidden, weight, bias) if each is not None))


def test_more_rows_than_a_tile_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logprob, "_ROWS", 4)
    hidden, weight, bias, targets = inputs(bias=True)
    found = token_logprobs(hidden, weight, targets, bias=bias, chunk=1)
    logprobs, _ = plain(hidden, weight, bias, targets, None, 1.0)
    torch.testing.assert_close(found.logprobs, logprobs)
    ours, theirs = (gradients(each.square().sum(), hidden, weight, bias) for each in (found.logprobs, logprobs))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("chunk", CHUNKS)
def test_float32_hangs_on_tiles_by_rounding_alone(chunk: int | None) -> None:
    hidden, weight, _, targets = inputs(torch.float32)
    truth, _ = plain(hidden.double(), weight.double(), None, targets, None, 1.0)
    found = token_logprobs(hidden, weight, targets, chunk=chunk)
    assert found.logprobs.dtype == torch.float32 and found.entropy is None
    torch.testing.assert_close(found.logprobs.double(), truth, rtol=1e-6, atol=1e-6)
    ours = gradients(token_loss(found, 9), hidden, weight)
    theirs = gradients(-truth.sum() / 9, hidden, weight)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_a_target_that_is_all_but_certain_keeps_its_digits() -> None:
    """As far from the rest as 16 and all of it at 1000: `target - logsumexp` would round to 0."""
    hidden = torch.ones(1, 1, requires_grad=True)
    weight = torch.tensor([[1000.0], [984.0], [984.0]], requires_grad=True)
    target = torch.tensor([0])
    found = token_logprobs(hidden, weight, target, chunk=1).logprobs
    truth = -2 * torch.exp(torch.tensor(-16.0, dtype=torch.float64))
    assert found.item() == pytest.approx(truth.item(), rel=0.2)  # float32 has 1 + 1.2e-7 next to 1
    (by_weight,) = gradients(found.sum(), weight)
    assert by_weight[1].item() == pytest.approx(truth.item() / 2, rel=1e-5)
    assert torch.isfinite(by_weight).all()


def test_bfloat16_is_no_further_from_the_truth_than_the_plain_form() -> None:
    draw = torch.Generator().manual_seed(3)
    hidden = torch.randn(256, 64, generator=draw).bfloat16().requires_grad_()
    weight = (torch.randn(500, 64, generator=draw) / 4).bfloat16().requires_grad_()
    targets = torch.randint(500, (256,), generator=draw)
    exact = [hidden.detach().double().requires_grad_(), weight.detach().double().requires_grad_()]
    truth, _ = plain(exact[0], exact[1], None, targets, None, 1.0)
    true_gradients = gradients(-truth.mean(), *exact)

    def errors(logprobs: Tensor) -> list[float]:
        found = [logprobs, *gradients(-logprobs.mean(), hidden, weight)]
        pairs = zip(found, [truth, *true_gradients], strict=True)
        return [((one.double() - other).norm() / other.norm()).item() for one, other in pairs]

    found = token_logprobs(hidden, weight, targets, chunk=16).logprobs
    assert found.dtype == torch.float32
    ours, theirs = errors(found), errors(plain(hidden, weight, None, targets, None, 1.0)[0])
    logprobs, by_hidden, by_weight = (one / other for one, other in zip(ours, theirs, strict=True))
    assert logprobs < 1.01 and by_weight < 1.01
    assert by_hidden < 1.5  # a sum over tiles, each rounded once as a product of bfloat16


def test_a_head_of_float32_under_hidden_states_of_bfloat16() -> None:
    hidden, weight, _, targets = inputs(torch.float32)
    small = hidden.detach().bfloat16().requires_grad_()
    found = token_logprobs(small, weight, targets).logprobs
    expected, _ = plain(small, weight.bfloat16(), None, targets, None, 1.0)
    torch.testing.assert_close(found, expected)
    by_hidden, by_weight = gradients(found.sum(), small, weight)
    assert (by_hidden.dtype, by_weight.dtype) == (torch.bfloat16, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(token_logprobs(hidden, weight, targets).logprobs, expected)


def test_the_gradient_of_a_step_does_not_hang_on_how_it_is_cut_up_or_padded() -> None:
    hidden, weight, _, targets = inputs()
    tokens = int((targets != IGNORED).sum())
    whole = gradients(token_loss(token_logprobs(hidden, weight, targets), tokens), hidden, weight)
    mean = functional.cross_entropy(hidden @ weight.T, targets, ignore_index=IGNORED)
    torch.testing.assert_close(whole, gradients(mean, hidden, weight))
    # Microbatches of different numbers of trained tokens, one of none.
    for cuts in ((0, 1, 6, N), (0, 2, 3, 4, 9, N), tuple(range(N + 1))):
        losses = []
        for begin, end in pairwise(cuts):
            losses.append(token_loss(token_logprobs(hidden[begin:end], weight, targets[begin:end]), tokens))
        torch.testing.assert_close(gradients(torch.stack(losses).sum(), hidden, weight), whole)
    # Padding between, with what no padding ever was.
    place = torch.arange(N) * 2 + 1
    padded = torch.full((2 * N + 3, H), torch.nan, dtype=torch.float64).index_copy(0, place, hidden)
    spread = torch.full((2 * N + 3,), IGNORED).index_copy(0, place, targets)
    torch.testing.assert_close(
        gradients(token_loss(token_logprobs(padded, weight, spread), tokens), hidden, weight), whole
    )


def test_tokens_that_a_bias_rules_out() -> None:
    hidden, weight, bias, targets = inputs(bias=True)
    with torch.no_grad():
        bias[:20] = -torch.inf
    targets[targets != IGNORED] = 25
    found = token_logprobs(hidden, weight, targets, bias=bias, chunk=1).logprobs
    logprobs, _ = plain(hidden, weight, bias, targets, None, 1.0)
    torch.testing.assert_close(found, logprobs)
    ours, theirs = (gradients(each.sum(), hidden, weight, bias) for each in (found, logprobs))
    torch.testing.assert_close(ours, theirs)


def test_nothing_trained_has_no_gradient() -> None:
    hidden, weight, bias, targets = inputs(bias=True)
    found = token_logprobs(hidden, weight, torch.full_like(targets, IGNORED), bias=bias, with_entropy=True)
    assert not found.logprobs.any() and not entropy_of(found).any()
    for gradient in gradients(token_loss(found, 7), hidden, weight, bias):
        assert gradient.shape and not gradient.any()


def test_only_what_is_wanted_has_a_gradient() -> None:
    hidden, weight, bias, targets = inputs(bias=True)
    expected = gradients(token_logprobs(hidden, weight, targets, bias=bias).logprobs.sum(), hidden, weight, bias)
    for wanted in range(3):
        given = [each.detach().requires_grad_(place == wanted) for place, each in enumerate((hidden, weight, bias))]
        torch.autograd.backward(token_logprobs(given[0], given[1], targets, bias=given[2], chunk=1).logprobs.sum())
        for place, each in enumerate(given):
            assert (each.grad is not None) == (place == wanted)
        torch.testing.assert_close(given[wanted].grad, expected[wanted])


def test_ignored_rows_cost_nothing() -> None:
    def flops(targets: Tensor) -> int:
        hidden, weight = torch.ones(len(targets), H, requires_grad=True), torch.ones(V, H, requires_grad=True)
        with FlopCounterMode(display=False) as counter:
            gradients(token_logprobs(hidden, weight, targets).logprobs.sum(), hidden, weight)
        return int(counter.get_total_flops())

    some = torch.full((40,), IGNORED)
    some[::4] = 1
    assert flops(some) == flops(torch.ones(10, dtype=torch.long)) == 4 * 2 * 10 * H * V
    assert flops(torch.full((40,), IGNORED)) == 0


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The most elements of any tensor that an operation makes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for each in made if isinstance(made, tuple | list) else (made,):
            if isinstance(each, Tensor):
                self.elements = max(self.elements, each.untyped_storage().nbytes() // each.element_size())
        return made


@pytest.mark.parametrize("softcap", [None, 5.0])
def test_logits_of_all_tokens_are_never_made(softcap: float | None) -> None:
    rows, vocabulary, width, chunk = 64, 1000, 4, 6
    hidden, weight = torch.randn(rows, width, requires_grad=True), torch.randn(vocabulary, width, requires_grad=True)
    targets = torch.randint(vocabulary, (rows,))
    with Largest() as seen:
        gradients(plain(hidden, weight, None, targets, softcap, 1.0)[0].sum(), hidden, weight)
    assert seen.elements == rows * vocabulary
    with Largest() as seen:
        found = token_logprobs(hidden, weight, targets, softcap=softcap, chunk=chunk, with_entropy=True)
        gradients(found.logprobs.sum() + entropy_of(found).sum(), hidden, weight)
    assert 0.9 * chunk * vocabulary < seen.elements <= chunk * vocabulary


def test_what_cannot_be_is_said() -> None:
    hidden, weight, _, targets = inputs()
    for wrong, says in ((V, f"target {V} is not in the {V} tokens"), (-1, "target -1 is not in")):
        targets[3] = wrong
        with pytest.raises(ConfigError, match=says):
            token_logprobs(hidden, weight, targets)
    _, _, _, targets = inputs()
    wrong_settings: list[dict[str, Any]] = [
        {"temperature": 0.0}, {"temperature": float("nan")}, {"softcap": -1.0}, {"chunk": 0}
    ]  # fmt: skip
    for settings in wrong_settings:
        (name,) = settings
        with pytest.raises(ConfigError, match=f"{name} of token_logprobs is .*: set it above 0"):
            token_logprobs(hidden, weight, targets, **settings)
    with pytest.raises(ConfigError, match="no trained token"):
        token_loss(token_logprobs(hidden, weight, targets), 0)


def some_kept(targets: Tensor, seed: int = 3) -> KeptIds:
    """Of each target that is not ignored a set of tokens with it, some of one token and some of all."""
    draw = torch.Generator().manual_seed(seed)
    sets = []
    for number, target in enumerate(targets[targets != IGNORED].tolist()):
        chosen = torch.rand(V, generator=draw) < (0.0, 0.2, 0.6, 1.1)[number % 4]
        chosen[target] = True
        sets.append(chosen.nonzero().squeeze(1).int())
    return KeptIds(torch.cat(sets), torch.tensor([len(each) for each in sets]).cumsum(0))


def plain_kept(
    hidden: Tensor, weight: Tensor, bias: Any, targets: Tensor, head: tuple[float | None, float], kept: KeptIds
) -> tuple[Tensor, Tensor]:
    """With -inf where nothing is kept."""
    softcap, temperature = head
    logits = functional.linear(hidden, weight, bias)
    if softcap is not None:
        logits = softcap * torch.tanh(logits / softcap)
    mask = torch.full((N, V), -torch.inf, dtype=logits.dtype)
    begin = 0
    for row, end in zip((targets != IGNORED).nonzero().squeeze(1).tolist(), kept.ends.tolist(), strict=True):
        mask[row, kept.ids[begin:end].long()] = 0
        begin = end
    logs = torch.log_softmax(torch.where(targets[:, None] == IGNORED, logits, logits + mask) / temperature, -1)
    trained = targets != IGNORED
    products = torch.where(logs.isfinite(), logs.exp() * logs.masked_fill(~logs.isfinite(), 0), 0)
    return torch.where(trained, logs.gather(1, targets.clamp(min=0)[:, None])[:, 0], 0), -products.sum(-1) * trained


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_tokens_that_cannot_be_drawn_count_for_nothing(
    head: tuple[float | None, float, bool], chunk: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logprob, "_ROWS", 4)
    softcap, temperature, with_bias = head
    hidden, weight, bias, targets = inputs(bias=with_bias)
    kept = some_kept(targets)
    share = torch.linspace(-1, 2, N, dtype=torch.float64)
    for of_entropy in (0.0, 1.0):
        found = token_logprobs(
            hidden,
            weight,
            targets,
            bias=bias,
            softcap=softcap,
            temperature=temperature,
            chunk=chunk,
            with_entropy=True,
            kept=kept,
        )
        logprobs, entropy = plain_kept(hidden, weight, bias, targets, (softcap, temperature), kept)
        torch.testing.assert_close(found.logprobs, logprobs)
        torch.testing.assert_close(found.entropy, entropy)
        ours = (found.logprobs * share).sum() + of_entropy * (entropy_of(found) * share.flip(0)).sum()
        theirs = (logprobs * share).sum() + of_entropy * (entropy * share.flip(0)).sum()
        torch.testing.assert_close(gradients(ours, hidden, weight, bias), gradients(theirs, hidden, weight, bias))


def test_in_float32_they_leave_no_nan() -> None:
    hidden, weight, bias, targets = inputs(torch.float32, bias=True)
    found = token_logprobs(hidden, weight, targets, bias=bias, chunk=1, with_entropy=True, kept=some_kept(targets))
    logprobs, entropy = plain_kept(hidden, weight, bias, targets, (None, 1.0), some_kept(targets))
    torch.testing.assert_close(found.logprobs, logprobs)
    torch.testing.assert_close(found.entropy, entropy)
    for gradient in gradients(found.logprobs.sum() + 1e4 * entropy_of(found).sum(), hidden, weight, bias):
        assert gradient.isfinite().all()


def test_all_tokens_kept_are_as_none() -> None:
    hidden, weight, _, targets = inputs()
    count = int((targets != IGNORED).sum())
    whole = KeptIds(torch.arange(V).repeat(count), torch.arange(1, count + 1) * V)
    found, plainly = (token_logprobs(hidden, weight, targets, chunk=2, kept=each) for each in (whole, None))
    torch.testing.assert_close(found.logprobs, plainly.logprobs)


def test_tokens_kept_of_other_rows_are_told() -> None:
    hidden, weight, _, targets = inputs()
    with pytest.raises(ConfigError, match=r"tokens are kept for 9 targets, and 8 are trained"):
        token_logprobs(hidden, weight, torch.cat((targets[:-2], torch.tensor([IGNORED] * 2))), kept=some_kept(targets))
