"""What the commands of the classifier print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mathmill.classifier.browse import Domains, threshold_of
from mathmill.classifier.calibrate import Report
from mathmill.classifier.commands import Plan
from mathmill.classifier.explain import END
from mathmill.classifier.figures import read_metrics, read_report
from mathmill.classifier.meaning import Meaning
from mathmill.classifier.model import read_about
from mathmill.classifier.patterns import Pattern
from mathmill.classifier.score import ScoreResult
from mathmill.classifier.scores import kept_by, load_scores, quantiles
from mathmill.classifier.thresholds import Threshold
from mathmill.classifier.tuning import Tuned, label_words
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import one_line, print_json, print_table

_FIGURES = ("figure", "value", "95 % over sites", "95 % over pages", "pages")


def show_plan(plan: Plan, as_json: bool) -> None:
    """What a training would do."""
    if as_json:
        print_json(plan.as_dict())
        return
    print(f"{plan.shards:,} shards of pages, {plan.bytes_in:,} bytes in all -> {plan.folder} ({plan.state})")
    print(f"seeds from {one_line(plan.seeds)}; {plan.labels:,} held-out labels")
    print(f"the model takes {plan.model_bytes / 1e9:,.2f} GB and more in memory and on disk")
    print(f"free there: {plan.free_bytes / 1e9:,.1f} GB. The recipe, with every default:")
    print(plan.recipe)
    print("Nothing was changed.")


def show_classifier(folder: Path, as_json: bool) -> None:
    """A finished classifier: what it was trained on, how good it is, where everything is."""
    about, report, place = read_about(folder), read_report(folder), shown(folder)
    if as_json:
        print_json({"classifier": place, **about.model_dump(mode="json"), "metrics": read_metrics(folder)})
        return
    trained = about.trained
    print(
        f"trained on {trained.positives:,} pages of mathematics and {trained.negatives:,} others, {trained.words:,} "
        f"words; SHA-256 {about.model.sha256[:16]}"
    )
    print_report(report)
    print(f"\nclassifier: {place} (README.md tells all, plots/ shows it)")
    if report is None:
        print(f"next: `mathmill classifier calibrate {place} --labels FILE ..` makes a threshold and probabilities")
    else:
        print(f"next: `mathmill classifier score {place} --files GLOB --out FOLDER`")


def print_report(report: Report | None) -> None:
    """The held-out figures of a classifier, and its threshold."""
    if report is None:
        print("no labelled pages to judge it by: there is no threshold, and scores are no probabilities")
        return
    print(
        f"threshold and calibration from {report.tuned_pages:,} labelled pages of {report.tuned_sites:,} sites, "
        f"figures from {report.reported_pages:,} pages of {report.reported_sites:,} others"
    )
    threshold = report.threshold
    if isinstance(threshold, Threshold):
        print(f"threshold {threshold.score:.6g}: {threshold.why}")
    else:
        print(f"no threshold: {threshold.why}")
    print()
    print_table(_FIGURES, list(_figures(report)))
    for warning in _warnings(report):
        print(f"\n{warning}")


def _warnings(report: Report) -> Iterator[str]:
    """What does not hold on sites that nothing was tuned on."""
    at, target = report.at_threshold, report.threshold.target
    for name in ("precision", "recall"):
        wanted, found = getattr(target, name), getattr(at, name, None)
        if wanted is not None and found is not None and found.value is not None and found.value < wanted:
            yield (
                f"mind: a {name} of {wanted:g} was asked for and reached on the sites tuned on; on the others it is "
                f"{found.value:.3f}. Label pages of more sites, or ask for its lower bound (target.by, --by low)"
            )
    if report.reliability.brier > report.reliability.brier_of_base_rate:
        yield "mind: on these sites the probabilities are worse than always saying the share of mathematics"


def _figures(report: Report) -> list[tuple[str, str, str, str, int]]:
    over, at = report.over_sites, report.at_threshold
    average = over.average_precision
    rows = [("average precision", _value(average.value), _interval(average), "", report.reported_pages)]
    if at is not None:
        for name, sites, pages in (("precision", over.precision, at.precision), ("recall", over.recall, at.recall)):
            rows.append((name, _value(pages.value), _interval(sites), _interval(pages), pages.n))
    error = report.reliability.expected_calibration_error
    return [*rows, ("calibration error", f"{error:.4f}", "", "", report.reported_pages)]


def _value(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _interval(found: Any) -> str:
    return f"{found.low:.4f} to {found.high:.4f}"


def show_tuned(tuned: Tuned, as_json: bool) -> None:
    """A calibrated classifier."""
    if not as_json:
        print(label_words(tuned.labels))
    show_classifier(tuned.folder, as_json)


def show_scores(result: ScoreResult, as_json: bool) -> None:
    """What scoring came to."""
    spread = quantiles(result.folder)
    cut = threshold_of(Path(load_scores(result.folder)["config"]["classifier"]))
    kept = None if cut is None else kept_by(result.folder, cut)
    rate = result.fresh / result.seconds
    if as_json:
        print_json(
            {
                "run": shown(result.folder),
                "pages": result.pages,
                "empty": result.empty,
                "tokens": result.tokens,
                "quantiles": {f"{share:g}": score for share, score in spread},
                "threshold": kept and {"score": kept.threshold, "pages": kept.pages, "tokens": kept.tokens},
                "pages_scored": result.fresh,
                "seconds": result.seconds,
            }
        )
        return
    print_table(("share of pages", "score at most"), [(f"{share:.0%}", score_words(score)) for share, score in spread])
    print()
    print(f"{result.pages:,} pages with {result.tokens:,} tokens, {result.empty:,} of them empty and without a score")
    if kept is not None:
        share = kept.pages / result.pages
        print(
            f"at or above the threshold {kept.threshold:.6g}: {kept.pages:,} pages ({share:.2%}), "
            f"{kept.tokens:,} tokens"
        )
    if result.fresh:
        print(f"{result.fresh:,} pages in {result.seconds:,.1f} s: {rate:,.0f} pages/s")
    else:
        print("nothing to do: every shard is done already")
    print(f"scores: {shown(result.folder)}/scores/*.parquet")


def score_words(score: float) -> str:
    """A score in few characters, also close to 0 and 1."""
    return f"1 - {1 - score:.2g}" if 0.999 < score < 1 else f"{score:.4g}"


def show_domains(found: Domains, n: int, everything: bool, as_json: bool) -> None:
    """The domains of a round or of scores, those with most kept pages first."""
    rows = [count for count in found.counts if everything or count.kept]
    math = sum(count.is_math for count in found.counts)
    if as_json:
        keys = ("domain", "pages", "kept", "share", "low", "is_math")
        listed = [{key: getattr(count, key) for key in keys} for count in (rows if everything else rows[:n])]
        print_json({"run": shown(found.folder), "domains": len(found.counts), "mathematics": math, "listed": listed})
        return
    first = rows if everything else rows[:n]
    columns = ("domain", "pages", "kept", "share", "low", "mathematics")
    print_table(
        columns,
        [
            (
                count.domain,
                count.pages,
                count.kept,
                f"{count.share:.1%}",
                f"{count.low:.1%}",
                "yes" if count.is_math else "",
            )
            for count in first
        ],
    )
    print()
    cut = "" if found.threshold is None else f", cut at {found.threshold:.6g}"
    print(f"{shown(found.folder)}{cut}: {math:,} of {len(found.counts):,} domains are mathematics")
    if len(first) < len(rows):
        print(f"{len(rows) - len(first):,} more: -n shows more of them, --all every domain")


def show_patterns(file: Path, patterns: list[Pattern], n: int, everything: bool, as_json: bool) -> None:
    """The URL patterns of a round, those over most uncollected pages first."""
    order = sorted(patterns, key=lambda each: (-each.uncollected, -each.pages, each.prefix))
    first = order if everything else order[:n]
    if as_json:
        keys = ("domain", "prefix", "decision", "pages", "kept", "low", "uncollected", "note")
        listed = [{key: getattr(each, key) for key in keys} | {"by_person": each.is_persons} for each in first]
        print_json({"file": str(file), "patterns": len(patterns), "listed": listed})
        return
    columns = ("prefix", "decision", "by", "pages", "kept", "low", "uncollected")
    print_table(
        columns,
        [
            (
                each.prefix,
                each.decision,
                "person" if each.is_persons else "rule",
                each.pages,
                each.kept,
                f"{each.low:.1%}",
                each.uncollected,
            )
            for each in first
        ],
    )
    accepted = [each for each in patterns if each.decision == "accept"]
    print()
    print(
        f"{shown(file)}: {len(patterns):,} patterns, {len(accepted):,} accepted over "
        f"{sum(each.uncollected for each in accepted):,} uncollected pages; edit it to decide otherwise"
    )
    if len(first) < len(order):
        print(f"{len(order) - len(first):,} more: -n shows more of them, --all every one")


def show_meaning(meaning: Meaning | None, runs: bool, n: int, as_json: bool) -> None:
    """Why a page has its score."""
    if meaning is None:
        if as_json:
            print_json({"score": None})
        else:
            print("no score: nothing of the text is left as features")
        return
    if as_json:
        print_json(meaning.as_dict(runs, n))
        return
    found, piece = meaning.explanation, meaning.piece
    print(f"score {found.score:.6g} (log-odds {found.log_odds:+.4f})")
    if piece is not None:
        print(
            f"probability {piece.probability:.4f} ({piece.low:.4f} to {piece.high:.4f}, by {piece.pages:,} labelled "
            "pages)"
        )
    if meaning.threshold is not None:
        print(f"threshold {meaning.threshold:.6g}: {'kept' if meaning.is_kept else 'not kept'}")
    parts = found.runs if runs else found.words
    print()
    columns = ("words" if runs else "word", "times", "adds to log-odds")
    print_table(columns, [(part.words.replace(END, "(end)"), part.times, f"{part.adds:+.4f}") for part in parts[:n]])
    if len(parts) > n:
        rest = sum(part.adds for part in parts[n:])
        print(f"and {len(parts) - n:,} more, which add {rest:+.4f} together")
