from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError
from curation_lib.mix.matches import Anchor
from curation_lib.mix.sample import STAGE
from curation_lib.mix.settings import SampleConfig

LICENSES = ["MIT", "CC-BY-4.0", "CC-BY-SA-4.0", "unknown"]
CORPUS = st.lists(
    st.tuples(st.sampled_from(["web", "wiki"]), st.sampled_from(LICENSES), st.booleans(), st.integers(1, 200)),
    max_size=40,
)
CAPS = st.sampled_from([(("CC-*", 0.2),), (("CC-BY-SA-*", 0.05), ("CC-*", 0.3)), (("*-4.0", 0.0), ("unknown", 0.5))])


def rows_of(corpus):
    """Documents of (source, license, synthetic, tokens)."""
    return [
        {"doc_id": f"{i:032x}", "source": source, "language": "en", "license": license, "text": "x" * 4 * tokens,
         "format": "synthetic" if made else "html"}
        for i, (source, license, made, tokens) in enumerate(corpus)
    ]  # fmt: skip


def tokens_by(field, result):
    counts = Counter()
    for value, text in zip(result.kept.column(field).to_pylist(), result.kept.column("text").to_pylist(), strict=True):
        counts[value] += len(text) // 4
    return counts


@settings(max_examples=150)
@given(CORPUS, CAPS, st.none() | st.integers(1, 5000), st.sampled_from([0.5, 1.0, 2.0]), st.booleans(), st.booleans())
def test_no_licence_is_over_its_cap_whatever_else_holds(
    documents, run_group, corpus, caps, budget, epochs, share, anchor
):
    """Exactly, not within a document; the first glob that matches counts. Two entries keep every part filled."""
    corpus = [("web", "MIT", False, 100)] * 9 + [("wiki", "MIT", True, 5)] * 9 + corpus
    config = SampleConfig(
        phase="pretrain", rule="natural", by="source", token_budget=budget, max_epochs=epochs,
        license_caps=[{"license": glob, "share": most} for glob, most in caps],
        synthetic_share=0.1 if share else None, anchor=Anchor(source="web", share=0.3) if anchor else None,
    )  # fmt: skip
    (result,) = run_group(STAGE, config, [documents(rows_of(corpus))])
    found = tokens_by("license", result)
    homes = {"CC-*": LICENSES[1:3], "CC-BY-SA-*": LICENSES[2:3], "*-4.0": LICENSES[1:3], "unknown": LICENSES[3:]}
    seen = set()
    for glob, most in caps:
        mine = [license for license in homes[glob] if license not in seen]
        seen.update(mine)
        assert sum(found[license] for license in mine) <= Fraction(str(most)) * sum(found.values())
    assert sum(found.values()) <= (budget or 10**9)


@pytest.mark.parametrize(
    ("budget", "want"),
    [
        (1000, {"MIT": 800, "CC-BY-SA-4.0": 200}),  # natural would give 400 and 600
        (None, {"MIT": 2000, "CC-BY-SA-4.0": 500}),  # what a fifth can be of, beside all that is MIT
        (5000, {"MIT": 2000, "CC-BY-SA-4.0": 500}),
    ],
)
def test_others_take_up_what_a_cap_leaves(documents, run_group, budget, want):
    corpus = [("web", "MIT", False, 1)] * 2000 + [("web", "CC-BY-SA-4.0", False, 1)] * 3000
    config = SampleConfig(
        phase="pretrain", default_weight=1, token_budget=budget, license_caps=[{"license": "CC-BY-SA-*", "share": 0.2}]
    )
    (result,) = run_group(STAGE, config, [documents(rows_of(corpus))])
    assert tokens_by("license", result) == want


def test_a_cap_with_nothing_beside_it_is_refused(documents, run_group):
    config = SampleConfig(phase="pretrain", default_weight=1, license_caps=[{"license": "*", "share": 0.5}])
    with pytest.raises(
        ConfigError, match="license_caps: every document with a weight is under a licence that may only"
    ):
        run_group(STAGE, config, [documents(rows_of([("web", "MIT", False, 9)]))])
