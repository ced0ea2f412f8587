from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.stage import Context
from curation_lib.filters.url_blocklist import STAGE
from curation_lib.text.blocked_urls import address, domain_key, url_key
from tests.filters.judging import documents


def judged(urls: list[str | None], /, **settings: Any) -> list[dict[str, float]]:
    """The rules that each URL fails, with its scores."""
    config = STAGE.config(**settings)
    assert STAGE.load is not None
    scores = STAGE.measure(documents(*("x" for _ in urls), url=urls), config, Context(STAGE.load(config)))
    rules = STAGE.keep(scores, config, Context())
    return [{r.name: r.score[i].as_py() for r in rules if r.failed[i].as_py()} for i in range(len(urls))]


def entries(url: str, name: str, **settings: Any) -> Any:
    config = STAGE.config(**settings)
    assert STAGE.load is not None
    scores = STAGE.measure(documents("x", url=[url]), config, Context(STAGE.load(config)))
    return scores.column(f"{name}_entry")[0].as_py()


def lines(path: Path, *entries: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{entry}\n" for entry in entries), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("https://example.org", True),
        ("http://www.Example.ORG:8080/a?b", True),
        ("https://a.b.example.org./", True),
        ("https://user@example.org/", True),
        ("https://notexample.org/", False),
        ("https://example.org.evil.net/", False),
        ("https://other.net/example.org", False),
        ("ftp://example.org/", False),
        ("https://[broken", False),
        ("no url", False),
        (None, False),
    ],
)
def test_a_domain_blocks_what_is_below_it(url: str | None, blocked: bool) -> None:
    assert judged([url], domains=["example.org"]) == [{"domains": 1} if blocked else {}]


def test_domains_in_unicode_and_numbers() -> None:
    urls = ["https://www.xn--mnchen-3ya.de/", "https://münchen.de", "http://10.1.2.3/", "http://99.2.3.4/"]
    found = judged(urls, domains=["München.de", "2.3", "10.1.2.3"])
    assert [bool(one) for one in found] == [True, True, True, False]


def test_addresses_are_one_however_they_are_spelt() -> None:
    urls = ["http://www.a.example/x/#top", "https://a.example/x/y", "https://a.example/x?b=1&a=2", "https://a.example/"]
    assert judged(urls, urls=["a.example/x"]) == [{"urls": 1}, {}, {}, {}]
    assert judged(urls, urls=["a.example/x"], url_match="below") == [{"urls": 1}, {"urls": 1}, {"urls": 1}, {}]
    assert judged(urls, urls=["https://a.example/x?a=2&b=1"]) == [{}, {}, {"urls": 1}, {}]
    assert all(judged(urls, urls=["a.example/"], url_match="below"))


def test_the_ledger_names_the_list_and_the_scores_the_entry(tmp_path: Path) -> None:
    lists = {"adult": lines(tmp_path / "adult" / "domains", "# x", "", "b.example", "example")}
    assert judged(["https://a.b.example/"], lists=lists, domains=["c.example"]) == [{"adult": 2}]
    assert entries("https://a.b.example/", "adult", lists=lists) == "b.example"
    assert entries("https://a.b.net/", "adult", lists=lists) is None
    assert judged(["https://a.b.example/"], lists=lists, off=["adult"]) == [{}]


def ut1(folder: Path, kind: str) -> str:
    """A list in the layout of the UT1 lists, packed as `kind`."""
    content = {"domains": b"bad.example\n", "urls": b"mixed.example/bad\n", "expressions": b"(good|example)\n"}
    folder.mkdir()
    if kind == "tar.gz":
        with tarfile.open(folder / "adult.tar.gz", "w:gz") as archive:
            for name, data in content.items():
                info = tarfile.TarInfo(f"adult/{name}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return str(folder / "adult.tar.gz")
    for name, data in content.items():
        (folder / f"{name}{kind}").write_bytes(gzip.compress(data) if kind == ".gz" else data)
    return str(folder)


@pytest.mark.parametrize("kind", ["", ".gz", "tar.gz"])
def test_ut1_lists_in_a_folder_or_packed(kind: str, tmp_path: Path) -> None:
    path = ut1(tmp_path / "adult", kind)
    urls = ["https://w.bad.example/", "http://mixed.example/bad/", "http://mixed.example/good", "http://good.net/"]
    assert judged(urls, lists={"adult": path}) == [{"adult": 1}, {"adult": 1}, {}, {}]


def test_one_file_of_both_kinds_at_any_address() -> None:
    with fsspec.open("memory://lists/own.txt", "w") as file:
        file.write("bad.example\nhttps://mixed.example/bad\n")
    lists = {"own": "memory://lists/own.txt"}
    urls = ["https://w.bad.example/", "http://mixed.example/bad", "http://mixed.example/"]
    assert judged(urls, lists=lists) == [{"own": 1}, {"own": 1}, {}]
    assert stage_identity(STAGE, STAGE.config(lists=lists))["models"].keys() == {"own/own.txt"}


def test_words_in_addresses_as_in_fineweb(tmp_path: Path) -> None:
    given = {
        "banned_words": lines(tmp_path / "hard", "Casino"),
        "soft_banned_words": lines(tmp_path / "soft", "hot", "free", "chat"),
        "banned_subwords": lines(tmp_path / "sub", "bet-now"),
    }
    urls = [
        "https://a.example/CASINO/1",
        "https://casinos.example/hot",
        "https://free-hot.example/free",
        "https://a.example/xbet_nowx",
        None,
    ]
    assert judged(urls, **given) == [
        {"max_banned_words": 1},
        {},
        {"max_soft_banned_words": 2},
        {"max_banned_subwords": 1},
        {},
    ]
    assert judged(urls, **given, max_soft_banned_words=2)[2] == {}


def test_what_a_list_holds_and_is_called_counts_but_not_where_it_lies(tmp_path: Path) -> None:
    def identity(**lists: str) -> Any:
        return stage_identity(STAGE, STAGE.config(lists=lists), ("measure",))

    one, same = lines(tmp_path / "a" / "domains", "x.example"), lines(tmp_path / "b" / "domains", "x.example")
    other, kind = lines(tmp_path / "c" / "domains", "y.example"), lines(tmp_path / "d" / "urls", "x.example")
    assert identity(bad=one) == identity(bad=same)
    assert all(identity(bad=one) != changed for changed in (identity(bad=other), identity(bad=kind), identity(ill=one)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "nothing to block"),
        ({"lists": {"Bad List": "x"}}, "Bad List"),
        ({"lists": {"domains": "x"}}, "domains"),
        ({"domains": ["a.example"], "off": ["adlut"]}, "adlut"),
    ],
)
def test_settings_that_cannot_hold(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        STAGE.config(**settings)


def test_a_list_that_is_not_there_empty_or_unreadable(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"m\xfcnchen.de\n")
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"a.example\n" * 1000)[:-20])
    for name in ("latin", "torn.gz"):
        with pytest.raises(ConfigError, match=name):
            judged(["http://a.example"], lists={"x": str(tmp_path / name)})
    with pytest.raises(ConfigError, match="no entry"):
        judged(["http://a.example"], lists={"x": lines(tmp_path / "empty", "# nothing")})
    for wrong in ({"banned_words": str(tmp_path / "nowhere")}, {"lists": {"x": str(tmp_path / "nowhere")}}):
        with pytest.raises(ValidationError, match="nothing at .*nowhere"):
            STAGE.config(**wrong)
    with pytest.raises(ConfigError, match="lists.x: there is nothing at memory://nowhere"):
        stage_identity(STAGE, STAGE.config(lists={"x": "memory://nowhere"}))


@given(st.text(), st.booleans())
def test_any_text_is_an_address_or_none(url: str, above: bool) -> None:
    found = address(url, above)
    assert (found.hosts == ()) == (found.urls == ())
    assert domain_key(domain_key(url)) == domain_key(url)
    assert url_key(url_key(url)) == url_key(url) or not found.hosts
