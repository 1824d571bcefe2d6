"""How many identities are proved, and how fast: `python -m tests.eval.values.measure`, with a warm proof worker."""

from __future__ import annotations

import time
from collections import Counter

from mathmill.eval import workers
from mathmill.eval.syntax.parser import parse
from mathmill.eval.verify import verify
from tests.eval.values.identities import TRUE, pairs
from tests.eval.values.near_identities import FALSE


def main() -> None:
    """Print, for each table, how many of its lines have the right verdict both ways round, and what they took."""
    workers.pool().prove(parse("x+x"), parse("2x"), 5.0)
    for name, table, outcome in (("true", TRUE, "correct"), ("false", FALSE, "wrong")):
        right, all_of = Counter[str](), Counter[str]()
        methods, seconds = Counter[str](), []
        for kind, left, other in pairs(table):
            for answer, gold in ((left, other), (other, left)):
                began = time.monotonic()
                verdict = verify(answer, gold)
                seconds.append(time.monotonic() - began)
                all_of[kind] += 1
                right[kind] += verdict.outcome == outcome
                methods[f"{verdict.outcome} by {verdict.method}"] += 1
                if verdict.outcome != outcome:
                    print(f"  {answer} = {gold}: {verdict}")
        seconds.sort()
        print(f"{name}: {right.total()} of {all_of.total()} {outcome}; by kind, not all of:", end=" ")
        print({kind: f"{right[kind]}/{all_of[kind]}" for kind in all_of if right[kind] < all_of[kind]})
        median, most, last = (1000 * seconds[int(share * (len(seconds) - 1))] for share in (0.5, 0.95, 1))
        print(f"  {median:.1f} ms in the middle, {most:.1f} ms for 95 of 100, {last:.0f} ms at most; {dict(methods)}")


if __name__ == "__main__":
    main()
