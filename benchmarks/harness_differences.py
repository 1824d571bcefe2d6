"""Why two harnesses differ on a problem: the model's logits where two greedy texts part, and who read which answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.lm_eval_peer import Sampled
from mathmill.eval.harness.graded import Graded
from mathmill.eval.verify import verify

# A greedy text may part where the two likeliest tokens are closer than so many times what the layout alone changes.
# Both harnesses have layouts of their own, and errors add up over layers and tokens of the past.
ALLOWED = 8.0


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two texts part: the token of each, the gap of their logits, and what another layout changes in the logits.

    `likely`: the two tokens are the model's two likeliest there, in a pass over the whole text in a row of its own.
    """

    place: int
    theirs: str
    ours: str
    gap: float
    noise: float
    likely: bool

    @property
    def explained(self) -> bool:
        """Whether both tokens are the likeliest two and nearer to each other than float error moves them."""
        return self.likely and self.gap <= ALLOWED * self.noise


class Logits:
    """The model once more, by transformers alone, to look at single places."""

    def __init__(self, folder: Path, dtype: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        precision = getattr(torch, dtype)
        model: Any = AutoModelForCausalLM.from_pretrained(str(folder), dtype=precision, local_files_only=True)
        self._model = model.eval()

    def parting(self, prompt: str, theirs: str, ours: str) -> Parting:
        """Where two continuations of a prompt part.

        One that is the beginning of the other has ended there, by a stop string or the end of the sequence.
        """
        import torch

        given = len(self._tokenizer(prompt)["input_ids"])
        texts = [self._tokenizer(prompt + text)["input_ids"] for text in (theirs, ours)]
        place = next((at for at, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
        common = torch.tensor([texts[0][:place]])
        with torch.inference_mode():
            logits = self._model(common, logits_to_keep=1).logits[0, -1].float()
            again = self._otherwise(common, given).float()
        first, second = logits.topk(2).indices.tolist()
        # One that has ended there took the likeliest token that the other did not, or its end was no choice of it.
        taken = {text[place] for text in texts if place < len(text)}
        end = second if first in taken else first
        said = [text[place] if place < len(text) else end for text in texts]
        words = [self._word(token) + " (ended)" * (place >= len(text)) for token, text in zip(said, texts, strict=True)]
        return Parting(
            place=place - given,
            theirs=words[0],
            ours=words[1],
            likely={*said} == {first, second},
            gap=abs(float(logits[said[0]] - logits[said[1]])),
            noise=float((logits - again).abs().max()),
        )

    def _otherwise(self, tokens: Any, given: int) -> Any:
        """The same logits in another layout: behind padding, the prompt first and the rest on its cache."""
        import torch

        padding = 64
        pads = torch.full((1, padding), self._tokenizer.pad_token_id)
        padded = torch.cat([pads, tokens], 1)
        mask = (torch.arange(padded.shape[1]) >= padding).long()[None]
        split = padding + min(given, tokens.shape[1] - 1)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        past = self._model(
            padded[:, :split], attention_mask=mask[:, :split], position_ids=positions[:, :split], use_cache=True
        ).past_key_values
        rest = {"attention_mask": mask, "position_ids": positions[:, split:], "past_key_values": past}
        return self._model(padded[:, split:], logits_to_keep=1, **rest).logits[0, -1]

    def _word(self, token: int) -> str:
        return repr(self._tokenizer.decode([token]))


def peer_verdict(sampled: Sampled) -> tuple[bool, str]:
    """Whether lm-evaluation-harness takes a completion, by the more generous of its two graders; what it extracted."""
    if "flexible-extract" in sampled.scores:
        return bool(sampled.scores["flexible-extract"]["exact_match"]), sampled.extracted["flexible-extract"]
    return bool(sampled.scores["none"]["math_verify"]), _parsed(sampled.responses[0])


def _parsed(completion: str) -> str:
    """What math-verify reads as the answer of a completion."""
    from math_verify import parse

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    found = parse(completion)
    return str(found[-1]) if found else ""


def why(sampled: Sampled, graded: Graded, gold: str, texts_equal: bool) -> str:
    """Why the verdicts of both on a problem differ, as far as it follows from what each extracted."""
    if not texts_equal:
        return "the texts differ"
    paid, extracted = peer_verdict(sampled)
    same_value = bool(extracted) and verify(extracted, gold).correct
    if graded.correct:
        if extracted in ("", "[invalid]"):
            return f"they find no answer, we one by the rule `{graded.rule}`"
        return "they compare otherwise: what they extracted is right" if same_value else "they extracted another answer"
    if graded.answer is None or graded.outcome == "ambiguous":
        return f"we take no answer ({graded.detail})"
    if paid and same_value:
        return f"we take another answer than they, by the rule `{graded.rule}`"
    return f"they pay what is not the gold answer to us ({graded.method})"


def shown(text: str, length: int = 60) -> str:
    """A text on one line, its end where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= length else "…" + line[-length:]


def accuracy(evaluated: Sequence[Sampled]) -> dict[str, float]:
    """The share that lm-evaluation-harness pays, by filter or metric."""
    names = {
        f"{metric}" if kind == "none" else kind: (kind, metric)
        for kind, metrics in evaluated[0].scores.items()
        for metric in metrics
    }
    return {
        name: sum(each.scores[kind][metric] for each in evaluated) / len(evaluated)
        for name, (kind, metric) in names.items()
    }
