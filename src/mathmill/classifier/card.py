"""The card of a classifier: the README.md in its folder, in Markdown, for whoever wants to use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mathmill.classifier.model import ClassifierFile
from mathmill.data.markdown import table_lines
from mathmill.data.terminal import one_line

if TYPE_CHECKING:
    from mathmill.classifier.calibrate import Report
    from mathmill.classifier.curves import Share
    from mathmill.classifier.reliability import Reliability
    from mathmill.classifier.resampling import Estimate

CARD = "README.md"
_MOST_PIECES = 12  # of a calibration that are shown

_HEAD = """---
library_name: fasttext
pipeline_tag: text-classification
tags:
- mathematics
---
"""
_WHAT = """\
A fastText classifier that tells web pages of mathematics from others. It gives each page a *score* in [0, 1], the
model's probability of mathematics; a page of which nothing is left as features has none. Made by mathmill.
"""
_USE = """
On the command line:

```
mathmill classifier score PATH/TO/THIS/FOLDER --files 'pages/*.parquet' --out runs/scores
mathmill classifier explain PATH/TO/THIS/FOLDER page.html
```

In a recipe of `mathmill pipeline run`, behind `extract`{cut}:

```toml
[[stages]]
use = "classifier"
model = "PATH/TO/THIS/FOLDER"
{setting}```

In Python:

```python
from pathlib import Path

from mathmill.classifier.model import load_classifier

scores = load_classifier(Path("PATH/TO/THIS/FOLDER")).score(["Let $G$ be a group."])
```

fastText itself can load the model, but is to be fed what it was trained on: the lines of
`mathmill.classifier.features.line`, of which, if there is a `vocabulary.zst`, only its words are left.
"""
_UNJUDGED = "No labelled pages were at hand to judge it by: `mathmill classifier calibrate` does that."
_LIMITS = """
- Precision and probabilities hold for a mix of pages like the labelled one. Where mathematics is rarer, fewer of the
  pages above a threshold are mathematics.
- It knows words and no meaning: pages that are stuffed with mathematical words may score high, and mathematics in
  languages or fields that were not among the positives may score low.
- fastText's loader trusts its file. The hash in `classifier.json` finds a damaged or exchanged model, but does not
  protect from one who can write both files: load only classifiers of people you trust.
"""


_COLUMNS = ("figure", "value", "95 % over sites", "95 % over pages", "pages")


def classifier_card(name: str, about: ClassifierFile, report: Report | None, facts: Mapping[str, str]) -> str:
    """The card of a classifier: what it is, how to use it, what it was made from, how good it is, and its limits.

    `report` is of labelled sites that it was not trained on, None where it was judged by none; `facts` are told among
    what it was made from, in their order.
    """
    parts = [
        f"{_HEAD}# {one_line(name)}\n",
        _WHAT,
        "## How to use it",
        _use(report),
        "## Made from\n",
        *_made_from(about, facts),
        "\n## How good it is\n",
        *(_figures(report) if report else (_UNJUDGED,)),
        "\n## Limits",
        _LIMITS,
    ]
    return "\n".join(parts)


def _use(report: Report | None) -> str:
    if report is not None and report.at_threshold is not None:
        return _USE.format(cut=" (pages from the threshold below on are kept)", setting="")
    return _USE.format(cut="", setting="min_score = 0.5  # yours to choose: it has no threshold of its own\n")


def _made_from(about: ClassifierFile, facts: Mapping[str, str]) -> Iterator[str]:
    trained = about.trained
    yield f"- {trained.positives:,} pages of mathematics and {trained.negatives:,} others; {trained.words:,} words"
    if about.vocabulary is not None:
        known = about.vocabulary
        yield f"- taught {known.words:,} words, those on at least {known.min_domains:,} domains (`{known.file}`)"
    yield from (f"- {one_line(key)}: {one_line(value)}" for key, value in facts.items())
    yield f"- model: `{about.model.file}`, SHA-256 `{about.model.sha256}`"
    yield f"- code: mathmill {about.code}\n"
    settings = [(f"fasttext.{field}", value) for field, value in about.settings]
    features = [(f"features.{field}", value) for field, value in about.features]
    yield from table_lines(("setting", "value"), [*settings, *features])


def _figures(report: Report) -> Iterator[str]:
    from mathmill.classifier.thresholds import Threshold

    yield (
        f"Threshold and calibration were made on {report.tuned_pages:,} labelled pages of {report.tuned_sites:,} "
        f"sites; all figures are of {report.reported_pages:,} pages of {report.reported_sites:,} other sites."
    )
    threshold = report.threshold
    if isinstance(threshold, Threshold):
        yield f"The threshold is a score of **{threshold.score:.9g}**: {threshold.why}.\n"
    else:
        yield f"There is no threshold: {threshold.why}.\n"
    yield from table_lines(_COLUMNS, _rows(report))
    yield ""
    yield "Intervals over sites are of a bootstrap that draws whole sites, since pages of a site resemble each other;"
    yield "those over pages (Wilson) are too narrow for sites never seen.\n"
    yield from _truth("Calibrated probabilities", report.reliability)
    yield from _truth("Bare scores, taken for probabilities", report.reliability_of_scores)
    yield ""
    yield "![precision and recall](plots/precision_recall.svg)"
    yield "![reliability](plots/reliability.svg)"
    yield "![scores](plots/scores.svg)\n"
    yield from _calibration(report)


def _truth(what: str, good: Reliability) -> Iterator[str]:
    yield (
        f"- {what}: Brier score {good.brier:.4f} ({good.brier_of_base_rate:.4f} for one who always says the share of "
        f"mathematics), expected calibration error {good.expected_calibration_error:.4f}"
    )


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    over, at = report.over_sites, report.at_threshold
    yield "average precision", *_estimate(over.average_precision), "", f"{report.reported_pages:,}"
    if at is not None:
        yield _row("precision", over.precision, at.precision)
        yield _row("recall", over.recall, at.recall)
        yield "share kept", _number(at.kept / at.pages), "", "", f"{report.reported_pages:,}"


def _row(name: str, over: Estimate, share: Share) -> tuple[str, ...]:
    return name, *_estimate(over), _range(share), f"{share.n:,}"


def _estimate(over: Estimate) -> tuple[str, str]:
    return _number(over.value), _range(over)


def _calibration(report: Report) -> Iterator[str]:
    """Some pieces of the calibration, evenly by their place, first and last among them."""
    pieces = report.calibration.pieces
    last = len(pieces) - 1
    shown = sorted({round(at * last / (_MOST_PIECES - 1)) for at in range(_MOST_PIECES)})
    some = "" if len(shown) == len(pieces) else f" ({len(shown)} of {len(pieces)} steps)"
    yield f"What a score is worth{some}:\n"
    some_of = (pieces[place] for place in shown)
    rows = [(f"{piece.score:.6g}", _number(piece.probability), _range(piece), f"{piece.pages:,}") for piece in some_of]
    yield from table_lines(("score from", "probability", "95 % over pages", "pages"), rows)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _range(interval: Any) -> str:
    return f"{interval.low:.4f} to {interval.high:.4f}"
