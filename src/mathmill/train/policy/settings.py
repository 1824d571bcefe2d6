"""What a recipe says of the model that is trained: where it comes from, how it is kept and computed, what is adapted.

Nothing here imports torch: a recipe is read before anything heavy is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.train.policy.fresh import FreshModel

#: What the model is computed in.
Precision = Literal["float32", "bfloat16"]
# Names of peft's own, and what becomes a folder.
_NAME = r"^[A-Za-z0-9_-]{1,64}$"


class Lora(Config):
    """Small matrices beside those of the model, which alone are trained (Hu et al. 2021)."""

    rank: PositiveInt = Field(default=16, description="of the matrices")
    alpha: PositiveFloat = Field(default=32.0, description="what they say is multiplied by alpha / rank")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of their inputs that is left out in training")
    modules: Literal["all-linear"] | tuple[str, ...] = Field(
        default="all-linear", description="ends of the names of adapted modules; all-linear is all but the head"
    )
    name: str = Field(default="default", pattern=_NAME, description="of the adapter: one a domain, say")
    start: Path | None = Field(default=None, description="folder of an adapter that is trained on, with its own shape")

    @model_validator(mode="before")
    @classmethod
    def _other_words(cls, tree: Any) -> Any:
        """Others call the modules something that is too far from it to be guessed."""
        if isinstance(tree, dict) and (wrong := {"targets", "target_modules"} & tree.keys()):
            raise ValueError(f"unknown key {min(wrong)!r}, did you mean 'modules'?")
        return tree

    @model_validator(mode="after")
    def _one_shape(self) -> Lora:
        told = sorted({"rank", "alpha", "dropout", "modules"} & self.model_fields_set)
        if self.start and told:
            raise ValueError(f"an adapter that is trained on has its own shape: leave {', '.join(told)} out")
        if not self.modules:
            raise ValueError("modules names none, so nothing would be trained: leave it out for all-linear")
        return self


class PolicySettings(Config):
    """The model that is trained: one that is there (`start`), or one from scratch (`fresh`)."""

    start: str = Field(default="", description="folder, .gguf file, or model of the hub (owner/model)")
    revision: str = Field(default="", description="commit, branch or tag of a model on the hub")
    fresh: FreshModel | None = Field(default=None, description="shape of a model from scratch")
    tokenizer: str = Field(default="", description="of a fresh model: folder or hub id; without it, made of the texts")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="what is computed in; auto is bfloat16 where the device is made for it"
    )
    weights: Precision = Field(
        default="float32", description="what trained weights are kept in; bfloat16 loses small updates"
    )
    saved_in: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="what the trained model is written in; auto is what it was read in"
    )
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention"] = Field(
        default="auto", description="which form of attention; auto is what transformers takes"
    )
    checkpointing: bool = Field(
        default=False, description="compute activations again in the backward pass: less memory, a third more time"
    )
    lora: Lora | None = Field(default=None, description="train an adapter, not the model's own weights")
    adapters: tuple[tuple[str, Path], ...] = Field(
        default=(), description="name and folder of adapters that are loaded beside, not trained"
    )
    chat_template: Path | None = Field(default=None, description="Jinja file with the form of a chat")
    router_loss: float | None = Field(
        default=None,
        ge=0,
        description="weight of the loss that balances experts; without it, what the model's config says",
    )

    @model_validator(mode="after")
    def _one_model(self) -> PolicySettings:
        if bool(self.start) == (self.fresh is not None):
            raise ValueError("set one of start (a model that is there) and fresh (the shape of a new one)")
        if self.revision and not self.start:
            raise ValueError("a revision is of a model on the hub: set start, or leave revision out")
        if self.tokenizer and self.fresh is None:
            raise ValueError("the model of start has a tokenizer: leave tokenizer out")
        if self.weights == "bfloat16" and self.precision == "float32":
            raise ValueError("weights kept in bfloat16 are computed with in bfloat16: leave precision out")
        return self

    @model_validator(mode="after")
    def _adapters_fit(self) -> PolicySettings:
        import re

        names = [name for name, _ in self.adapters] + ([self.lora.name] if self.lora else [])
        if self.adapters and not self.lora:
            raise ValueError("adapters are loaded beside one that is trained: set lora")
        if wrong := [name for name in names if not re.match(_NAME, name)]:
            raise ValueError(f"{wrong[0]!r} is no name of an adapter: letters, digits, - and _")
        if len(set(names)) < len(names):
            raise ValueError(f"two adapters have one name: {', '.join(names)}")
        return self

    def resolved_precision(self, device: str) -> Precision:
        """What is computed in on a device: bfloat16 on a GPU that has it and on a processor made for it."""
        if self.weights == "bfloat16":
            return "bfloat16"
        if self.precision != "auto":
            return self.precision
        return "bfloat16" if _made_for_bfloat16(device) else "float32"


def _made_for_bfloat16(device: str) -> bool:
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Matrix units (AMX), or at least dot products: a step of a small model takes about half the time with these.
    return device == "cpu" and bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
