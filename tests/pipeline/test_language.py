"""The language stage: py3langid, a tiny fastText model trained here, and bad model files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError
from mathmill.data.records import TRACE, Document, Dropped
from mathmill.pipeline.language import Language, identifier, middle

TEXTS = {
    "en": "The sum of the angles of a triangle is equal to two right angles, as every student of geometry knows.",
    "de": "Die Summe der Winkel eines Dreiecks ist gleich zwei rechten Winkeln, wie jeder Schüler der Geometrie weiß.",
    "fr": "La somme des angles d'un triangle est égale à deux angles droits, comme le sait chaque élève de géométrie.",
    "ru": "Сумма углов треугольника равна двум прямым углам, как знает каждый ученик, изучающий геометрию.",
    "zh": "三角形的内角和等于两个直角，这是每一个学习几何的学生都知道的。我们现在来证明这个定理，并且给出几个例子。",
}


def judge(stage: Language, text: str) -> Document | Dropped:
    (result,) = stage([Document(id="1", text=text, url="", meta={})])
    return result


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fastText model of two languages, as lid.176 is one of 176."""
    import fasttext

    folder = tmp_path_factory.mktemp("model")
    lines = [f"__label__{code} {' '.join(TEXTS[code].lower().split()[n:])}" for code in ("en", "de") for n in range(12)]
    source = folder / "train.txt"
    source.write_text("\n".join(lines * 20) + "\n", encoding="utf-8")
    model = fasttext.train_supervised(
        str(source), dim=8, minCount=1, minn=2, maxn=4, bucket=2_000, epoch=10, lr=0.5, thread=1, verbose=0
    )
    path = folder / "tiny.bin"
    model.save_model(str(path))
    return path


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told(code: str) -> None:
    result = judge(Language(), TEXTS[code])
    assert isinstance(result, Document)
    assert result.meta["language"] == code
    assert 0.5 < result.meta["language_score"] <= 1
    assert result.meta[TRACE]["language"]["value"] == code


@pytest.mark.parametrize("text", ["", "a", "12 + 34", "$" * 500, "\ud800\0" * 200, "short words here"])
def test_too_short_to_tell_is_undetermined(text: str) -> None:
    result = judge(Language(), text)
    assert isinstance(result, Document)
    assert (result.meta["language"], result.meta["language_score"]) == ("und", 0.0)


@pytest.mark.parametrize(
    ("keep", "text", "kept"),
    [
        ((), TEXTS["de"], True),
        (("en",), TEXTS["en"], True),
        (("en",), TEXTS["de"], False),
        (("en", "de"), TEXTS["de"], True),
        (("en",), "short", False),
        (("en", "und"), "short", True),
    ],
)
def test_only_the_wanted_languages_stay(keep: tuple[str, ...], text: str, kept: bool) -> None:
    result = judge(Language(keep=keep), text)
    assert isinstance(result, Document) == kept
    if isinstance(result, Dropped):
        assert (result.stage, result.reason) == ("language", "other_language")
        assert result.evidence["value"] not in result.evidence["threshold"] == list(keep)
        assert result.document.meta["language"] == result.evidence["value"]


def test_a_fasttext_model_is_used_where_it_is_named(tiny_model: Path) -> None:
    stage = Language(model=tiny_model, keep=("de",))
    kept = judge(stage, TEXTS["de"].lower() + "\n\n" + TEXTS["de"].lower())
    assert isinstance(kept, Document)
    assert kept.meta["language"] == "de"
    assert 0.5 < kept.meta["language_score"] <= 1
    dropped = judge(stage, TEXTS["en"].lower())
    assert isinstance(dropped, Dropped)
    assert dropped.evidence["value"] == "en"


def test_foreign_characters_do_not_stop_a_fasttext_model(tiny_model: Path) -> None:
    assert isinstance(judge(Language(model=tiny_model), "a\ud800b\0\n\r\x85 c \u2028" * 100), Document)


def test_a_model_that_cannot_be_used_is_a_config_error(tiny_model: Path, tmp_path: Path) -> None:
    import fasttext

    words = tmp_path / "words.txt"
    words.write_text("one two three four\n" * 50, encoding="utf-8")
    vectors = fasttext.train_unsupervised(str(words), dim=4, minCount=1, epoch=1, bucket=100, thread=1, verbose=0)
    vectors.save_model(str(tmp_path / "vectors.bin"))
    (tmp_path / "page.bin").write_bytes(b"<html>not a model</html>" * 50)
    (tmp_path / "cut.bin").write_bytes(tiny_model.read_bytes()[: tiny_model.stat().st_size // 2])
    for name in ("missing.bin", "vectors.bin", "page.bin", "cut.bin", "."):
        with pytest.raises(ConfigError, match="model") as caught:
            judge(Language(model=tmp_path / name), TEXTS["en"])
        assert "\n" not in str(caught.value)


def test_a_model_is_loaded_once(tiny_model: Path) -> None:
    assert identifier(tiny_model) is identifier(tiny_model)
    assert identifier(None) is identifier(None)


def test_the_middle_of_a_text_is_looked_at_without_its_tex() -> None:
    text = "menu " * 400 + r"Let $x_1$ be \alpha and real. " * 100 + "foot " * 400
    sample = middle(text, 60)
    assert len(sample) <= 60
    assert "menu" not in sample
    assert not set("\\$_") & set(sample)
    assert middle("", 10) == ""


def test_a_code_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no language 'deu'; near to it are .*de"):
        list(Language(keep=("deu",))([]))


def test_members_of_chinese_are_chinese() -> None:
    languages = identifier(None).languages
    assert "zh" in languages
    assert not languages & {"wuu", "yue"}
