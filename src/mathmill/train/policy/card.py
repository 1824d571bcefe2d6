"""The card of a trained model: the README.md in its folder, for the hub and for whoever wants to use it.

Who reads it has another machine than who made it: of a file or folder, only the name is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathmill.data.markdown import fact_lines, foreign

if TYPE_CHECKING:
    from mathmill.train.policy.load import Policy

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+", re.ASCII)
_FOLDER = "PATH/TO/THIS/FOLDER"


def policy_card(policy: Policy, name: str, facts: Mapping[str, Any], adapter: str | None) -> str:
    """The card of a model, or of one adapter of it; `facts` say how it was trained, their `datasets` on what."""
    made = "A LoRA adapter of a language model" if adapter else "A language model"
    base = foreign(shown_name(policy.name))
    origin = (
        "trained from scratch" if policy.name == "fresh" else f"trained from {base}, whose licence holds for it too"
    )
    told = {key: value for key, value in facts.items() if value is not None and key != "prompt"}
    model = {key: policy.facts[key] for key in ("parameters", "trained", "precision") if key in policy.facts}
    numbers = {key: int(value) if value.isdecimal() else value for key, value in model.items()}
    return "\n".join(
        [
            *_front_matter(policy, facts, adapter),
            f"# {foreign(name)}\n",
            f"{made}, {origin}, with mathmill.\n",
            *(
                _peft_use(base)
                if adapter
                else _use(bool(policy.tokenizer.chat_template), str(facts.get("prompt") or ""))
            ),
            "## Training\n",
            *map(_in_a_line, fact_lines({**numbers, **told})),
            "",
        ]
    )


def shown_name(name: str) -> str:
    """A model of the hub by its id, one of a disk by the last part of its path, or two where that says nothing."""
    path = Path(name)
    if _is_of_hub(name):
        return name
    return f"{path.resolve().parent.name}/{path.name}" if path.name == "model" else path.name


def _is_of_hub(name: str) -> bool:
    return bool(_HUB_ID.fullmatch(name)) and not Path(name).expanduser().exists()


def _front_matter(policy: Policy, facts: Mapping[str, Any], adapter: str | None) -> Iterator[str]:
    yield "---"
    yield f"library_name: {'peft' if adapter else 'transformers'}"
    yield "pipeline_tag: text-generation"
    if _is_of_hub(policy.name):
        yield f"base_model: {policy.name}"
    yield from ("tags:", "- mathmill", "- mathematics", *(["- lora"] if policy.adapted else []))
    named = [each for each in facts.get("datasets", ()) if _HUB_ID.fullmatch(str(each))]
    if named:
        yield from ("datasets:", *(f"- {each}" for each in named))
    yield "---\n"


def _use(chat: bool, prompt: str) -> Iterator[str]:
    """How to ask, in a form in which the model was trained; `prompt` is one of its own."""
    yield from ("```python", "from transformers import pipeline", "")
    yield f'ask = pipeline("text-generation", "{_FOLDER}")'
    asked = [{"role": "user", "content": "What is 12 * 12?"}] if chat and not prompt else prompt or "12 * 12 ="
    said = json.dumps(asked, ensure_ascii=False)
    yield f'print(ask({said}, max_new_tokens=200)[0]["generated_text"])'
    yield from ("```", "", f"vLLM serves it: `vllm serve {_FOLDER}`.\n")


def _peft_use(name: str) -> Iterator[str]:
    base = name if _is_of_hub(name) else f"PATH/TO/{shown_name(name)}"
    yield from ("```python", "from peft import PeftModel", "from transformers import AutoModelForCausalLM", "")
    yield f'base = AutoModelForCausalLM.from_pretrained("{base}")'
    yield f'model = PeftModel.from_pretrained(base, "{_FOLDER}")'
    yield "```\n"


def _in_a_line(line: str) -> str:
    return line.replace("\n", " ")
