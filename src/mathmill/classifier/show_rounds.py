"""What `mathmill classifier iterate` prints: what each round trained on, kept and found, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mathmill.classifier.iterate import COLLECTED, LoopResult
from mathmill.classifier.show import show_classifier
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import print_json, print_table

_GROWTH = (
    "round",
    "positives",
    "others",
    "pages kept",
    "tokens kept",
    "kept before",
    "math domains",
    "new",
    "accept",
    "reject",
)
_FIGURES = ("round", "average precision", "precision", "recall", "pages", "sites")


def show_loop(result: LoopResult, as_json: bool) -> None:
    """What the loop came to, and how to go on."""
    if as_json:
        print_json(
            {
                "folder": shown(result.folder),
                "classifier": shown(result.classifier),
                "review": shown(result.review),
                "stopped": result.stopped,
                "rounds": list(result.rounds),
            }
        )
        return
    print_rounds(result.rounds)
    print()
    show_classifier(result.classifier, as_json=False)
    number = len(result.rounds)
    last = result.rounds[-1]
    if result.stopped == COLLECTED:
        print(
            f"\nended: {last['overlap']['share_of_tokens']:.1%} of what round {number} kept was kept by the one before"
        )
    else:
        print(f"\nended: the recipe asks for {number} rounds")
    if not last["domains"]["mathematics"]:
        print("no domain was found to be mathematics, so that another round learns nothing new: keep more (`keep`)")
    print(f"review: edit {shown(result.review)}, then give the same command with --set rounds={number + 1}")


def print_rounds(rounds: Sequence[Mapping[str, Any]]) -> None:
    """The tables of rounds, from the metrics of each."""
    print_table(_GROWTH, [_growth(each) for each in rounds])
    judged = [each for each in rounds if each["held_out"]]
    if judged:
        print("\nall held-out labelled pages, at the round's own cut; 95 % intervals over sites")
        print_table(_FIGURES, [_figures(each) for each in judged])


def _growth(metrics: Mapping[str, Any]) -> tuple[Any, ...]:
    pages, crawl, domains = metrics["seed_set"]["pages"], metrics["crawl"], metrics["domains"]
    overlap, patterns = metrics["overlap"], metrics["patterns"]
    return (
        metrics["round"],
        pages.get("seed", 0) + pages.get("pattern", 0),
        pages.get("random", 0) + pages.get("hard", 0),
        crawl["pages"],
        crawl["tokens"],
        "" if overlap is None else f"{overlap['share_of_tokens']:.1%}",
        domains["mathematics"],
        domains["new"],
        patterns["accepted"],
        patterns["rejected"],
    )


def _figures(metrics: Mapping[str, Any]) -> tuple[Any, ...]:
    held_out = metrics["held_out"]
    figures = [_estimate(held_out["all_sites"][name]) for name in ("average_precision", "precision", "recall")]
    return (metrics["round"], *figures, held_out["pages"], held_out["sites"])


def _estimate(found: Mapping[str, Any]) -> str:
    value = "none" if found["value"] is None else f"{found['value']:.3f}"
    return f"{value} ({found['low']:.3f} to {found['high']:.3f})"
