"""Pictures as SVG files: small, without a date, the same bytes for the same figures.

Colours are Okabe and Ito's, which the colour-blind can tell apart, and every line has a dash pattern of its own, so
that a print in black and white can be read. Letters are drawn as paths: a picture looks the same wherever it is shown.
matplotlib is loaded by the function here, with its defaults and not with a user's settings.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathmill.data.files import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
GREY = "#666666"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "mathmill",
    "svg.fonttype": "path",
    "text.parse_math": False,  # a dollar in a name is a dollar
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
}


@contextmanager
def picture(out: Path, width: float, height: float, title: str) -> Iterator[Figure]:
    """A figure of so many inches, written to `out` as SVG once it is drawn.

    Raises:
        CannotCreate, DiskFull: `out` cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        drawn = io.BytesIO()
        metadata = {"Date": None, "Creator": "mathmill", "Title": title}
        figure.savefig(drawn, format="svg", metadata=metadata)
    # No document type: nothing in the file names another place that a reader might look up.
    write_whole(out, re.sub(rb"<!DOCTYPE[^>]*>\n?", b"", drawn.getvalue(), count=1))
