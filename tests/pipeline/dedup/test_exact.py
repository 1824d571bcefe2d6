from __future__ import annotations

import random
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mathmill.data.records import Document, Dropped
from mathmill.pipeline.dedup.exact import ExactDuplicates, same_text
from tests.pipeline.passes.making import document, kept, results


def dropped(found: Sequence[Document | Dropped]) -> dict[str, tuple[str, dict[str, Any]]]:
    return {each.document.url: (each.reason, dict(each.evidence)) for each in found if isinstance(each, Dropped)}


def test_the_best_copy_of_an_address_and_then_of_a_text_stays(tmp_path: Path) -> None:
    best = document("one  two\nthree", "http://mirror.org/x", formulas=3)
    again = document("one two three", "http://a.org/x?utm_source=b", formulas=2)
    pages = {
        "a": [document("one two", "http://www.a.org/x", formulas=1), best, document("alone", "http://b.org/")],
        "b": [again, document("", "http://c.org/"), document("", "http://d.org/")],
        "c": [document("one two 3", "http://c.org/1"), document("One two three", "http://c.org/2")],
    }
    each = ExactDuplicates()
    found = results(tmp_path, [each], pages)
    assert dropped(found) == {
        "http://www.a.org/x": (
            "same_url",
            {
                "survivor": best.id,
                "survivor_url": best.url,
                "because": "more_formulas",
                "copies": 3,
                "then": "same_text",
            },
        ),
        again.url: (
            "same_text",
            {"survivor": best.id, "survivor_url": best.url, "because": "more_formulas", "copies": 3},
        ),
    }
    assert kept(found) == ["one  two\nthree", "alone", "", "", "one two 3", "One two three"]
    stays = next(page for page in found if isinstance(page, Document) and page.id == best.id)
    assert stays.meta["copies"] == stays.meta["trace"]["exact_duplicates"]["copies"] == 3
    assert each.told(tmp_path) == {"survivors": 1, "same_url": 1, "same_text": 1}


@pytest.mark.parametrize(
    ("by", "left"), [(("url",), ["a", "b", "a"]), (("text",), ["a", "b", "b"]), (("text", "url"), ["a", "b"])]
)
def test_by_one_key_alone_or_the_other_first(tmp_path: Path, by: tuple[Any, ...], left: list[str]) -> None:
    pages = [document("a", "http://a.org"), document("b", "http://b.org"), document("a", "http://c.org")]
    pages += [document("b", "http://b.org/index.html", date="")]
    pages = pages if by != ("text",) else [*pages, document("b", "http://b.org", formulas=1, date="2030-01-01")]
    found = kept(results(tmp_path, [ExactDuplicates(by=by)], {"a": pages}))
    assert sorted(found) == sorted(left if by != ("text",) else ["a", "b"])


def test_copies_of_passes_before_count(tmp_path: Path) -> None:
    pages = [
        document("a", "http://a.org", copies=3),
        document("a", "http://www.a.org"),
        document("a", "http://b.org", copies=2),
    ]
    found = results(tmp_path, [ExactDuplicates()], {"a": pages})
    assert [page.meta["copies"] for page in found if isinstance(page, Document)] == [6]


@pytest.mark.parametrize("by", [(), ("url", "url"), ("words",)])
def test_keys_are_named_once(by: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        ExactDuplicates.model_validate({"by": by})


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("stu"), st.integers(0, 2)), max_size=9),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_whatever_the_order_and_the_shards(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, str, int]], chance: random.Random, shards: int
) -> None:
    pages = [
        document(text, f"http://{url}.org/?q={at % 2}", formulas=many) for at, (url, text, many) in enumerate(made)
    ]
    dealt = list(pages)
    chance.shuffle(dealt)
    outcomes = [
        results(tmp_path_factory.mktemp("run"), [ExactDuplicates()], given)
        for given in ({"a": pages}, {f"s{n}": dealt[n::shards] for n in range(shards)})
    ]
    first, second = (sorted(_outcome(each) for each in found) for found in outcomes)
    assert first == second


def _outcome(result: Document | Dropped) -> tuple[str, str, str]:
    if isinstance(result, Dropped):
        return result.document.id, result.reason, str(sorted(result.evidence.items()))
    return result.id, "", str(result.meta.get("copies"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a b\n\nc", " a\tb c\u00a0", True),
        ("caf\u00e9 \u00c5", "cafe\u0301 \u212b", True),
        ("\uac00\uac01", "\u1100\u1161\u1100\u1161\u11a8", True),
        ("x = 1", "x = 2", False),
        ("x + y", "x - y", False),
        ("a b", "ab", False),
        ("A", "a", False),
        ("$x^2$", "$x_2$", False),
    ],
)
def test_what_is_the_same_text(one: str, other: str, same: bool) -> None:
    assert (same_text(one) == same_text(other)) is same


@pytest.mark.parametrize("piece", ["\u0301\u0323", "a", "\n", "\u4e00", "\ud800", "a\u0301 "])
def test_hostile_texts_cost_linear_time(piece: str) -> None:
    began = time.process_time()
    same_text(piece * 200_000)
    assert time.process_time() - began < 2


def test_pages_without_an_address_are_no_copies_by_it(tmp_path: Path) -> None:
    pages = [document(f"Text {number}", url="  " if number % 2 else "") for number in range(5)]
    assert len(kept(results(tmp_path, [ExactDuplicates()], {"a": pages}))) == 5


def test_text_in_two_normal_forms_is_one() -> None:
    text = "がぎぐげご" * 40
    assert same_text(unicodedata.normalize("NFD", text)) == same_text(text)
