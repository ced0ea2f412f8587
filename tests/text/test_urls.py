from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation_lib.text.urls import Canonical, canonical_url

NONE = Canonical(False, False, False, False, False, ())
"""Ignore nothing but what RFC 3986 calls equivalent."""
PIECES = ["http://", "https:", "//", "/", "a", "B.c", "www.", ":80", ":443", ":x", "@", "?", "&", "=", "b=1", "#", "#!",
          "..", ".", "%7e", "%2f", "%", "%zz", "é", " ", "[::1]", "[", "\t", "utm_x=1", ";", "+"]  # fmt: skip
URLS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
CANONICAL = st.builds(
    Canonical, *[st.booleans()] * 5, st.sampled_from([(), ("utm_*",), ("b",)])
)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com./", "http://example.com/"),
        ("http://Me:Pass@Example.com/", "http://Me:Pass@example.com/"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("http://h/a/../../b/./c/.", "http://h/b/c/"),
        ("http://h/..", "http://h/"),
        ("http://h/a//b/.well-known", "http://h/a//b/.well-known"),
        ("http://h/%7e%2f%c3%a9", "http://h/~%2F%C3%A9"),
        ("http://h/é b", "http://h/%C3%A9%20b"),
        ("http://h/100%", "http://h/100%"),
        ("http://h/A?B=C", "http://h/A?B=C"),
        ("http://h/?", "http://h/"),
        ("http://h/#", "http://h/"),
        ("http://h/?b&a=1&&a=0#x%7E", "http://h/?b&a=1&a=0#x~"),
        (" \thttp://h/\n", "http://h/"),
    ],
)
def test_what_is_always_the_same(url: str, canonical: str) -> None:
    assert canonical_url(url, NONE) == canonical


@pytest.mark.parametrize(
    ("one", "other", "ignoring"),
    [
        ("http://h/", "https://h:443/", {"scheme": True}),
        ("http://www.h/", "http://h/", {"www": True}),
        ("http://h/a/", "http://h/a", {"slash": True}),
        ("http://h/a?b/", "http://h/a/?b/", {"slash": True}),
        ("http://h/#top", "http://h/", {"fragment": True}),
        ("http://h/?b=1&a=2&b=0", "http://h/?a=2&b=1&b=0", {"order": True}),
        ("http://h/?UTM_x=1&a=2&gclid", "http://h/?a=2", {"parameters": ("utm_*", "gclid")}),
        ("http://h/?utm%5Fx=1", "http://h/", {"parameters": ("utm_*",)}),
    ],
)
def test_what_may_be_ignored(one: str, other: str, ignoring: dict[str, object]) -> None:
    ignore = NONE._replace(**ignoring)
    assert canonical_url(one, ignore) == canonical_url(other, ignore)
    assert canonical_url(one, NONE) != canonical_url(other, NONE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://h/a", "http://h/A"),
        ("http://h/a", "http://h/b"),
        ("http://h/a/", "http://h/a//"),
        ("http://h:8080/", "http://h/"),
        ("http://h/?a=1&a=2", "http://h/?a=2&a=1"),
        ("http://h/?a=%26", "http://h/?a=&"),
        ("http://h/?utm=1", "http://h/"),
        ("http://h/?gclid2=1", "http://h/"),
        ("http://h/#!/a", "http://h/#!/b"),
        ("http://h/#/a", "http://h/"),
        ("http://me@h/", "http://h/"),
        ("ftp://h/", "http://h/"),
        ("http://h/%2F", "http://h//"),
    ],
)
def test_what_is_never_the_same(one: str, other: str) -> None:
    ignore = Canonical(www=True, parameters=("utm_*", "gclid"))
    assert canonical_url(one, ignore) != canonical_url(other, ignore)


@pytest.mark.parametrize(
    "url",
    ["dns:h", "urn:X:y", "http://", "http:///a", "http://h:x/", "http://h:99999/", "http://[::1", "H/a", "//H/a", ""],
)
def test_what_is_no_web_address_counts_as_it_stands(url: str) -> None:
    assert canonical_url(f" {url} ", Canonical()) == url


@example("http://..", Canonical())
@example("http://http://http://", Canonical())
@example("http://www.www.a.", Canonical(www=True))
@given(URLS, CANONICAL)
def test_a_canonical_url_is_its_own(url: str, ignore: Canonical) -> None:
    once = canonical_url(url, ignore._replace(scheme=False))
    assert canonical_url(once, ignore._replace(scheme=False)) == once
    whole = canonical_url(url, ignore)
    assert whole in (once, once.partition(":")[2])
