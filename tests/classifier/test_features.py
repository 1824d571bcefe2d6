"""Lines of features: the rules as a table, and what no page can do."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier import features
from mathmill.classifier.features import FORMULA, LONGEST_TOKEN, Features, line

KEPT = Features()
REMOVED = Features(formulas="removed")

# Texts with what matters here more often than chance would have it.
PIECES = st.sampled_from(
    ["$", "$$", "\\(", "\\)", "\\[", "\\]", "\\begin{align}", "\\end{align}", "\\frac{1}{2}", "x^2", "$5 and $10 ",
     "</s>", "__label__math", "\n", "\r", "\0", "\x1c", "\u2028", "\x85", "\ud800", "\u200b", "\ufeff", "\ue000", "½",
     "e\u0301", "ﬀ", "İ", "ß", "ά", "定理", "กำ", "क्षेत्र", "٣", "5", " ", "𝐀", "𠀀", "😀", "\U000e0041", "word" * 20]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Proof, by  Induction.", "the proof , by induction ."),
        ("In 1984: 3.14 and x2", "in 0 : 0 . 0 and x 0"),
        ("٣٤ १२ ５", "0 0 0"),
        ("ﬁnite STRASSE Straße", "finite strasse strasse"),
        ("e\u0301tude étude", "étude étude"),
        ("co\u00adef\u200bficient\ufeff", "coefficient"),
        ("क्षेत्रफल और आयतन", "क्षेत्रफल और आयतन"),
        ("定理を示す", "定 理 を 示 す"),
        ("カ\u3099 ｶﾞ", "ガ ガ"),
        ("กำลังสอง", "ก ํา ล ั ง ส อ ง".replace("ก ํา", "กํ า").replace("ล ั", "ลั")),
        ("정리", "정 리"),
        ("𝐱 ≤ 𝟙 → ∞", "x ≤ 0 → ∞"),
        ("a\0b\x01c\x1bd", "a b c d"),
        ("a\ud800b\ue000c\U0010fffdd", "a b c d"),
        ("</s> __label__math", "< / s > _ _ label _ _ math"),
        ("x" * 100, f"{'x' * 40} {'x' * 40} {'x' * 20}"),
        ("é" * 50, f"{'é' * 40} {'é' * 10}"),
        ("C:\\temp\\new", "c : \\ temp \\ new"),
        ("", ""),
        ("\u200b\0\ue000 \n", ""),
    ],
)
def test_prose(text: str, expected: str) -> None:
    assert line(text, KEPT) == expected
    assert line(text, REMOVED) == expected


@pytest.mark.parametrize(
    ("text", "kept", "removed"),
    [
        ("so $x$ is", "so \\formula \\x is", "so is"),
        ("$\\frac{12}{y} + X$", "\\formula \\frac \\{ \\0 \\} \\{ \\y \\} \\+ \\x", ""),
        ("a $$\\sum_{i=1}^n$$ b", "a \\formula \\sum \\_ \\{ \\i \\= \\0 \\} \\^ \\n b", "a b"),
        ("a \\(x<y\\) b \\[z\\]", "a \\formula \\x \\< \\y b \\formula \\z", "a b"),
        ("\\begin{align*}a&=b\\end{align*}.", "\\formula \\a \\& \\= \\b .", "."),
        ("$\\begin{aligned}a\\end{aligned}$", "\\formula \\begin \\{ \\aligned \\} \\a \\end \\{ \\aligned \\}", ""),
        ("$α ≤ 定$", "$ α ≤ 定 $", "$ α ≤ 定 $"),  # no TeX in it, and not only letters and signs of formulas
        ("$\\alpha ≤ 定$", "\\formula \\alpha \\≤ \\定", ""),
        ("cost $5 and $10 or $x^2$", "cost $ 0 and $ 0 or \\formula \\x \\^ \\0", "cost $ 0 and $ 0 or"),
        ("dinner $$ - $$$", "dinner $ $ - $ $ $", "dinner $ $ - $ $ $"),
        ("open $x^2 and no end", "open $ x ^ 0 and no end", "open $ x ^ 0 and no end"),
        ("open \\(x and no end", "open \\ ( x and no end", "open \\ ( x and no end"),
        ("a \\\\[2pt] b", "a \\ \\ [ 0 pt ] b", "a \\ \\ [ 0 pt ] b"),
        ("\\(a\\) $5 \\(b\\)", "\\formula \\a $ 0 \\formula \\b", "$ 0"),
        ("\\(\\\\)", "\\formula", ""),
    ],
)
def test_formulas(text: str, kept: str, removed: str) -> None:
    assert line(text, KEPT) == kept
    assert line(text, REMOVED) == removed


@given(TEXTS, st.sampled_from([KEPT, REMOVED]))
def test_no_page_steers_the_model(text: str, how: Features) -> None:
    made = line(text, how)
    made.encode("utf-8")
    assert made.splitlines() in ([made], [])
    tokens = made.split(" ") if made else []
    for token in tokens:
        assert token and token == "".join(token.split()) and "\0" not in token and token.strip("\ufeff") == token
        assert token != "</s>" and not token.startswith("__label__")
        assert len(token) <= LONGEST_TOKEN + 1
        assert not {unicodedata.category(character) for character in token} & {"Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"}


@given(TEXTS)
def test_without_dollars_and_backslashes_no_formula_is_made(text: str) -> None:
    plain = line(
        text.replace("$", "").replace("＄", "").replace("﹩", "").replace("\\", "").replace("＼", "").replace("﹨", ""),
        KEPT,
    )
    assert not any(token.startswith("\\") for token in plain.split(" "))


@given(TEXTS)
def test_compatible_forms_give_the_same_line(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert line(unicodedata.normalize(form, text), KEPT) == line(text, KEPT)


@given(st.text("aZ xYäÖéÇñøσΣДж$\\^2 (", max_size=60))
def test_case_does_not_matter(text: str) -> None:
    assert line(text.upper(), KEPT) == line(text, KEPT) == line(text.lower(), KEPT)


@given(TEXTS.filter(str.isascii))
def test_ascii_takes_a_short_way_to_the_same_line(text: str) -> None:
    assert line(text + " é", KEPT) == " ".join(filter(None, [line(text, KEPT), "é"])) or "$" in text or "\\" in text


@given(TEXTS)
def test_a_line_of_prose_is_its_own_line(text: str) -> None:
    made = line(text, REMOVED)
    if "$" not in made and "\\" not in made:
        assert line(made, REMOVED).replace(" ", "") == made.replace(" ", "")


def test_only_the_beginning_is_looked_at() -> None:
    assert line("one two three", Features(max_chars=7)) == "one two"
    assert len(line("\ufdfa" * 1_000, Features(max_chars=1_000)).replace(" ", "")) <= 1_000  # grows 18-fold in NFKC


@pytest.mark.parametrize(
    "piece",
    ["$", "$$", "$ ", "$$ ", "\\(", "\\[", "\\( ", "\\)", "\\begin{align}", "\\begin{align}\\(\\[", "a$", "$a b$5 ",
     "\\", "\\\\(", "x", "é", "é$", "0", "é0", "\u0301", "क\u093f", "ก\u0e31", "\U0001f600", "\u200b", "\ufdfa", "<",
     "$$x"],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    line("é", KEPT)  # the tables are made once
    began = time.process_time()
    line(text, KEPT)
    assert time.process_time() - began < 1  # quadratic time would be minutes


def test_marker_is_a_token_of_formulas() -> None:
    assert FORMULA.startswith("\\") and len(FORMULA) <= LONGEST_TOKEN


def test_the_tables_are_made_once() -> None:
    assert features._patterns() is features._patterns()
