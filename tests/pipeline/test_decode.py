from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.records import BODY, CONTENT_TYPE, HTML, Document
from mathmill.pipeline.decode import Decode, decode_html

RUSSIAN = "Пусть дана функция, непрерывная на отрезке; тогда она ограничена на нём. "
POLISH = "Zażółć gęślą jaźń: każda funkcja ciągła na przedziale domkniętym jest ograniczona. "
GERMAN = "Jede stetige Funktion über einem abgeschlossenen Intervall ist beschränkt; größer als null. "
JAPANESE = "閉区間上の連続関数は有界であり、最大値と最小値をもつ。これを定理と呼ぶ。"
KOREAN = "닫힌 구간에서 연속인 함수는 최댓값과 최솟값을 가진다. 이것을 정리라고 부른다. "
CHINESE = "闭区间上的连续函数有界，并且取得最大值和最小值。这就是定理的内容。"


def page(text: str, charset: str = "", head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body><p>{text * 6}</p></body></html>".encode(charset or "utf-8")


META = '<meta charset="{}">'
EQUIV = '<meta http-equiv="Content-Type" content="text/html; charset={}">'

# text, charset of the bytes, HTTP header, head of the page, expected charset, expected source
CASES = [
    ("plain", "ascii", "text/html", "", "utf-8", "ascii"),
    (GERMAN, "utf-8", "text/html; charset=iso-8859-1", META.format("latin1"), "utf-8", "utf8"),
    (GERMAN, "latin-1", "text/html; charset=ISO-8859-1", "", "windows-1252", "header"),
    (GERMAN, "latin-1", "text/html; charset=utf-8", META.format("iso-8859-1"), "windows-1252", "meta"),
    (GERMAN, "latin-1", "text/html", "", "windows-1252", "detector"),
    (POLISH, "iso-8859-2", "text/html", EQUIV.format("iso-8859-2"), "iso-8859-2", "meta"),
    (RUSSIAN, "koi8-r", 'text/html; charset="koi8-r"', "", "koi8-r", "header"),
    (RUSSIAN, "cp1251", "text/html", "", "windows-1251", "detector"),
    (JAPANESE, "shift_jis", "text/html; charset=iso-8859-1", META.format("shift_jis"), "shift_jis", "meta"),
    (JAPANESE, "euc-jp", "text/html; charset=iso-8859-1", "", "euc-jp", "detector"),
    (KOREAN, "euc-kr", "text/html", META.format("utf-8"), "euc-kr", "detector"),
    (CHINESE, "gb18030", "text/html; charset=gb2312", "", "gbk", "header"),
    (CHINESE, "gb18030", "text/html; charset=no-such-charset", "", "gbk", "detector"),
    (RUSSIAN, "cp1251", "text/html", '<?xml version="1.0" encoding="windows-1251"?>', "windows-1251", "detector"),
    (RUSSIAN, "cp1251", "text/html", "<!-- " + META.format("koi8-r") + " -->", "windows-1251", "detector"),
    (GERMAN, "latin-1", "", '<meta name="description" content="charset=koi8-r">', "windows-1252", "detector"),
]


@pytest.mark.parametrize(("text", "charset", "header", "head", "expected", "how"), CASES)
def test_charset_is_found(text: str, charset: str, header: str, head: str, expected: str, how: str) -> None:
    decoded = decode_html(page(text, charset, head), header)
    assert text in decoded.html
    assert (decoded.charset.replace("gb18030", "gbk"), decoded.how) == (expected, how)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_wins(codec: str) -> None:
    decoded = decode_html(page(RUSSIAN).decode().encode(codec), "text/html; charset=koi8-r")
    assert decoded.how == "bom"
    assert decoded.html == page(RUSSIAN).decode()


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(charset: str) -> None:
    decoded = decode_html(page(RUSSIAN, charset), "text/html; charset=utf-8")
    assert decoded.html == page(RUSSIAN).decode()
    assert decoded.how == "utf16"


def test_thai_that_nobody_declares_is_detected() -> None:
    decoded = decode_html(page("ทฤษฎีบทนี้พิสูจน์ได้ง่าย " * 20, "cp874"))
    assert (decoded.charset, decoded.how) == ("windows-874", "detector")
    assert "ทฤษฎีบท" in decoded.html


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-tex", ""])
def test_a_tex_source_names_its_charset(content_type: str) -> None:
    source = "\\documentclass{article}\n\\usepackage[latin2]{inputenc}\nŻółć i łąka, $x$"
    decoded = decode_html(source.encode("iso-8859-2"), content_type)
    assert (decoded.html, decoded.charset, decoded.how) == (source, "iso-8859-2", "meta")


def test_damaged_utf8_stays_utf8() -> None:
    decoded = decode_html(page(RUSSIAN).replace(b"</p>", b"\xff\xed\xa0\x80\x00</p>"), "text/html")
    assert decoded.charset == "utf-8"
    assert RUSSIAN in decoded.html
    assert "\ufffd" in decoded.html


def test_iso_2022_jp_is_ascii_with_a_label() -> None:
    body = page(JAPANESE, "iso-2022-jp", META.format("iso-2022-jp"))
    assert JAPANESE in decode_html(body).html


@given(
    st.binary(max_size=300), st.sampled_from(["", "text/html; charset=gbk", "text/plain", "a;charset=x-user-defined"])
)
def test_any_bytes_give_clean_text(body: bytes, content_type: str) -> None:
    for prefix in (b"", b"<meta charset=euc-jp>", b"\xff\xfe", b"\xef\xbb\xbf", b"<\0p\0>\0"):
        html = decode_html(prefix + body, content_type).html
        html.encode("utf-8")
        assert "\0" not in html


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1b\ufeff"), max_size=300))
def test_utf8_round_trip(text: str) -> None:
    assert decode_html(text.encode("utf-8"), "text/html; charset=windows-1251").html == text


def test_stage_moves_bytes_to_characters() -> None:
    before = Document("0", "", "https://a.example/", {BODY: page(GERMAN), CONTENT_TYPE: "text/plain", "kept": 1})
    (after,) = Decode()([before])
    assert BODY not in after.meta
    assert after.meta[HTML] == page(GERMAN).decode()
    assert (after.meta["charset"], after.meta["charset_how"], after.meta["kept"]) == ("utf-8", "utf8", 1)
