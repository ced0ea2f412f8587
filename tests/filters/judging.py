"""Documents to judge and what the filters say of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from curation_lib.core.contract import DOCUMENT, conform
from curation_lib.core.stage import Context, Filter, Rule
from tests.laws.stage_table import configured


def documents(*texts: str, **columns: list[Any]) -> pa.RecordBatch:
    """Documents that differ in their texts and in what `columns` gives."""
    fixed = {"source": "test", "license": "CC0-1.0", "format": "text", "content_hash": "0" * 32}
    ids = [str(i) for i in range(len(texts))]
    given = {name: [value] * len(texts) for name, value in fixed.items()} | {"doc_id": ids, "source_id": ids}
    given |= {"text": list(texts), **columns}
    arrays = [pa.array(given.get(f.name, [None] * len(texts)), f.type) for f in DOCUMENT]
    return conform(pa.RecordBatch.from_arrays(arrays, DOCUMENT.names), DOCUMENT, "test")


def loaded(stage: Filter, config: Any) -> Any:
    return stage.load(config) if stage.load else None


def scores_of(stage: Filter, *texts: str, **settings: Any) -> pa.RecordBatch:
    """Scores of the texts; settings not given are those of the laws."""
    return scores_of_batch(stage, documents(*texts), **settings)


def scores_of_batch(stage: Filter, batch: pa.RecordBatch, **settings: Any) -> pa.RecordBatch:
    config = configured(stage, **settings)
    statistics = stage.statistics(config)(batch) if stage.statistics else None
    return stage.measure(batch, config, Context(loaded(stage, config), statistics))


def state_of(stage: Filter, config: Any, batches: Sequence[pa.RecordBatch]) -> Any:
    """What the filter has to know of a dataset with these scores, in as many passes as it asks for."""
    if not stage.summarise or not stage.merge:
        return None
    state = None
    while True:
        state = stage.merge([stage.summarise(batch, config, state) for batch in batches], config, state)
        if not stage.settled or stage.settled(state):
            return state


def rules_of(stage: Filter, *texts: str, **settings: Any) -> list[Rule]:
    scores, config = scores_of(stage, *texts, **settings), configured(stage, **settings)
    return list(stage.keep(scores, config, Context(state=state_of(stage, config, [scores]))))


def failures(stage: Filter, text: str, **settings: Any) -> dict[str, float]:
    """The rules that the text fails, with its scores, in order."""
    rules = rules_of(stage, text, **settings)
    return {rule.name: rule.score[0].as_py() for rule in rules if rule.failed[0].as_py()}


PROSE = (
    "The river had been rising since the morning, and by noon it covered the lower fields. Farmers moved "
    "their cattle to the hills with the help of neighbours who owned a boat. Nobody could remember a spring "
    'like that.\n"We have seen water here before," said one of them, "but never this much." By evening the '
    "rain stopped.\nThen the village waited to see what the night would bring, and many people slept in the "
    "old stone church."
)
"""A text that no rule drops."""
