from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.errors import Unreadable
from curation_lib.normalize.encoding import decode

JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 3
CHINESE = "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。" * 3
GERMAN = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. " * 3
RUSSIAN = "Все люди рождаются свободными и равными в своём достоинстве и правах. " * 3


def html(text: str, charset: str = "") -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<html><head>{meta}<title>t</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "codec", "hint", "meta"),
    [
        (GERMAN, "utf-8", None, ""),
        (GERMAN, "utf-8", "iso-8859-1", "iso-8859-1"),  # UTF-8 that calls itself Latin-1
        (GERMAN, "utf-8-sig", None, ""),
        (GERMAN, "utf-16", None, ""),
        (JAPANESE, "utf-16-le", "utf-16le", ""),
        (GERMAN, "utf-16-be", "utf-16be", ""),
        (GERMAN, "windows-1252", "windows-1252", ""),
        (GERMAN, "windows-1252", None, "iso-8859-1"),
        (GERMAN, "windows-1252", "utf-8", ""),  # mislabelled
        (GERMAN, "windows-1252", "no-such-charset", ""),
        (GERMAN, "windows-1252", None, ""),
        (RUSSIAN, "koi8-r", "koi8-r", ""),
        (RUSSIAN, "windows-1251", None, ""),
        (JAPANESE, "shift_jis", "Shift_JIS", ""),
        (JAPANESE, "shift_jis", None, "shift_jis"),
        (JAPANESE, "shift_jis", "iso-8859-1", "shift_jis"),  # a server's default over the page's own
        (JAPANESE, "shift_jis", "utf-8", ""),
        (JAPANESE, "shift_jis", None, ""),
        (JAPANESE, "euc_jp", "windows-1252", ""),
        (JAPANESE, "iso2022_jp", None, "iso-2022-jp"),
        (CHINESE, "gb18030", "gb2312", ""),
        (CHINESE, "gb18030", None, "gbk"),
        (CHINESE, "gb18030", None, ""),
        (CHINESE, "gb18030", "utf-8", "utf-8"),
    ],
)
def test_the_charset_is_found(text: str, codec: str, hint: str | None, meta: str) -> None:
    page = html(text, meta)
    assert decode(page.encode(codec), hint) == page


@pytest.mark.parametrize("hint", [None, "utf-8", "windows-1252"])
def test_a_few_bad_bytes_do_not_make_another_charset(hint: str | None) -> None:
    damaged = html(GERMAN).encode().replace(b"title", b"\xfftitle", 1)
    assert decode(damaged, hint) == html(GERMAN).replace("title", "\ufffdtitle", 1)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (bytes(range(256)) * 4, "binary|undecodable"),
        (b"text" + bytes(100), "binary: 100 of 104 characters"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "binary|undecodable"),
        (codecs.BOM_UTF8 + b"\xff\xfe\xfd" * 20, "undecodable"),
    ],
)
def test_what_is_no_text_is_unreadable(raw: bytes, error: str) -> None:
    with pytest.raises(Unreadable, match=error) as caught:
        decode(raw, None)
    assert caught.value.head == raw[:64]


def test_nothing_is_nothing() -> None:
    assert decode(b"", None) == ""


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "latin1", "shift_jis", "gbk", "utf-16", "x", "\0"]))
def test_any_bytes_are_text_or_unreadable(raw: bytes, hint: str | None) -> None:
    try:
        text = decode(raw, hint)
    except Unreadable:
        return
    text.encode()
