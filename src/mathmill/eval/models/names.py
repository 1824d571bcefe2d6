"""Names by which a user says how a model is run; apart, so that the command line answers without loading anything."""

from __future__ import annotations

from typing import Literal

Backend = Literal["auto", "transformers", "vllm", "server"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Device = Literal["auto", "cpu", "cuda"]
#: Whether prompts are chats in the model's own template; auto is as the Task says, where the model has one.
Chat = Literal["auto", "yes", "no"]
