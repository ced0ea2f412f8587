from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.export.facts import MixFacts, MixGroup
from curation_lib.export.picture import LEFT, SHOWN, WIDE, picture, short

NAMES = st.sampled_from(["web", "<b>&\"'", "wiki|old", "日本語", "a very long name of a source that does not fit", ""])
GROUPS = st.lists(
    st.tuples(NAMES, st.sampled_from(["en", "de", "und"]), st.booleans(), st.integers(0, 10**12), st.integers(1, 5)),
    max_size=40,
)


def facts_of(rows):
    """A mix of (source, language, synthetic, unique tokens, epochs)."""
    groups = [
        MixGroup(
            source=source, language=language, license="MIT", synthetic=synthetic, documents_held=9, documents=9,
            tokens_held=unique, rows=9 * epochs, tokens=unique * epochs, unique_tokens=unique,
            effective_tokens=unique, full=False,
        )
        for source, language, synthetic, unique, epochs in rows
    ]  # fmt: skip
    names = ("documents_held", "tokens_held", "documents", "rows", "tokens", "unique_tokens", "effective_tokens")
    counts = {name: sum(getattr(group, name) for group in groups) for name in names}
    return MixFacts(budget=None, planned=0, binds="corpus size", shares={}, anchor=0, groups=tuple(groups), **counts)


def drawn(rows):
    return ElementTree.fromstring(picture("A & B", facts_of(rows)))


@given(GROUPS)
def test_any_mix_is_a_well_formed_picture_without_links_and_within_its_frame(rows):
    root = drawn(rows)
    width, height = (float(root.get(name)) for name in ("width", "height"))
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "style", "g", "rect", "text", "title", "line"}
    for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, wide, high = (float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + wide <= width + 0.1
        assert 0 <= y <= y + high <= height
    assert "href" not in picture("A", facts_of(rows))


def test_bars_are_as_long_as_their_tokens():
    """Of 400, 300 read for the first time; a source of 200, half of it synthetic."""
    text = picture(
        "A", facts_of([("web", "en", False, 100, 4), ("wiki", "en", False, 100, 1), ("wiki", "en", True, 100, 1)])
    )
    found = re.findall(r'<rect class="(\w+)" x="([\d.]+)" y="\d+" width="([\d.]+)" height="16"/>', text)
    assert [(kind, float(x), float(width)) for kind, x, width in found[:4]] == [
        ("first", LEFT, WIDE / 4), ("again", LEFT + WIDE / 4, 3 * WIDE / 4),
        ("first", LEFT, WIDE / 4), ("made", LEFT + WIDE / 4, WIDE / 4),
    ]  # fmt: skip
    assert "400  ·  66.7 %  ·  4.00 epochs" in text
    assert "200  ·  33.3 %  ·  1.00 epochs" in text


@pytest.mark.parametrize(("count", "said"), [(SHOWN, None), (SHOWN + 3, "3 others")])
def test_many_sources_are_the_largest_and_the_rest(count, said):
    text = picture("A", facts_of([(f"source-{n:02}", "en", False, 1000 - n, 1) for n in range(count)]))
    assert text.count("source-") == 2 * SHOWN  # as shown, and whole behind it
    assert (said in text) if said else "others" not in text


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0k"), (123_456, "123k"), (1_450_000, "1.45M"), (20_500_000_000, "20.5B"),
     (6 * 10**12, "6.00T"), (1234 * 10**12, "1,234T")],
)  # fmt: skip
def test_numbers_are_short(number, said):
    assert short(number) == said
