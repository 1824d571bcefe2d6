"""What the commands of training print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mathmill.data.runs import load_manifest
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import print_json
from mathmill.train.recipe import TUNING


def show_trained(folder: Path, as_json: bool) -> None:
    """A finished training: what it came to, and where everything is."""
    manifest = load_manifest(folder)
    outcome: dict[str, Any] = manifest["outcome"]
    if as_json:
        print_json({"run": shown(folder), "kind": manifest["kind"], **outcome, "data": manifest["data"]})
        return
    for line in _told(folder, manifest["kind"], outcome):
        print(line)


def _told(folder: Path, kind: str, outcome: dict[str, Any]) -> Iterator[str]:
    at = outcome["exported_step"]
    yield f"{outcome['steps']:,} steps of {kind} on {outcome['tokens']:,} tokens"
    losses = ", ".join(
        f"{name.replace('_', ' ')} {value:.4f}"
        for name, value in outcome.items()
        if "loss" in name and value is not None
    )
    yield f"the model is that of step {at:,}: {losses}"
    place = shown(folder)
    yield f"model: {place}/model (README.md tells of it; {place}/curve.svg shows the losses)"
    if kind == TUNING:
        yield f"next: `mathmill eval run {place}/model --task gsm8k-0shot` measures it"
    else:
        yield "next: `mathmill train sft RECIPE` with this folder as policy.start"
