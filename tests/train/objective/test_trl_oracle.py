"""TRL's own trainer as an oracle: of the same rollouts the same advantages, loss, and gradient of every weight."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mathmill.train.objective.advantage import advantages_of
from mathmill.train.objective.loss import Tokens, metrics_of, policy_loss, token_weights, whole_of
from mathmill.train.objective.settings import AdvantageSettings, KlSettings, LossSettings, Objective

pytestmark = [
    pytest.mark.slow,  # TRL alone takes several seconds to import
    pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="TRL is not installed: pip install trl"),
    # TRL 1.16 calls by its old name what transformers 5 has renamed.
    pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing(_\\w+)?` is deprecated:FutureWarning"),
]

GROUP = 4
LONGEST = 9
PROMPTS = [[5, 6, 7], [8], [9, 10, 11, 12]]
PAD, END = 1, 2


def tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    names = ["<unk>", "<pad>", "</s>", *(f"w{number}" for number in range(3, 24))]
    words = Tokenizer(WordLevel({name: number for number, name in enumerate(names)}, unk_token="<unk>"))
    words.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=words, unk_token="<unk>", pad_token="<pad>", eos_token="</s>", padding_side="left"
    )


def llama() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=24, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=64, bos_token_id=None, eos_token_id=END, pad_token_id=PAD, initializer_range=0.5,
        )
    )  # fmt: skip


class Paid:
    """A reward that gives what it was told to, in order."""

    __name__ = "paid"

    def __init__(self) -> None:
        self.rewards: list[float | None] = []

    def __call__(self, completions: list[str], **_: Any) -> list[float | None]:
        assert len(completions) == len(self.rewards)
        return self.rewards


def made(folder: Path, paid: Paid, kind: str) -> Any:
    """A trainer of three prompts, four rollouts each, that has not begun."""
    from datasets import Dataset

    config: Any = import_module(f"trl.trainer.{kind}_config")
    code: Any = import_module(f"trl.trainer.{kind}_trainer")
    name = kind.upper()
    trainer = getattr(code, f"{name}Trainer")(
        llama(),
        reward_funcs=paid,
        args=getattr(config, f"{name}Config")(
            str(folder),
            max_steps=1,
            per_device_train_batch_size=GROUP * len(PROMPTS),
            num_generations=GROUP,
            max_completion_length=LONGEST,
            beta=0.0,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            dataloader_pin_memory=False,
        ),
        train_dataset=Dataset.from_list([{"prompt": "w5"}] * len(PROMPTS)),
        processing_class=tokenizer(),
    )
    assert kind == "grpo" or not trainer.normalize_advantages
    trainer.current_gradient_accumulation_steps = 1  # which it learns when it begins
    trainer.model.train()
    return trainer


@pytest.fixture(scope="module")
def paid() -> Paid:
    return Paid()


@pytest.fixture(scope="module")
def grpo(tmp_path_factory: pytest.TempPathFactory, paid: Paid) -> Iterator[Any]:
    yield made(tmp_path_factory.mktemp("grpo"), paid, "grpo")


@pytest.fixture(scope="module")
def rloo(tmp_path_factory: pytest.TempPathFactory, paid: Paid) -> Iterator[Any]:
    yield made(tmp_path_factory.mktemp("rloo"), paid, "rloo")


# Plain; of all kinds; a dead group, one of which one is known, and one of which none is.
GROUPS: list[list[list[float | None]]] = [
    [[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0]],
    [[0.3, -1.0, 2.5, 0.0], [1.5, None, 0.25, 0.5], [0.75, 0.5, 0.25, -0.5]],
    [[1.0, 1.0, 1.0, 1.0], [None, None, 0.5, None], [None, None, None, None]],
    [[1.0, 0.0, None, None], [0.0, 0.0, 0.0, 0.0], [3.0, None, 1.0, 2.0]],
]


def advantages_by(trainer: Any, paid: Paid, groups: Sequence[Sequence[float | None]]) -> list[list[float]]:
    paid.rewards = [reward for group in groups for reward in group]
    rows = [{"prompt": f"w{5 + at}"} for at, group in enumerate(groups) for _ in group]
    found = trainer._generate_and_score_completions(rows)["advantages"]
    return [list(each) for each in np.array(found.tolist()).reshape(len(groups), GROUP)]


@pytest.mark.parametrize(("kind", "scale"), [("group", "std"), ("none", "none"), ("batch", "batch_std")])
@pytest.mark.parametrize("groups", GROUPS, ids=["plain", "all kinds", "dead", "some dead"])
def test_advantages_of_grpo(grpo: Any, paid: Paid, groups: list[list[float | None]], kind: str, scale: str) -> None:
    grpo.scale_rewards = kind
    ours = advantages_of(groups, AdvantageSettings.model_validate({"scale": scale}))
    for found, expected in zip(ours.values, advantages_by(grpo, paid, groups), strict=True):
        assert found.tolist() == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("groups", GROUPS, ids=["plain", "all kinds", "dead", "some dead"])
def test_advantages_of_rloo(rloo: Any, paid: Paid, groups: list[list[float | None]]) -> None:
    ours = advantages_of(groups, Objective(algorithm="rloo").advantage)
    for found, expected in zip(ours.values, advantages_by(rloo, paid, groups), strict=True):
        assert found.tolist() == pytest.approx(expected, abs=1e-6)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Rollouts of the prompts, and what a loss asks of each of their tokens [C]."""

    prompts: list[list[int]]
    completions: list[list[int]]
    advantages: list[float]
    old: list[Tensor]
    reference: list[Tensor]
    correction: list[Tensor]


def own_logprobs(model: Any, prompts: list[list[int]], completions: list[list[int]]) -> list[Tensor]:
    """By the model's own logits, a rollout at a time: nothing is padded."""
    found = []
    for prompt, completion in zip(prompts, completions, strict=True):
        ids = torch.tensor([prompt + completion])
        logits = model(input_ids=ids).logits[0, len(prompt) - 1 : -1]
        found.append(logits.log_softmax(-1)[range(len(completion)), completion])
    return found


@pytest.fixture(scope="module")
def drawn(grpo: Any) -> Drawn:
    """Of unlike lengths, one of them a single token, one as long as any may be; one group is dead."""
    random = np.random.default_rng(7)
    lengths = [4, LONGEST, 1, 6, 3, 2, 5, 5, 7, 1, 8, 2]
    prompts = [prompt for prompt in PROMPTS for _ in range(GROUP)]
    completions = [[*random.integers(3, 24, length - 1).tolist(), END] for length in lengths]
    rewards: list[list[float | None]] = [[1.0, 0.0, 0.5, 0.0], [1.0] * 4, [0.0, None, 1.0, 0.0]]
    advantages = [float(each) for group in advantages_of(rewards, AdvantageSettings()).values for each in group]
    with torch.no_grad():
        now = own_logprobs(grpo.model, prompts, completions)
    draw = torch.Generator().manual_seed(1)

    def near(scale: float) -> list[Tensor]:
        return [each + scale * torch.randn(len(each), generator=draw) for each in now]

    correction = [0.5 + torch.rand(length, generator=draw) for length in lengths]
    return Drawn(prompts, completions, advantages, near(0.3), near(0.5), correction)


def padded(rows: Sequence[Sequence[int] | Tensor], fill: float, left: bool = False) -> Tensor:
    longest = max(map(len, rows))
    tensors = [torch.as_tensor(row) for row in rows]
    edges = [(longest - len(row), 0) if left else (0, longest - len(row)) for row in tensors]
    return torch.stack(
        [torch.nn.functional.pad(row, edge, value=fill) for row, edge in zip(tensors, edges, strict=True)]
    )


def by_trl(trainer: Any, drawn: Drawn, corrected: bool) -> tuple[float, list[Tensor]]:
    """The trainer's own loss, and the gradient of each weight."""
    sizes = [len(each) for each in drawn.completions]
    inputs = {
        "prompt_ids": padded(drawn.prompts, PAD, left=True),
        "prompt_mask": padded([[1] * len(each) for each in drawn.prompts], 0, left=True),
        "completion_ids": padded(drawn.completions, PAD),
        "completion_mask": padded([[1] * size for size in sizes], 0),
        "advantages": torch.tensor(drawn.advantages),
        "num_items_in_batch": torch.tensor(sum(sizes)),
        "old_per_token_logps": padded(drawn.old, 0.0),
        "ref_per_token_logps": padded(drawn.reference, 0.0),
        "importance_sampling_ratio": padded(drawn.correction, 1.0),
    }
    trainer.use_vllm = trainer.vllm_importance_sampling_correction = corrected
    trainer.model.zero_grad()
    loss = trainer._compute_loss(trainer.model, inputs)
    loss.backward()
    trainer.use_vllm = False
    return loss.item(), [parameter.grad.clone() for parameter in trainer.model.parameters()]


def tokens_of(drawn: Drawn, logprobs: Sequence[Tensor], settings: LossSettings, corrected: bool) -> Tokens:
    sizes = [len(each) for each in drawn.completions]
    lengths = torch.tensor(sizes)
    weights = token_weights(sizes, settings.mean, LONGEST, whole_of(sizes, [True] * len(sizes), "all"))
    return Tokens(
        torch.cat(list(logprobs)),
        torch.cat(drawn.old),
        torch.tensor(drawn.advantages).repeat_interleave(lengths),
        torch.tensor(weights).repeat_interleave(lengths),
        torch.arange(len(sizes)).repeat_interleave(lengths),
        torch.cat(drawn.reference),
        torch.cat(drawn.correction) if corrected else None,
    )


def by_us(
    model: Any, drawn: Drawn, settings: LossSettings, kl: KlSettings, corrected: bool
) -> tuple[float, list[Tensor], dict[str, float]]:
    model.zero_grad()
    logprobs = own_logprobs(model, drawn.prompts, drawn.completions)
    loss, sums = policy_loss(tokens_of(drawn, logprobs, settings, corrected), settings, kl)
    loss.backward()  # type: ignore[no-untyped-call]
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    return loss.item(), gradients, metrics_of({name: float(value) for name, value in sums.items()})


@dataclass(frozen=True, slots=True)
class Case:
    """Settings of ours, and what TRL calls the same."""

    loss: dict[str, Any]
    loss_type: str
    level: str = "token"
    low: float = 0.2
    high: float = 0.2
    delta: float | None = None
    beta: float = 0.0
    bias_corrected: bool = False
    engine: bool = False


CASES = {
    "grpo": Case({"algorithm": "grpo"}, "grpo", beta=0.04),
    "grpo with the corrected kl": Case({"algorithm": "grpo"}, "grpo", beta=0.5, bias_corrected=True),
    "grpo of another engine": Case({"algorithm": "grpo"}, "grpo", beta=0.04, engine=True),
    "bnpo": Case({"algorithm": "grpo", "loss": {"mean": "token"}}, "bnpo"),
    "dr_grpo": Case({"algorithm": "dr_grpo"}, "dr_grpo"),
    "dapo": Case({"algorithm": "dapo"}, "dapo", high=0.28),
    "dapo with two bounds above": Case({"algorithm": "dapo", "loss": {"dual_clip": 1.4}}, "dapo", high=0.28, delta=1.4),
    "cispo": Case({"algorithm": "cispo"}, "cispo", high=5.0),
    "cispo with a bound that is felt": Case(
        {"algorithm": "cispo", "loss": {"clip_high": 0.2}}, "cispo", high=1.2, beta=0.1
    ),
    "gspo": Case({"algorithm": "gspo"}, "grpo", "sequence", 3e-4, 4e-4),
    "gspo with room": Case(
        {"algorithm": "gspo", "loss": {"clip_low": 0.1, "clip_high": 0.1}}, "grpo", "sequence", 0.1, 0.1, beta=0.04
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_loss_and_gradient(grpo: Any, drawn: Drawn, case: Case) -> None:
    grpo.loss_type, grpo.importance_sampling_level, grpo.beta = case.loss_type, case.level, case.beta
    grpo.epsilon_low, grpo.epsilon_high, grpo.args.delta = case.low, case.high, case.delta
    grpo.args.use_bias_correction_kl = case.bias_corrected
    kl = {"coefficient": case.beta, "corrected": case.bias_corrected}
    objective = Objective.model_validate(case.loss | {"kl": kl})
    theirs, expected = by_trl(grpo, drawn, case.engine)
    ours, found, metrics = by_us(grpo.model, drawn, objective.loss, objective.kl, case.engine)
    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6)
    largest = max(float(each.abs().max()) for each in expected)
    assert largest > 1e-4
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5 * largest)
    told = {name: values[-1] for name, values in grpo._metrics["train"].items() if values}
    if case.loss_type != "cispo" and case.level == "token" and case.delta is None:
        assert metrics["clipped_low"] == pytest.approx(told["clip_ratio/low_mean"])
        assert metrics["clipped_high"] == pytest.approx(told["clip_ratio/high_mean"])
        assert metrics["clipped_low"] > 0 < metrics["clipped_high"]
    if case.beta and not case.bias_corrected:
        assert metrics["kl"] == pytest.approx(told["kl"], rel=1e-4)


def test_rloo_has_the_same_gradient_for_what_was_just_drawn(rloo: Any, drawn: Drawn) -> None:
    """TRL's is a mean over rollouts of sums over tokens: ours is that over the longest length."""
    sizes = [len(each) for each in drawn.completions]
    with torch.no_grad():
        old = own_logprobs(rloo.model, drawn.prompts, drawn.completions)
    inputs = {
        "prompt_ids": padded(drawn.prompts, PAD, left=True),
        "prompt_mask": padded([[1] * len(each) for each in drawn.prompts], 0, left=True),
        "completion_ids": padded(drawn.completions, PAD),
        "completion_mask": padded([[1] * size for size in sizes], 0),
        "advantages": torch.tensor(drawn.advantages),
        "old_logps": torch.stack([each.sum() for each in old]),
    }
    rloo.model.zero_grad()
    rloo._compute_loss(rloo.model, inputs).backward()
    expected = [parameter.grad.clone() for parameter in rloo.model.parameters()]
    just_drawn = Drawn(drawn.prompts, drawn.completions, drawn.advantages, old, drawn.reference, drawn.correction)
    objective = Objective(algorithm="rloo")
    _, found, metrics = by_us(rloo.model, just_drawn, objective.loss, objective.kl, False)
    assert metrics["ratio_most"] < 1e-5
    largest = max(float(each.abs().max()) for each in expected)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one * LONGEST, other, rtol=1e-4, atol=1e-5 * largest)
