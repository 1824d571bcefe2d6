"""MathML to LaTeX on the crawl's formulas: ours, and other converters where they are installed.

    python -m benchmarks.mathml [--crawl FOLDER] [--show N] [--every N]

Three measures, by tuning and reporting sites. `norm` and `sig`: of the `math` elements that carry their TeX (annotation
or alttext), the share whose presentation becomes TeX with the same canonical form, or the same visible tokens, as
`scoring/texnorm.py` beside the crawl has them. `bare`: of the gold formulas that are MathML and nothing else, the share
whose visible characters are the same multiset. Peers get the elements as XML without their TeX; one that is not
installed is left out with a line. Seconds are of CPU, of one process. `--show` prints failures of ours on tuning sites.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import importlib
import importlib.util
import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from lxml import etree

from benchmarks.pages import labelled_pages, load_labels
from mathmill.data.records import BODY, CONTENT_TYPE
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.notation.mathml import read, to_latex
from tests.shared import CRAWL, SHARED

TEXNORM = SHARED / "scoring" / "texnorm.py"
PEERS = ("mathml_to_latex", "mml2tex", "mathml2latex")
# What a converter may raise on a formula that it cannot read; such a formula counts as not converted.
_REFUSALS = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    AssertionError,
)

Converter = Callable[[Any, str], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A formula: its element, its markup without TeX, and what is known of it."""

    math: Any
    markup: str
    gold: str  # TeX, or MathML where `bare`
    bare: bool
    tuning: bool
    site: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    parser.add_argument("--every", type=int, default=1, help="take every Nth formula")
    parser.add_argument("--show", type=int, default=0, help="failures of ours to print, on tuning sites only")
    options = parser.parse_args(arguments)
    if not TEXNORM.exists():
        print(f"no measure at {TEXNORM}; set MATHMILL_SHARED to the folder of the evaluation data")
        return 1
    texnorm = _load(TEXNORM)
    samples = [*_pairs(options.crawl), *_bare(options.crawl)][:: options.every]
    for name, convert in _converters():
        began = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):  # one of the peers talks
            written = [_converted(convert, sample) for sample in samples]
        seconds = time.process_time() - began
        _print(name, samples, written, texnorm, seconds)
        if name == "mathmill":
            _show(samples, written, texnorm, options.show)
    return 0


def _load(path: Path) -> Any:
    """A Python file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _pairs(crawl: Path) -> Iterator[Sample]:
    """Every `math` of the crawl's pages that carries its TeX."""
    for labelled in labelled_pages(crawl):
        body = labelled.document.meta[BODY]
        if b"math" not in body.replace(b"\x00", b""):
            continue
        tree = parse(decode_html(body, labelled.document.meta[CONTENT_TYPE]).html)
        for math in () if tree is None else tree.iter("math"):
            if tex := _tex(math):
                yield Sample(math, _markup(math), tex, False, labelled.label.tuning, labelled.label.site)


def _tex(math: Any) -> str:
    said = (a for a in math.iter("annotation") if "tex" in (a.get("encoding") or "").lower())
    annotation = next(said, None)
    tex = "".join(annotation.itertext()) if annotation is not None else ""
    return (tex or math.get("alttext") or "").strip()


def _markup(math: Any) -> str:
    """The element as XML, without what gives its TeX away."""
    copy = deepcopy(math)
    copy.tail = None
    for annotation in list(copy.iter("annotation", "annotation-xml")):
        annotation.getparent().remove(annotation)
    for semantics in list(copy.iter("semantics")):  # some peers do not know it
        semantics.tag = "mrow"
    copy.attrib.pop("alttext", None)
    copy.attrib["xmlns"] = "http://www.w3.org/1998/Math/MathML"
    return str(etree.tostring(copy, encoding="unicode"))


def _bare(crawl: Path) -> Iterator[Sample]:
    """The gold formulas that are MathML alone."""
    labels = load_labels(crawl)
    with gzip.open(crawl / "formulas.jsonl.gz") as lines:
        for line in lines:
            row = orjson.loads(line)
            label = labels[row["url"]]
            for formula in row["formulas"]:
                if formula["src"] in ("mathml", "rendered") and "mathml" in formula:
                    math = read(formula["mathml"])
                    if math is not None:
                        yield Sample(math, _markup(math), formula["mathml"], True, label.tuning, label.site)


def _converters() -> Iterator[tuple[str, Converter]]:
    yield "mathmill", lambda math, markup: to_latex(math)
    for name in PEERS:
        try:
            yield name, _peer(name)
        except ImportError as error:
            print(f"{name}: not installed, left out ({error})")


def _peer(name: str) -> Converter:
    if name == "mathml_to_latex":
        convert = importlib.import_module("mathml_to_latex.converter").MathMLToLaTeX().convert
        return lambda math, markup: str(convert(markup))
    if name == "mml2tex":
        mml_to_latex = importlib.import_module("mml2tex").mml_to_latex
        return lambda math, markup: str(mml_to_latex(markup))
    soup = importlib.import_module("bs4").BeautifulSoup
    process = importlib.import_module("mathml2latex.mathml").process_mathml
    return lambda math, markup: str(process(soup(markup, "html.parser")))


def _converted(convert: Converter, sample: Sample) -> str:
    try:
        return convert(sample.math, sample.markup)
    except _REFUSALS:
        return ""


def _agrees(sample: Sample, latex: str, texnorm: Any) -> dict[str, bool]:
    """By measure, whether what was written says the same as what is known."""
    latex = texnorm.strip_delims(latex)
    if sample.bare:
        return {"bare": sorted(texnorm.mml_sig(sample.gold)) == sorted(texnorm.sig(latex))}
    return {
        "norm": texnorm.norm(sample.gold) == texnorm.norm(latex),
        "sig": sorted(texnorm.sig(sample.gold)) == sorted(texnorm.sig(latex)),
    }


def _print(name: str, samples: Sequence[Sample], written: Sequence[str], texnorm: Any, seconds: float) -> None:
    total: Counter[tuple[str, bool]] = Counter()
    right: Counter[tuple[str, bool]] = Counter()
    for sample, latex in zip(samples, written, strict=True):
        for measure, same in _agrees(sample, latex, texnorm).items():
            total[measure, sample.tuning] += 1
            right[measure, sample.tuning] += same
    print(f"{name}: {seconds / len(samples) * 1e6:.0f} us a formula")
    for measure in ("norm", "sig", "bare"):
        cells = (
            f"{where} {right[measure, tuning] / max(1, total[measure, tuning]):.4f} of {total[measure, tuning]}"
            for where, tuning in (("tuning", True), ("reporting", False))
        )
        print(f"  {measure:5}", "   ".join(cells))


def _show(samples: Sequence[Sample], written: Sequence[str], texnorm: Any, limit: int) -> None:
    seen: set[str] = set()
    for sample, latex in zip(samples, written, strict=True):
        if len(seen) >= limit:
            break
        if not sample.tuning or sample.gold in seen or all(_agrees(sample, latex, texnorm).values()):
            continue
        seen.add(sample.gold)
        print(f"\n{sample.site}: {sample.gold!r}\n  ours   {latex!r}\n  markup {sample.markup[:700]!r}")


if __name__ == "__main__":
    sys.exit(main())
