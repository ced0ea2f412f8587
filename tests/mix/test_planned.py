"""The facts of a mix against its documents, counted one by one."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from curation_lib.core.stage import Context
from curation_lib.mix.loading import Loaded
from curation_lib.mix.repeats import effective_tokens
from curation_lib.mix.sample import STAGE, facts
from curation_lib.mix.settings import SampleConfig
from curation_lib.text.tokenizers.byte_counts import ByteCounts

CORPUS = st.lists(
    st.tuples(
        st.sampled_from(["web", "wiki"]), st.sampled_from(["en", None]), st.sampled_from(["MIT", "X"]), st.booleans(),
        st.integers(0, 60),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


@settings(max_examples=60)
@given(
    CORPUS, st.none() | st.integers(1, 900), st.sampled_from([0.5, 1.0, 3.0]), st.sampled_from(["natural", "unimax"])
)
def test_facts_are_what_stands_in_the_mix(documents, run_group, corpus, budget, epochs, rule):
    rows = [
        {"doc_id": f"{i:032x}", "source": source, "language": language, "license": license,
         "format": "synthetic" if made else "html", "text": "x" * size}
        for i, (source, language, license, made, size) in enumerate([("web", "en", "MIT", False, 30), *corpus])
    ]  # fmt: skip
    chosen = {"rule": rule if budget else "natural", "by": "source", "token_budget": budget, "max_epochs": epochs}
    config = SampleConfig(phase="pretrain", max_synthetic_share=0.5, **chosen)
    (result,) = run_group(STAGE, config, [documents(rows)])
    copies = Counter(result.kept.column("doc_id").to_pylist())
    keyed = pa.Table.from_batches([STAGE.key(documents(rows), config, Context(Loaded(ByteCounts())))])
    keyed = keyed.append_column("shard", pa.array([0] * len(rows), pa.uint32()))
    found = facts([STAGE.partition(keyed, config)], config)
    for group in found["groups"]:
        mine = [
            row
            for row in rows
            if (row["source"], row["language"] or "und", row["license"], row["format"] == "synthetic")
            == (group["source"], group["language"], group["license"], group["synthetic"])
        ]
        tokens = {row["doc_id"]: -(-len(row["text"]) // 4) for row in mine}
        assert group["documents_held"] == len(mine)
        assert group["tokens_held"] == sum(tokens.values())
        assert group["documents"] == sum(doc in copies for doc in tokens)
        assert group["rows"] == sum(copies[doc] for doc in tokens)
        assert group["tokens"] == sum(copies[doc] * count for doc, count in tokens.items())
        assert group["unique_tokens"] == sum(count for doc, count in tokens.items() if copies[doc])
        worth = sum(effective_tokens(count, copies[doc]) for doc, count in tokens.items() if copies[doc])
        assert abs(group["effective_tokens"] - worth) <= 0.5 + 1e-6
    assert found["rows"] == sum(copies.values())
    assert found["tokens"] <= found["planned"] <= (budget or found["tokens_held"])
