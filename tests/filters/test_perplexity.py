"""Perplexity as a filter: models by language, exact percentiles within it, gibberish and boilerplate out."""

from __future__ import annotations

import random
import re
import shutil
from itertools import pairwise
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.fingerprint import stage_identity
from curation_lib.core.recipe_stages import configured
from curation_lib.core.stage import Context, Rule
from curation_lib.filters.perplexity import STAGE
from curation_lib.runner.deciding import decide
from curation_lib.training.perplexity import PerplexityTraining, train_perplexity
from tests.filters.judging import documents, state_of
from tests.golden.perplexity.texts import rows, training_texts

WORDS = str(Path(__file__).parents[1] / "laws" / "words.arpa")


def config_of(**given: Any) -> Any:
    return configured("filters.perplexity", {"models": {"*": WORDS}, **given}, "test")[1]


def judged(batch: pa.RecordBatch, shards: int = 1, **given: Any) -> dict[str, Rule]:
    """The rules over a corpus that comes in so many shards."""
    config = config_of(**given)
    model = STAGE.load(config) if STAGE.load else None
    scores = [STAGE.measure(part, config, Context(model)) for part in cut(batch, shards)]
    state = state_of(STAGE, config, scores)
    whole = pa.Table.from_batches(scores).combine_chunks().to_batches()[0]
    return {rule.name: rule for rule in STAGE.keep(whole, config, Context(state=state))}


def cut(batch: pa.RecordBatch, shards: int) -> list[pa.RecordBatch]:
    edges = np.linspace(0, batch.num_rows, shards + 1).astype(int).tolist()
    return [batch.slice(a, b - a) for a, b in pairwise(edges)]


def corpus(n: int, languages: str = "en", seed: int = 3) -> pa.RecordBatch:
    """Documents of few words, so that many have one perplexity."""
    rng = random.Random(seed)
    texts = [" ".join(rng.choices(["the", "b", "c", "zz"], k=rng.randint(0, 4))) for _ in range(n)]
    spoken = [rng.choice(languages.split()) for _ in range(n)]
    ids = [f"{rng.getrandbits(128):032x}" for _ in range(n)]
    return documents(*texts, language=[None if one == "none" else one for one in spoken], doc_id=ids)


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_percentiles_take_an_exact_number_of_each_language_whatever_the_shards(shards: int) -> None:
    batch = corpus(997, "en en en de none")
    bounds = {"min_perplexity_percentile": 12.5, "max_perplexity_percentile": 80}
    rules, whole = judged(batch, shards, **bounds), judged(batch, 1, **bounds)
    languages = np.array([one or "unknown" for one in batch.column("language").to_pylist()])
    low, high = (rules[name].failed.to_numpy(False) for name in bounds)
    assert all(rules[name].failed.equals(whole[name].failed) for name in bounds)
    for language in ("en", "de", "unknown"):
        n = (languages == language).sum()
        assert low[languages == language].sum() == floor(n / 8)
        assert high[languages == language].sum() == n - ceil(n * 0.8)
    values = judged(batch, max_perplexity=1.0)["max_perplexity"].score.to_numpy(zero_copy_only=False)
    english = languages == "en"
    assert values[english & low].max() <= values[english & ~low].min()
    assert values[english & high].min() >= values[english & ~high].max()
    assert len(set(values[english].tolist())) < english.sum() / 3  # so that ties were broken


@given(st.integers(1, 60), st.integers(0, 99), st.integers(1, 100), st.integers(0, 9))
@settings(max_examples=60)
def test_any_percentiles_of_any_corpus(n: int, low: int, high: int, seed: int) -> None:
    if low >= high:
        return
    rules = judged(corpus(n, seed=seed), 2, min_perplexity_percentile=low, max_perplexity_percentile=high)
    assert rules["min_perplexity_percentile"].failed.to_pylist().count(True) == floor(n * low / 100)
    assert rules["max_perplexity_percentile"].failed.to_pylist().count(True) == n - ceil(n * high / 100)
    both = zip(*(rule.failed.to_pylist() for rule in rules.values()), strict=True)
    assert not any(below and above for below, above in both)


def test_a_failed_document_is_told_where_the_cut_lies() -> None:
    rule = judged(corpus(100), max_perplexity_percentile=90)["max_perplexity_percentile"]
    said = [one for one, failed in zip(rule.evidence.to_pylist(), rule.failed.to_pylist(), strict=True) if failed]
    assert len(said) == 10
    assert re.fullmatch(r"perplexity [\d.]+ is above: percentile 90 of 100 documents in en is [\d.]+", said[0] or "")
    assert (rule.threshold, min(rule.score.filter(rule.failed).to_pylist())) == (1.0, 1.0)  # the last one was tied


def test_thresholds_are_kept_as_given() -> None:
    rules = judged(documents("the b", "zz zz", "the the b"), min_perplexity=5, max_perplexity=20)
    values = rules["max_perplexity"].score.to_pylist()
    assert rules["min_perplexity"].failed.to_pylist() == [value < 5 for value in values]
    assert rules["max_perplexity"].failed.to_pylist() == [value > 20 for value in values]
    assert sum(rules["max_perplexity"].failed.to_pylist()) == 1


def test_a_language_without_a_model_stops_by_its_name_or_passes() -> None:
    batch = documents("the b", "the b", "the b", language=["en", "fr", None])
    given = {"models": {"en": WORDS}, "max_perplexity": 1.0, "max_perplexity_percentile": 90}
    config = config_of(**given)
    scores = STAGE.measure(batch, config, Context(STAGE.load(config)))  # type: ignore[misc]
    assert scores.column("perplexity").is_null().to_pylist() == [False, True, True]
    named = pa.RecordBatch.from_arrays([batch.column("doc_id"), *scores.columns], ["doc_id", *scores.schema.names])
    with pytest.raises(
        ContractError, match=r"cannot judge 2 documents, by language: fr \(1\), unknown \(1\).*`models`"
    ):
        decide([(STAGE, config)], [named], batch, {STAGE.name: state_of(STAGE, config, [scores])})
    passing = judged(batch, without_model="pass", **given)
    assert passing["max_perplexity"].failed.to_pylist() == [True, False, False]
    assert passing["max_perplexity_percentile"].failed.to_pylist() == [False, False, False]


def test_a_model_serves_regions_of_its_language_and_the_star_all_others() -> None:
    given = {"models": {"de": WORDS}, "without_model": "pass", "max_perplexity": 1.0}
    batch = documents("the b", "the b", language=["de-AT", "nds"])
    assert judged(batch, **given)["max_perplexity"].failed.to_pylist() == [True, False]
    given["models"] = {"de": WORDS, "*": WORDS}
    assert judged(batch, **given)["max_perplexity"].failed.to_pylist() == [True, True]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing decides"),
        ({"min_perplexity_percentile": 50, "max_perplexity_percentile": 50}, "nothing would stay"),
        ({"min_perplexity": 2, "max_perplexity": 1}, "nothing would stay"),
        ({"models": {}, "max_perplexity": 1}, "models"),
        ({"models": {"en": "no/such/model"}, "max_perplexity": 1}, "there is nothing at no/such/model"),
        ({"models": {"en": {"path": WORDS, "tokenisation": "sentencepiece"}}, "max_perplexity": 1}, "tokenisation"),
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config_of(**given)


def test_what_a_model_is_shapes_the_scores_and_where_it_lies_does_not(tmp_path: Path) -> None:
    (tmp_path / "other.arpa").write_bytes(Path(WORDS).read_bytes())
    (tmp_path / "changed.arpa").write_bytes(Path(WORDS).read_bytes().replace(b"-0.625", b"-0.5"))

    def identity(path: str, **more: Any) -> Any:
        return stage_identity(STAGE, config_of(models={"en": {"path": path, **more}}, max_perplexity=9), ("measure",))

    assert identity(WORDS) == identity(str(tmp_path / "other.arpa"))
    assert identity(WORDS) != identity(str(tmp_path / "changed.arpa"))
    assert identity(WORDS) != identity(WORDS, tokenisation="folded")


FURNITURE = """We use cookies to improve this site. By going on you accept our cookie policy.
Skip to main content. Home. News. About us. Careers. Contact. Log in. Register.
All rights reserved. Terms of use. Privacy policy. Imprint. Accessibility.
Share this page. Print this page. Send it to a friend. Save it for later.
Subscribe to our newsletter. Enter your e-mail address. You can unsubscribe at any time.
Related articles. Read more. Load more. Show all comments. Leave a reply.
Your e-mail address will not be published. Required fields are marked.
Add to cart. View cart. Check out. Free shipping on all orders.""".split("\n")
"""What stands on every page of a site."""


@pytest.fixture(scope="module")
def blog_model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of 300 posts as pages have them, with furniture around, made by the trainer."""
    rng = random.Random(2)
    found = [row["text"] for row in rows(data / "quality/polished_blog.18f.jsonl.zst")[:300]]
    pages = ["\n".join([text, *rng.sample(FURNITURE, 4)]) for text in found]
    batch = documents(*pages, doc_id=[f"{n:032x}" for n in range(len(pages))])
    folder = tmp_path_factory.mktemp("model") / "blog"
    train_perplexity([batch], folder, "blog", "CC0-1.0", PerplexityTraining(order=4, held_out=0))
    return str(folder)


def test_the_band_takes_out_gibberish_and_boilerplate(data: Path, blog_model: str) -> None:
    """208 posts that did not train, 30 whose words have their letters mixed, 30 of furniture alone."""
    prose = [row["text"] for row in rows(data / "quality/polished_blog.18f.jsonl.zst")[300:]]
    rng = random.Random(11)
    gibberish = [_letters_mixed(text, rng) for text in prose[:30]]
    boilerplate = ["\n".join(rng.choices(FURNITURE, k=rng.randint(5, 30))) for _ in range(30)]
    texts = [*prose, *gibberish, *boilerplate]
    batch = documents(*texts, language=["en"] * len(texts), doc_id=[f"{n:032x}" for n in range(len(texts))])
    share = 100 * 30 / len(texts)
    bounds = {"min_perplexity_percentile": share + 0.4, "max_perplexity_percentile": 99.6 - share}
    below, above = (rule.failed.to_pylist() for rule in judged(batch, 3, models={"en": blog_model}, **bounds).values())
    n = len(prose)
    assert all(above[n : n + 30])
    assert all(below[n + 30 :])
    assert (sum(below[:n]), sum(above[:n])) == (1, 1)  # the band is as wide as what has to go, and a little


def test_mixed_words_are_more_surprising_than_the_text(data: Path, blog_model: str) -> None:
    prose = [row["text"] for row in rows(data / "quality/polished_blog.18f.jsonl.zst")[300:]]
    rng = random.Random(11)
    told, mixed = (
        judged(documents(*texts, language=["en"] * len(texts)), models={"en": blog_model}, max_perplexity=1.0)
        for texts in (prose, [_words_mixed(text, rng) for text in prose])
    )
    pairs = [one["max_perplexity"].score.to_numpy(zero_copy_only=False) for one in (told, mixed)]
    assert (pairs[1] > 1.5 * pairs[0]).mean() > 0.98


def _letters_mixed(text: str, rng: random.Random) -> str:
    return " ".join("".join(rng.sample(word, len(word))) for word in text.split()[:300])


def _words_mixed(text: str, rng: random.Random) -> str:
    words = text.split()[:300]
    return " ".join(rng.sample(words, len(words)))


def test_a_model_that_is_not_its_manifests_is_refused(blog_model: str, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(blog_model, folder)
    data = bytearray((folder / "model.bin").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model.bin").write_bytes(data)
    with pytest.raises(ConfigError, match="m/model.bin is not the file of its manifest.json"):
        STAGE.load(config_of(models={"en": str(folder)}, max_perplexity=500))  # type: ignore[misc]


def test_an_artefact_says_how_texts_go_to_it(data: Path, blog_model: str) -> None:
    config = config_of(models={"en": blog_model}, max_perplexity=500)
    readers = STAGE.load(config)  # type: ignore[misc]
    facts = STAGE.facts(readers)["en"]  # type: ignore[misc]
    assert (facts["name"], facts["kind"], facts["tokenisation"], facts["sentences"]) == (
        "blog",
        "ngram",
        "folded",
        "lines",
    )
    texts = training_texts(data)[:2]
    folded, as_is = (
        judged(documents(*texts, language=["en", "en"]), max_perplexity=1.0, models={"en": one})["max_perplexity"].score
        for one in (blog_model, {"path": blog_model, "tokenisation": "whitespace"})
    )
    assert max(folded.to_pylist()) < min(as_is.to_pylist()) / 3  # capitals and commas are unknown to it as they stand
