"""Tiny policies of many architectures, put together in memory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mathmill.train.batch.ends import ends_of
from mathmill.train.policy.load import Policy
from mathmill.train.policy.settings import Precision
from tests.eval.models import tiny

#: Each does something of its own with hidden states or logits.
KINDS = ("llama", "gemma2", "gemma3", "qwen2", "qwen3", "gpt2", "phi", "cohere", "granite", "mixtral", "rwkv", "mamba")

#: Those that compute in float32 at most.
NARROW = ("mixtral", "rwkv", "mamba")


def config(kind: str) -> Any:
    import transformers

    library: Any = transformers
    wide = {
        "vocab_size": tiny.VOCABULARY,
        "bos_token_id": 0,
        "eos_token_id": 1,
        "tie_word_embeddings": False,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
    }
    if kind == "tied":
        return library.LlamaConfig(**{**wide, "tie_word_embeddings": True})
    if kind == "gemma2":
        capped = {"final_logit_softcapping": 2.0, "attn_logit_softcapping": 5.0, "tie_word_embeddings": True}
        return library.Gemma2Config(**{**wide, **capped}, head_dim=8, sliding_window=8)
    if kind == "phi":  # its head has a bias
        return library.PhiConfig(**wide)
    if kind == "cohere":
        return library.CohereConfig(**{**wide, "tie_word_embeddings": True}, logit_scale=0.25)
    if kind == "granite":
        return library.GraniteConfig(**wide, logits_scaling=4.0, pad_token_id=None)
    if kind == "mixtral":
        return library.MixtralConfig(**wide, num_local_experts=4, num_experts_per_tok=2, router_aux_loss_coef=0.5)
    return tiny.config(kind)


@cache
def tokenizer(template: str | None = None) -> Any:
    return tiny.tokenizer(template)


def model(kind: str, seed: int = 3) -> Any:
    """With weights large enough that its choices are not all alike."""
    import torch
    import transformers

    library: Any = transformers
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = library.AutoModelForCausalLM.from_config(config(kind))
        with torch.no_grad():
            for name, weight in made.named_parameters():
                if weight.ndim >= 2 and "A_log" not in name:
                    weight.normal_(0, 0.2)
                elif name.endswith("bias"):
                    weight.normal_(0, 0.5)
    return made


def policy(kind: str = "llama", precision: Precision = "float32", template: str | None = None) -> Policy:
    import torch

    whole = model(kind)
    read = tokenizer(template)
    return Policy(whole.train(), read, ends_of(kind, read, whole), kind, torch.device("cpu"), precision, {}, ())


def write(folder: Path, kind: str = "llama", template: str | None = None, seed: int = 3) -> Path:
    """A folder as a user has it."""
    model(kind, seed).save_pretrained(folder)
    tokenizer(template).save_pretrained(folder)
    return folder
