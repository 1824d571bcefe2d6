"""Rendered glyphs back to LaTeX on the crawl: what KaTeX and MathJax drew, against the MathML that stands beside it.

    python -m benchmarks.glyphs [--crawl FOLDER] [--every N] [--show N]

Every container that holds both (a `math` element inside `.katex` or `mjx-container`) gives a pair: the glyphs with the
`math` taken out, and that `math`. Counted by tuning and reporting sites: `read`, the share of containers that
`mathmill.pipeline.notation.glyphs` reads at all; `same`, the share whose LaTeX equals that of the `math` element beside
them, blanks aside. Microseconds are of CPU, a container.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.pages import labelled_pages
from mathmill.data.records import BODY, CONTENT_TYPE
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.notation.glyphs import read_glyphs
from mathmill.pipeline.notation.latex import clean
from mathmill.pipeline.notation.mathml import to_latex
from tests.shared import CRAWL

_CONTAINERS = "descendant::*[self::mjx-container or contains(concat(' ', @class, ' '), ' katex ')][descendant::math]"


@dataclass(slots=True)
class Tally:
    """What came of the containers of some sites."""

    containers: int = 0
    read: int = 0
    same: int = 0
    seconds: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the shares by renderer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    parser.add_argument("--every", type=int, default=1, help="take every Nth container")
    parser.add_argument("--show", type=int, default=0, help="print so many differences on tuning sites")
    options = parser.parse_args(arguments)
    tallies: dict[tuple[str, bool], Tally] = defaultdict(Tally)
    shown = 0
    for number, (container, tuning) in enumerate(_containers(options.crawl)):
        if number % options.every:
            continue
        renderer = "mathjax3" if container.tag == "mjx-container" else "katex"
        written, expected = _judge(container, tallies[renderer, tuning])
        if tuning and written != expected and shown < options.show:
            shown += 1
            print(f"{renderer}: {written!r}\n   not {expected!r}")
    print(f"{'':10}{'sites':12}{'containers':>12}{'read':>8}{'same':>8}{'us':>8}")
    for (renderer, tuning), tally in sorted(tallies.items()):
        shares = [tally.read / tally.containers, tally.same / tally.containers]
        cells = "".join(f"{share:8.3f}" for share in shares)
        sites = "tuning" if tuning else "reporting"
        print(f"{renderer:10}{sites:12}{tally.containers:12}{cells}{tally.seconds / tally.containers * 1e6:8.0f}")
    return 0


def _containers(crawl: Path) -> Iterator[tuple[Any, bool]]:
    for labelled in labelled_pages(crawl):
        meta = labelled.document.meta
        html = decode_html(meta[BODY], meta[CONTENT_TYPE]).html
        if "mjx-container" in html or "katex-html" in html:
            tree = parse(html)
            for container in tree.xpath(_CONTAINERS) if tree is not None else ():
                yield container, labelled.label.tuning


def _judge(container: Any, tally: Tally) -> tuple[str, str]:
    """The LaTeX of the glyphs and that of the `math` element beside them, noted."""
    expected = _latex(next(container.iter("math")))
    if not expected:  # a definition of macros: nothing is drawn
        return "", ""
    glyphs = deepcopy(container)
    for math in list(glyphs.iter("math")):
        math.getparent().remove(math)
    began = time.process_time()
    read = read_glyphs(glyphs)
    tally.seconds += time.process_time() - began
    written = _latex(read) if read is not None else ""
    tally.containers += 1
    tally.read += read is not None
    tally.same += written == expected
    return written, expected


def _latex(math: Any) -> str:
    return clean(to_latex(math)).latex.replace(" ", "")


if __name__ == "__main__":
    sys.exit(main())
