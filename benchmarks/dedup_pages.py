"""Made-up pages for deduplication: families of copies and of variants, and any number of pages for the scaling.

A family is a page of the made-up web (`mathmill.demo`), copies of it as web sites make them, and variants that differ
in numbers or operators alone, one of which has a copy as well. Two pages are copies if, and only if, their `group` is
the same. The same seed gives the same pages.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from mathmill.demo.articles import MATHEMATICS_KINDS, RAW, Article, make_mathematics

Change = Callable[[Random, str], str]

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_FORMULA = re.compile(r"(\$\$[^$]+\$\$|\$[^$]+\$)")
_OPERATOR = re.compile(r"(?<=[\w)} ])[+\-](?=[\w({ \\])|\\cdot\b|\\le\b|\\ge\b|[<>]")
_SWAPPED = {"+": "-", "-": "+", r"\cdot": "+", r"\le": r"\ge", r"\ge": r"\le", "<": ">", ">": "<"}
_FIRST_YEAR, _LAST_YEAR = 2009, 2024


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page; `how` names what was done to the family's first page: a change of `COPIES` or `VARIANTS`, or `page`.

    `base` is the text of its group before it was copied.
    """

    family: int
    group: str
    how: str
    text: str
    base: str

    @property
    def url(self) -> str:
        return f"https://site{self.family % 50}.example/{self.group}/{self.how}"


def families(count: int, seed: int = 0) -> Iterator[list[MadePage]]:
    """Families of a page, three copies of it, and four variants, one of them with a copy of its own."""
    for family in range(count):
        rng = Random(f"{seed} {family}")
        text = page_text(rng)
        pages = [MadePage(family, f"{family}", "page", text, text)]
        for how in rng.sample(sorted(COPIES), 3):
            pages.append(MadePage(family, f"{family}", how, COPIES[how](rng, text), text))
        for how in rng.sample(sorted(VARIANTS), 4):
            changed = VARIANTS[how](rng, text)
            if changed != text:
                pages.append(MadePage(family, f"{family}-{how}", how, changed, changed))
        last = pages[-1]
        how = rng.choice(sorted(COPIES))
        pages.append(MadePage(family, last.group, f"{last.how}+{how}", COPIES[how](rng, last.text), last.text))
        yield pages


def are_one_by_text(one: MadePage, other: MadePage) -> bool:
    """Whether two variants cannot be told apart: two changes came to the same text, or one of the pages lacks just the
    paragraph in which they differ."""
    return one.base == other.base or _has_all_of(one, other) or _has_all_of(other, one)


def _has_all_of(whole: MadePage, part: MadePage) -> bool:
    paragraphs = set(whole.base.split("\n\n"))
    return part.how.endswith("without_paragraph") and paragraphs.issuperset(part.text.split("\n\n"))


def page_text(rng: Random, articles: int = 3) -> str:
    """A page of some articles on mathematics, 300 to 1,500 words."""
    parts = [_written(make_mathematics(rng, rng.choice(MATHEMATICS_KINDS))) for _ in range(articles)]
    return "\n\n".join(parts)


def _written(article: Article) -> str:
    marks = {"h2": "## ", "h3": "### ", "h4": "#### ", "li": "- "}
    blocks = (f"{marks.get(tag, '')}{text}" for tag, text in article.blocks if tag != RAW)
    return "\n\n".join([f"# {article.title}", *blocks])


# Copies: what web sites change by themselves.


def _wrapped(rng: Random, text: str) -> str:
    """Lines of another length."""
    width = rng.choice((50, 72, 100))
    return "\n\n".join(
        textwrap.fill(block, width, break_long_words=False, break_on_hyphens=False) for block in text.split("\n\n")
    )


def _unmarked(rng: Random, text: str) -> str:
    """Headings and list marks gone, as a mirror shows them."""
    return re.sub(r"(?m)^(#+|-) ", "", text)


def _emphasised(rng: Random, text: str) -> str:
    """Some words in bold or slanted."""
    mark = rng.choice(("**", "*", "_"))
    parts = re.split(_FORMULA, text)
    return "".join(
        part if part.startswith("$") else re.sub(r"\b([a-z]{9,})\b", rf"{mark}\1{mark}", part) for part in parts
    )


def _decomposed(rng: Random, text: str) -> str:
    """Another normal form of Unicode, and quotes of another kind."""
    parts = re.split(_FORMULA, unicodedata.normalize("NFD", text))
    return "".join(part if part.startswith("$") else part.replace("'", "’").replace('"', "”") for part in parts)


def _with_year(rng: Random, text: str) -> str:
    return f"{text}\n\n© {rng.randint(_FIRST_YEAR, _LAST_YEAR)} The School Pages. All rights reserved."


def _with_counter(rng: Random, text: str) -> str:
    return f"{text}\n\nThis page was visited {rng.randint(100, 99_999):,} times."


def _with_date(rng: Random, text: str) -> str:
    day, year = rng.randint(1, 28), rng.randint(_FIRST_YEAR, _LAST_YEAR)
    return f"{text}\n\nLast updated: {rng.choice(('March', 'June', 'October'))} {day}, {year}"


def _with_banner(rng: Random, text: str) -> str:
    number = rng.randint(2, 9)
    return f"We use cookies to give you the best pages. By reading on you agree to all {number} of them.\n\n{text}"


def _with_advert(rng: Random, text: str) -> str:
    blocks = text.split("\n\n")
    blocks.insert(len(blocks) // 2, "Advertisement\n\nLearn faster with our app, now on all telephones. Try it today.")
    return "\n\n".join(blocks)


def _with_comments(rng: Random, text: str) -> str:
    said = ("Thank you, this helped me a lot", "I do not get the second example", "Is there a video of this")
    found = rng.sample(said, 2)
    return f"{text}\n\n2 comments\n\nanna: {found[0]}\n\nbert: {found[1]}"


def _with_menu(rng: Random, text: str) -> str:
    return f"Home\n\nLessons\n\nExercises\n\nForum\n\nAbout\n\n{text}"


def _without_paragraph(rng: Random, text: str) -> str:
    """Without one of the shorter paragraphs."""
    blocks = text.split("\n\n")
    short = [place for place, block in enumerate(blocks) if len(block) < max(len(text) // 20, 80)]
    del blocks[rng.choice(short or [0])]
    return "\n\n".join(blocks)


# Variants: another exercise.


def _other_numbers(rng: Random, text: str) -> str:
    """Every number another one, the same one where it is the same."""
    shift = rng.randint(1, 7)
    return _NUMBER.sub(lambda found: str(int(float(found[0])) + shift), text)


def _other_numbers_in_formulas(rng: Random, text: str) -> str:
    return _FORMULA.sub(lambda found: _other_numbers(rng, found[0]), text)


def _one_number(rng: Random, text: str) -> str:
    """One number in a formula."""
    spots = [(formula.start() + each.start(), each[0]) for formula in _FORMULA.finditer(text)
             for each in _NUMBER.finditer(formula[0])]  # fmt: skip
    return _exchanged(rng, text, spots, lambda number: str(int(float(number)) + rng.randint(1, 20)))


def _one_number_in_text(rng: Random, text: str) -> str:
    """One number outside of formulas, headings apart."""
    inside = [range(*formula.span()) for formula in _FORMULA.finditer(text)]
    spots = [
        (each.start(), each[0])
        for each in _NUMBER.finditer(text)
        if not any(each.start() in span for span in inside) and not _line(text, each.start()).startswith("#")
    ]
    return _exchanged(rng, text, spots, lambda number: str(int(float(number)) + rng.randint(1, 20)))


def _other_operators(rng: Random, text: str) -> str:
    """Every operator in formulas another one."""
    return _FORMULA.sub(lambda formula: _OPERATOR.sub(lambda sign: _swapped(sign[0]), formula[0]), text)


def _one_operator(rng: Random, text: str) -> str:
    spots = [(formula.start() + each.start(), each[0]) for formula in _FORMULA.finditer(text)
             for each in _OPERATOR.finditer(formula[0])]  # fmt: skip
    return _exchanged(rng, text, spots, _swapped)


def _one_sign(rng: Random, text: str) -> str:
    """A minus before one number of a formula."""
    spots = [(formula.start() + each.start(), each[0]) for formula in _FORMULA.finditer(text)
             for each in re.finditer(r"(?<== )\d+", formula[0])]  # fmt: skip
    return _exchanged(rng, text, spots, lambda number: f"-{number}")


def _one_power(rng: Random, text: str) -> str:
    """A square put upon one variable."""
    spots = [(formula.start() + each.start(), each[0]) for formula in _FORMULA.finditer(text)
             for each in re.finditer(r"(?<![\\A-Za-z])[a-z](?![A-Za-z^_])", formula[0])]  # fmt: skip
    return _exchanged(rng, text, spots, lambda variable: f"{variable}^3")


def _exchanged(rng: Random, text: str, spots: list[tuple[int, str]], change: Callable[[str], str]) -> str:
    if not spots:
        return text
    place, old = rng.choice(spots)
    return text[:place] + change(old) + text[place + len(old) :]


def _swapped(sign: str) -> str:
    return _SWAPPED[sign]


def _line(text: str, place: int) -> str:
    return text[text.rfind("\n", 0, place) + 1 :].split("\n", 1)[0]


COPIES: dict[str, Change] = {
    "wrapped": _wrapped, "unmarked": _unmarked, "emphasised": _emphasised, "decomposed": _decomposed,
    "year": _with_year, "counter": _with_counter, "date": _with_date, "banner": _with_banner, "advert": _with_advert,
    "comments": _with_comments, "menu": _with_menu, "without_paragraph": _without_paragraph,
}  # fmt: skip
VARIANTS: dict[str, Change] = {
    "numbers": _other_numbers, "numbers_in_formulas": _other_numbers_in_formulas, "one_number": _one_number,
    "one_number_in_text": _one_number_in_text, "operators": _other_operators, "one_operator": _one_operator,
    "one_sign": _one_sign, "one_power": _one_power,
}  # fmt: skip

_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


def bulk_pages(first: int, count: int, words: int = 200) -> Iterator[str]:
    """Texts for the scaling: words at random; one text in ten is a near-copy of another.

    Pages are drawn one by one from their number, so that a set of twice the size begins with the smaller one.
    """
    for number in range(first, first + count):
        source = number - 9 if number % 10 == 9 else number
        text = _bulk_text(source, words)
        yield text if source == number else f"{text}\n\nSeen by {number} visitors."


def _bulk_text(number: int, words: int) -> str:
    return " ".join(made_words(Random(number), words)) + f" $x + {number} = 1$."


def made_words(rng: Random, count: int) -> list[str]:
    """Words of three syllables each, at random."""
    drawn = rng.choices(_SYLLABLES, k=3 * count)
    return ["".join(drawn[place : place + 3]) for place in range(0, 3 * count, 3)]
