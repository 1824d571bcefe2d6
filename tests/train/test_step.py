"""A step's gradient is that of the mean over all its trained tokens, whatever the step is cut into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from mathmill.train.batch.examples import Example
from mathmill.train.batch.packing import IGNORED
from mathmill.train.parallel.processes import ALONE
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.forward import PolicyModule, Scored
from mathmill.train.policy.fresh import FreshModel
from mathmill.train.policy.load import Policy, open_policy
from mathmill.train.policy.settings import PolicySettings
from mathmill.train.settings import Optimizer
from mathmill.train.sources.feed import Row
from mathmill.train.step import Stepped, Stepper, make_optimizer, trained_tokens

EXAMPLES = [
    Example(
        tuple(6 + (7 * size + 3 * at) % 200 for at in range(size)),
        tuple(at > 0 and at % 4 != size % 4 for at in range(size)),
        f"example {size}",
    )
    for size in (2, 3, 5, 8, 13, 21, 34)
]
APART: list[Row] = [(each,) for each in EXAMPLES]
PACKED: list[Row] = [tuple(EXAMPLES[:5]), (EXAMPLES[5],), (EXAMPLES[6],)]
SETTINGS = PolicySettings(fresh=FreshModel(width=32, layers=2, heads=2, vocabulary=300), precision="float32")


def policy() -> Policy:
    return open_policy(SETTINGS, "cpu", 0, ["one and one is two"])


def stepped(own: Policy, rows: Sequence[Row], microbatch: int, rate: float = 1.0, clip: float = 0.0) -> Stepped:
    """Plain gradient descent, so that weights tell what the gradient was."""
    optimizer = torch.optim.SGD(own.model.parameters(), lr=0.0)
    stepper = Stepper(own, Spread(PolicyModule(own)), optimizer, clip, 0, microbatch, ALONE)
    return stepper(0, rows, rate)


class Twice:
    """Twice the mean, and what it saw."""

    def asks(self, rows: Sequence[Row]) -> dict[str, Any]:
        return {"temperature": 0.5}

    def __call__(
        self, scored: Scored, targets: torch.Tensor, rows: Sequence[Row]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor | float]]:
        kept = targets != IGNORED
        sums: dict[str, torch.Tensor | float] = {
            "rows": float(len(rows)),
            "tokens": kept.sum(),
            "nats": -scored.logprobs[kept].detach().double().sum(),
        }
        return -2 * scored.logprobs.sum() / sum(trained_tokens(row) for row in APART), sums


def weights(own: Policy) -> torch.Tensor:
    return torch.cat([each.detach().flatten() for each in own.model.parameters()])


def plain_step() -> tuple[float, torch.Tensor]:
    """The same by transformers' own logits, an Example at a time."""
    own = policy()
    losses = []
    for example in EXAMPLES:
        logits = own.model(torch.tensor([example.input_ids])).logits[0, :-1]
        kept = torch.tensor(example.trained[1:])
        losses.append(
            torch.nn.functional.cross_entropy(logits[kept], torch.tensor(example.input_ids[1:])[kept], reduction="sum")
        )
    loss = sum(losses, torch.zeros(())) / sum(sum(each.trained) for each in EXAMPLES)
    loss.backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter in own.model.parameters():
            parameter -= parameter.grad
    return loss.item(), weights(own)


@pytest.mark.parametrize("rows", [APART, PACKED, APART[::-1]], ids=["apart", "packed", "turned"])
@pytest.mark.parametrize("microbatch", [1, 2, 3, 7])
def test_the_gradient_is_that_of_all_tokens(rows: list[Row], microbatch: int) -> None:
    loss, expected = plain_step()
    own = policy()
    found = stepped(own, rows, microbatch)
    assert found.tokens == sum(sum(each.trained) for each in EXAMPLES)
    assert found.loss == pytest.approx(loss, abs=1e-6)
    torch.testing.assert_close(weights(own), expected, atol=1e-6, rtol=1e-5)


def test_another_loss_is_asked_for_each_microbatch_and_its_numbers_are_summed() -> None:
    found = []
    for microbatch in (1, 4, 7):
        own = policy()
        before = weights(own)
        stepper = Stepper(own, Spread(PolicyModule(own)), torch.optim.SGD(own.model.parameters()), 0.0, 0, 1, ALONE)
        stepper.microbatch = microbatch
        found.append((stepper(0, APART, 1.0, loss=Twice()), weights(own) - before))
    first, change = found[0]
    tokens = sum(trained_tokens(row) for row in APART)
    assert first.sums["rows"] == len(APART) and first.sums["tokens"] == first.tokens == tokens
    assert first.loss == pytest.approx(2 * first.sums["nats"] / tokens)  # of logits divided by the temperature
    assert first.loss != pytest.approx(2 * stepped(policy(), APART, 7).loss, rel=1e-3)
    for other, moved in found[1:]:
        assert other.loss == pytest.approx(first.loss, rel=1e-6)
        assert other.sums == pytest.approx(first.sums)
        torch.testing.assert_close(moved, change, atol=1e-6, rtol=0)


def test_a_long_gradient_is_clipped_and_told_as_it_was() -> None:
    own, other = policy(), policy()
    before = weights(own)
    norm = stepped(own, APART, 4).gradient_norm
    assert stepped(other, APART, 4, clip=norm / 10).gradient_norm == pytest.approx(norm)
    assert float((weights(own) - before).norm()) == pytest.approx(norm, rel=1e-4)
    assert float((weights(other) - before).norm()) == pytest.approx(norm / 10, rel=1e-4)


def test_a_step_that_is_not_finite_changes_nothing() -> None:
    own = policy()
    with torch.no_grad():
        own.model.model.norm.weight[0] = math.nan
    before = weights(own)
    found = stepped(own, APART, 4)
    assert found.skipped and math.isnan(found.loss)
    assert torch.equal(weights(own).nan_to_num(), before.nan_to_num())
    assert all(parameter.grad is None for parameter in own.model.parameters())


def test_what_is_asked_between_microbatches_leaves_nothing_behind() -> None:
    class Enough(Exception):
        pass

    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise Enough

    own = policy()
    before = weights(own)
    stepper = Stepper(own, Spread(PolicyModule(own)), torch.optim.SGD(own.model.parameters()), 0.0, 0, 2, ALONE)
    with pytest.raises(Enough):
        stepper(0, APART, 1.0, check)
    assert torch.equal(weights(own), before)
    assert all(parameter.grad is None for parameter in own.model.parameters())


def test_vectors_are_not_decayed() -> None:
    optimizer = make_optimizer(Optimizer(weight_decay=0.1), policy().model)
    decayed = {
        parameter.ndim: group["weight_decay"] for group in optimizer.param_groups for parameter in group["params"]
    }
    assert decayed == {2: 0.1, 1: 0.0}
