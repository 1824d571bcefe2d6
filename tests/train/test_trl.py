"""Our reward in TRL's own trainer: what it passes, what it logs, what it makes of None."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from mathmill.eval.golds import golds_of
from mathmill.eval.trouble import Trouble
from mathmill.eval.verdict import OUTCOMES
from mathmill.train.rewards import AccuracyReward, accuracy_reward, judge

# TRL 1.16 calls by its old name what transformers 5 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing(_\\w+)?` is deprecated:FutureWarning")

# A model that knows these words and nothing else says boxes of all kinds from its first step.
WORDS = [
    r"\boxed{1}", r"\boxed{2}", r"\boxed{\frac{4}{2}}", r"\boxed{x+1}", r"\boxed{1+x}", r"\boxed{(}", "so", "then",
    "hence", "12",
]  # fmt: skip
GOLDS = ["1", "2", "x+1", r"\frac12", "", r"Add both. So $\boxed{2}$."]


def tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.trainers import WordLevelTrainer
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel(unk_token="<unk>"))
    words.pre_tokenizer = WhitespaceSplit()
    words.train_from_iterator(WORDS, WordLevelTrainer(special_tokens=["<unk>", "<pad>", "</s>"], show_progress=False))
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=words,
        unk_token="<unk>",
        pad_token="<pad>",
        eos_token="</s>",
        padding_side="left",
        chat_template="{% for message in messages %}{{ message['content'] }} {% endfor %}",
    )


def model(words: int) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=words,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=64,
            bos_token_id=None,
            eos_token_id=2,
            pad_token_id=1,
        )
    )


def train(folder: Path, rows: list[dict[str, Any]], reward: Any, steps: int = 2) -> tuple[Any, list[dict[str, Any]]]:
    """A trainer that has taken these steps, and the table of all completions that it wrote."""
    from datasets import Dataset
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    words = tokenizer()
    trainer = GRPOTrainer(
        model(len(words)),
        reward_funcs=reward,
        args=GRPOConfig(
            str(folder),
            max_steps=steps,
            per_device_train_batch_size=len(rows) * 8,
            num_generations=8,
            max_completion_length=6,
            temperature=1.5,
            learning_rate=1e-3,
            logging_steps=1,
            log_completions=True,
            num_completions_to_print=0,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=False,
            dataloader_pin_memory=False,
            shuffle_dataset=False,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=words,
    )
    trainer.train()
    tables = sorted((folder / "completions").glob("*.parquet"))
    assert len(tables) == steps
    return trainer, [row for table in tables for row in pyarrow.parquet.read_table(table).to_pylist()]


def is_nan(value: float | None) -> bool:
    return value is None or math.isnan(value)


def test_the_logged_reward_is_that_of_the_verdicts(tmp_path: Path) -> None:
    rows = [{"prompt": "so", "solution": gold} for gold in GOLDS]
    trainer, table = train(tmp_path, rows, AccuracyReward(strict=False, trouble=Trouble(0.5)))
    assert len(table) == 2 * 8 * len(GOLDS)
    seen = {row["accuracy_reward/verdict"].split()[0] for row in table}
    assert {"correct", "wrong", "no_answer", "bad_gold"} <= seen
    for row in table:
        verdict = judge(row["completion"], golds_of(row["accuracy_reward/gold"]), strict=False)
        assert row["accuracy_reward/verdict"] == f"{verdict.outcome} by {verdict.method}"
        if verdict.outcome == "bad_gold":
            # TRL leaves out what has no reward: it moves the policy nowhere.
            assert is_nan(row["accuracy_reward"])
            assert row["advantage"] == 0
        else:
            assert row["accuracy_reward"] == verdict.correct
    for step, logged in enumerate(trainer.state.log_history[:2], start=1):
        paid = [row["accuracy_reward"] for row in table if row["step"] == step and not is_nan(row["accuracy_reward"])]
        assert logged["rewards/accuracy_reward/mean"] == pytest.approx(sum(paid) / len(paid))
        assert logged["reward"] == pytest.approx(sum(paid) / len(paid))
        assert logged["accuracy_reward/bad_gold"] == pytest.approx(1 / len(GOLDS))
        assert sum(logged[f"accuracy_reward/{outcome}"] for outcome in OUTCOMES) == pytest.approx(1)
        assert logged["grad_norm"] > 0


def test_a_group_is_compared_without_those_that_have_no_reward(tmp_path: Path) -> None:
    def half(completions: list[str], **columns: Any) -> list[float | None]:
        """As if every other proof had timed out."""
        rewards = accuracy_reward(completions, **columns)
        return [None if place % 2 else reward for place, reward in enumerate(rewards)]

    rows = [{"prompt": "so", "gold": 2}, {"prompt": "then", "gold": 1}]
    _, table = train(tmp_path, rows, half)
    for start in range(0, len(table), 8):
        group = table[start : start + 8]
        paid = [row["half"] for row in group[::2]]
        mean = sum(paid) / 4
        deviation = math.sqrt(sum((reward - mean) ** 2 for reward in paid) / 3)
        for row in group[::2]:
            assert row["advantage"] == pytest.approx((row["half"] - mean) / (deviation + 1e-4), abs=1e-4)
        assert all(is_nan(row["half"]) and row["advantage"] == 0 for row in group[1::2])


def test_messages_and_numbers(tmp_path: Path) -> None:
    rows = [{"prompt": [{"role": "user", "content": "so"}], "answer": 1.0 * gold} for gold in (1, 2)]
    trainer, table = train(tmp_path, rows, accuracy_reward, steps=1)
    assert {type(row["completion"]) for row in table} == {list}
    paid = [row["accuracy_reward"] for row in table]
    assert trainer.state.log_history[0]["reward"] == pytest.approx(sum(paid) / len(paid))
    for row in table:
        assert row["accuracy_reward"] == judge(row["completion"][-1]["content"], [row["accuracy_reward/gold"]]).correct
