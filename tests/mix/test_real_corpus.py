"""Budgets, caps and shares over 15,119 real documents in forty languages, the longest of 256,559 tokens."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from fractions import Fraction

import orjson
import pyarrow as pa
import pytest
import zstandard

from curation_lib.mix.sample import STAGE, phase_seed
from curation_lib.mix.settings import SampleConfig
from curation_lib.text.hashing import doc_id, priority

BUDGET = 3_000_000


@pytest.fixture(scope="module")
def corpus(data, documents):
    """Shards of documents, and their rows without text but with tokens."""
    with (data / "text" / "multilingual.jsonl.zst").open("rb") as raw, zstandard.open(raw, "rb") as lines:
        rows = [orjson.loads(line) for line in io.BufferedReader(lines)]
    made = [
        {"doc_id": doc_id(row["source"], row["id"]), "source": row["source"], "language": row["lang_hint"],
         "license": row["license"], "text": row["text"]}
        for row in rows
    ]  # fmt: skip
    known = [{**row, "tokens": -(-len(row.pop("text").encode()) // 4)} for row in map(dict, made)]
    return [documents(made[::2]), documents(made[1::2])], known


def copies_of(results):
    return Counter(doc for result in results for doc in result.kept.column("doc_id").to_pylist())


def next_documents(known, copies, config):
    """Tokens of the document that comes next in each bucket whose entry, a language, has room for it."""

    draws = priority(pa.array([row["doc_id"] for row in known]), phase_seed(config)).tolist()
    held, spent, buckets = Counter(), Counter(), defaultdict(list)
    for row, draw in zip(known, draws, strict=True):
        held[row["language"]] += row["tokens"]
        spent[row["language"]] += copies[row["doc_id"]] * row["tokens"]
        buckets[row["language"], row["source"], row["license"]].append((copies[row["doc_id"]], draw, row["tokens"]))
    least = {name: min(copies[row["doc_id"]] for row in known if row["language"] == name) for name in held}
    for (language, *_), found in buckets.items():
        taken, _, tokens = min(found)
        room = int(Fraction(str(config.max_epochs)) * held[language]) - spent[language]
        if taken == least[language] and tokens <= room:
            yield tokens


@pytest.mark.parametrize(
    "chosen",
    [
        {"rule": "natural", "max_epochs": 1},
        {"rule": "temperature", "temperature": 3.33, "max_epochs": 2},
        {"rule": "unimax", "max_epochs": 4},
        {"rule": "unimax", "max_epochs": 1.5, "license_caps": [{"license": "*Apache*", "share": 0.1}]},
    ],
    ids=["natural", "temperature", "unimax", "capped"],
)
def test_three_million_tokens_are_met_to_the_next_document(corpus, run_group, chosen):
    shards, known = corpus
    config = SampleConfig(phase="pretrain", by="language", token_budget=BUDGET, **chosen)
    copies = copies_of(run_group(STAGE, config, shards))
    missing = BUDGET - sum(copies[row["doc_id"]] * row["tokens"] for row in known)
    assert 0 <= missing < 1000
    if "license_caps" in chosen:
        capped = sum(copies[row["doc_id"]] * row["tokens"] for row in known if "Apache" in row["license"])
        assert capped <= 0.1 * (BUDGET - missing)
    else:
        assert missing == 0 or missing < min(next_documents(known, copies, config))
    assert max(copies.values()) <= -(-config.max_epochs // 1)
