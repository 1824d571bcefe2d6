"""What the commands of training print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathmill.data.runs import load_manifest
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import print_json
from mathmill.train.grpo.recipe import EXPLORING
from mathmill.train.recipe import TUNING

_MEASURED = ("validation_accuracy", "validation_majority", "validation_pass", "validation_greedy")


def show_trained(folder: Path, as_json: bool) -> None:
    """A finished training: what it came to, and where everything is."""
    manifest = load_manifest(folder)
    outcome: dict[str, Any] = manifest["outcome"]
    if as_json:
        print_json(
            {
                "run": shown(folder),
                "model": f"{shown(folder)}/model",
                "kind": manifest["kind"],
                **outcome,
                "data": manifest["data"],
            }
        )
        return
    for line in _told(folder, manifest["kind"], outcome, manifest["data"]):
        print(line)


def _told(folder: Path, kind: str, outcome: dict[str, Any], data: Mapping[str, Any]) -> Iterator[str]:
    at = outcome["exported_step"]
    yield f"{outcome['steps']:,} steps of {kind} on {outcome['tokens']:,} tokens"
    losses = ", ".join(
        f"{name.replace('_', ' ')} {value:.4f}"
        for name, value in outcome.items()
        if ("loss" in name or name in _MEASURED) and value is not None
    )
    if lost := lost_words(data):
        yield lost
    yield f"the model is that of step {at:,}: {losses}"
    place = shown(folder)
    yield f"model: {place}/model (README.md tells of it; {place}/curve.svg shows the losses)"
    if kind in (TUNING, EXPLORING):
        yield f"next: `mathmill eval run {place}/model --task TASK` measures it (`mathmill eval tasks` lists them)"
    else:
        yield "next: `mathmill train sft RECIPE` with this folder as policy.start"


def lost_words(facts: Mapping[str, Any]) -> str:
    """What of the rows that were read is not trained, or not whole; empty where all is."""
    parts = facts.get("parts", [facts])
    reasons = Counter[str]()
    for part in parts:
        reasons.update(part.get("dropped", {}))
    told = []
    if reasons:
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
        told.append(f"{sum(reasons.values()):,} dropped ({listed})")
    if facts.get("truncated"):
        told.append(f"{facts['truncated']:,} longer than a row, which lost their end")
    return "; ".join(told)
