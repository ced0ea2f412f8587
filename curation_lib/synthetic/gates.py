"""`synthetic.gates`: which children of `synthetic.generate` may stay. All other documents pass untouched.

Scores, null for documents that are no children or have no text to judge: `outcome` string, the rule of a failed
request or `ok`; `detail` string; `form` string; `unknown_numbers`, `unknown_units`, `unknown_names`, `unknown_code`
int64, facts that the source does not hold; `number_support`, `name_support` float64, how well the worst placed fact
stands among the words around it (see `faithful`); `coverage`, `new_word_share`, `length_ratio`, `novelty`,
`source_similarity`, `copied_share` float64; `copied_words` int64; `same_language` float64, 1 or 0; `words`
list<uint64>, hashes; `opening` string; `tie` uint64. `said_…` strings: what was found, for the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.core.stage import Context, Filter
from curation_lib.synthetic.gate_rules import keep_faithful, merge, summarise
from curation_lib.synthetic.gate_settings import GatesConfig
from curation_lib.synthetic.generated_rows import Child, children, spread
from curation_lib.synthetic.judging import SCORES, judged
from curation_lib.text.buffers import joined
from curation_lib.text.common_words import COMMON_WORDS
from curation_lib.text.hashing import priority
from curation_lib.text.language import load_model, model_path
from curation_lib.text.words import word_hashes

_SEED = 0


def load(config: GatesConfig) -> Any:
    """The language identifier, None where none is asked for."""
    return load_model(model_path(config.language_model)) if config.identify_language else None


def model_files(config: GatesConfig) -> list[str]:
    """The identifier, and the words that faithfulness takes for no names."""
    return [COMMON_WORDS, *([model_path(config.language_model)] if config.identify_language else [])]


def measure_children(batch: pa.RecordBatch, config: GatesConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    found = children(batch)
    written = [child for child in found if child.written]
    rows = batch.num_rows
    columns = {
        "outcome": spread([child.outcome for child in found], found, rows, pa.string()),
        "detail": spread([child.detail for child in found], found, rows, pa.string()),
        "form": spread([child.form for child in found], found, rows, pa.string()),
        **{
            name: spread(values, written, rows, SCORES[name]) for name, values in judged(written, context.model).items()
        },
        "words": spread(_words(written), written, rows, pa.list_(pa.uint64())),
        "child_id": spread([child.doc_id for child in written], written, rows, pa.string()),
        "tie": pa.array(priority(batch.column("doc_id"), _SEED), pa.uint64()),
    }
    return pa.RecordBatch.from_pydict(columns)


def _words(found: Sequence[Child]) -> list[Any]:
    hashes, offsets = word_hashes(joined([child.text.encode() for child in found], pa.large_string()))
    return np.split(hashes, offsets[1:-1]) if found else []


STAGE = Filter(
    name="synthetic.gates",
    version=4,
    config=GatesConfig,
    summary="generated documents that are faithful to their source, no copy of it and not all alike",
    libraries=("fasttext-community", "numpy", "xxhash"),
    load=load,
    model_files=model_files,
    measure=measure_children,
    keep=keep_faithful,
    summarise=summarise,
    merge=merge,
)
