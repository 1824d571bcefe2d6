r"""The gold answers in a cell of a dataset.

Some datasets give answers (`42`), others whole solutions that end with one: `.. #### 42` (GSM8K, whose column is called
`answer`), `.. $\boxed{42}$` (MATH, whose column is `solution`). A solution has the answer that it says, found as in
`mathmill.eval.answers`; nothing is guessed, since a wrong gold answer pays for wrong ones. Of several boxes the last
one is the gold answer, as everywhere that MATH is measured.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache

from mathmill.data.errors import ConfigError
from mathmill.eval.answers import find_answer
from mathmill.eval.limits import MAX_DIGITS

# One line of no more may be an answer by itself; all gold answers of MATH are.
_MOST_WORDS = 8
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_LARGEST = 10**MAX_DIGITS


@lru_cache(maxsize=1_024)  # many completions have one gold
def find_gold(solution: str) -> str | None:
    """The answer that a solution says, or the text itself where it is one line of few words.

    None where it is a longer text that says none, so that nobody can be judged by it.
    """
    found = find_answer(solution)
    if found is not None and found.rule != "last":
        return found.text
    text = solution.strip()
    return text if text and "\n" not in text and len(_WORD.findall(text)) <= _MOST_WORDS else None


def golds_of(cell: object, is_solution: bool = False) -> tuple[str, ...]:
    r"""The golds of a cell, any of which may be asked for: a text or a number is one, of a list each item.

    A text that says its answer as solutions do, as in `.. #### 42` or `.. $\boxed{42}$`, has that as its gold. Another
    is its own gold; where `is_solution` is true only if it is short. A cell that holds nothing has none.

    Raises:
        ConfigError: it holds something of another kind, in which nobody looks for a gold.
    """
    if hasattr(cell, "tolist"):  # numpy's arrays and numbers, which Parquet is read into
        cell = cell.tolist()
    match cell:
        case str():
            gold = find_gold(cell) or ("" if is_solution else cell)
            return (gold,) if gold.strip() else ()
        case list() | tuple():
            return tuple(gold for item in cell for gold in golds_of(item, is_solution))
        case int() if not isinstance(cell, bool):
            return (str(cell),) if abs(cell) < _LARGEST else ()
        case float():  # 42.0 is 42, since places say how far an answer may be rounded
            return (str(int(cell)) if cell.is_integer() else repr(cell),) if math.isfinite(cell) else ()
        case Decimal():
            return (str(cell),) if cell.is_finite() else ()
        case None:
            return ()
    kind = type(cell).__name__
    raise ConfigError(
        f"a gold has to be a text, a number or a list of such, and one is a {kind}: take the gold out of it"
    )
