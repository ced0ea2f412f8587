"""Makes synthetic documents from seeds: every request that synthetic.seeds wrote leaves one child behind its parent.

Documents pass unchanged. A request that fails, is refused, or that no budget is left for leaves a child without text,
whose `synthetic_outcome` says why; synthetic.gates drops it by that. README.md says what is remembered and bounded.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context, Map, Result
from curation_lib.synthetic.asked import READS, ahead, asked, outcomes, tally
from curation_lib.synthetic.children import child
from curation_lib.synthetic.client import Client
from curation_lib.synthetic.settings import GenerateConfig
from curation_lib.synthetic.wanted import fulfilled
from curation_lib.text.hashing import content_hashes

_READ = [name for name in DOCUMENT.names if name != "metadata"]


def load(config: GenerateConfig) -> Client:
    """The client, with the key from the environment. Raises ConfigError where the variable holds none."""
    name = config.api_key_env
    if name is None:
        return Client(config, None)
    key = os.environ.get(name, "").strip()  # files of secrets end with a line break
    if not key:
        raise ConfigError(f"api_key_env: the environment variable {name} is not set where this runs; set it")
    if not (key.isascii() and key.isprintable()):  # the HTTP library would quote it in its error
        raise ConfigError(f"api_key_env: {name} holds characters that no HTTP header can carry; set it again")
    return Client(config, key)


def prompt_files(config: GenerateConfig) -> Mapping[str, str]:
    """Files that shape what is asked and how it is read, by name."""
    folder = Path(__file__).parent
    found = [*(folder / "prompts").glob("*.yaml"), folder / "reply_phrases.yaml"]
    return {path.name: str(path) for path in sorted(found)}


def fn(batch: pa.RecordBatch, config: GenerateConfig, context: Context) -> Result:
    """Children of the batch's seeds, each behind its parent."""
    requests, seeds, bad = asked(batch, config)
    if not seeds and not bad:
        return Result(batch)
    found = outcomes(requests, context)
    parents = batch.select(_READ).take(pa.array([one.row for one in requests], pa.int64())).to_pylist()
    rows = [
        child(parent, one.text, one.form, came, config, one.request.key)
        for parent, one, came in zip(parents, requests, found, strict=True)
    ]
    kept = _behind_parents(fulfilled(batch, seeds), _batch(rows), [one.row for one in requests], bad)
    counts = Counter(dict(row["metadata"])["synthetic_outcome"] for row in rows)
    return Result(kept, bad=bad, created=len(rows), tally={**counts, **tally(found, config)})


def _batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    columns = {field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in DOCUMENT}
    columns["content_hash"] = content_hashes(columns["text"])
    return pa.RecordBatch.from_arrays([columns[name] for name in DOCUMENT.names], schema=DOCUMENT)


def _behind_parents(
    batch: pa.RecordBatch, children: pa.RecordBatch, parents: Sequence[int], bad: Sequence[Any]
) -> pa.RecordBatch:
    """The batch without bad rows, each child (of row `parents[n]`) behind its parent, in the order of requests."""
    rows = np.concatenate([np.arange(batch.num_rows), np.array(parents, np.int64)])
    order = np.argsort(rows, kind="stable")
    order = order[~np.isin(rows[order], [one.row for one in bad])]
    return pa.concat_batches([batch, children]).take(pa.array(order))


STAGE = Map(
    name="synthetic.generate",
    version=3,
    config=GenerateConfig,
    summary="synthetic documents from seeds, by a model behind an OpenAI-compatible endpoint",
    load=load,
    model_files=prompt_files,
    fn=fn,
    ahead=ahead,
    ahead_reads=READS,
)
