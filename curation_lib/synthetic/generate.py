"""Makes synthetic documents from seeds: every request that synthetic.seeds wrote leaves one child behind its parent.

Documents pass unchanged. A request that fails, is refused, or that no budget is left for leaves a child without text,
whose `synthetic_outcome` says why; synthetic.gates drops it by that. README.md says what is remembered and bounded.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from curation_lib.core.contract import DOCUMENT
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context, Map, Result
from curation_lib.synthetic.asking import Answer, Failure, Request, request
from curation_lib.synthetic.budget import Budget
from curation_lib.synthetic.children import child
from curation_lib.synthetic.client import Client
from curation_lib.synthetic.forms import Form, forms
from curation_lib.synthetic.settings import GenerateConfig
from curation_lib.synthetic.wanted import Wanted, fulfilled, wanted
from curation_lib.text.hashing import content_hashes

_READ = [name for name in DOCUMENT.names if name != "metadata"]


class _Asked(NamedTuple):
    """One request: its place among the seeds, its form and rank, what the prompt shows and what is sent."""

    seed: int
    form: Form
    rank: int
    text: str
    request: Request


def load(config: GenerateConfig) -> Client:
    """The client, with the key from the environment. Raises ConfigError where the variable is not set."""
    name = config.api_key_env
    if name is not None and not os.environ.get(name):
        raise ConfigError(f"api_key_env: the environment variable {name} is not set where this runs; set it")
    return Client(config, os.environ[name] if name is not None else None)


def prompt_files(config: GenerateConfig) -> Mapping[str, str]:
    """Files that shape what is asked and how it is read, by name."""
    folder = Path(__file__).parent
    found = [*(folder / "prompts").glob("*.yaml"), folder / "reply_phrases.yaml"]
    return {path.name: str(path) for path in sorted(found)}


def fn(batch: pa.RecordBatch, config: GenerateConfig, context: Context) -> Result:
    """Children of the batch's seeds, each behind its parent."""
    known = forms()
    budget = Budget(config, known.values())
    seeds, bad = wanted(batch, known, budget.needs_rank)
    if not seeds and not bad:
        return Result(batch)
    parents = batch.select(_READ).take(pa.array([seed.row for seed in seeds], pa.int64())).to_pylist()
    asked = _requests(seeds, parents, config)
    found = _outcomes(asked, budget, config, context)
    rows = [child(parents[a.seed], a.text, a.form, one, config) for a, one in zip(asked, found, strict=True)]
    kept = _behind_parents(
        fulfilled(batch, [seed.row for seed in seeds]), _batch(rows), [seeds[a.seed].row for a in asked], bad
    )
    return Result(kept, bad=bad, created=len(rows), tally=_tally(rows, found, config))


def _requests(
    seeds: Sequence[Wanted], parents: Sequence[Mapping[str, Any]], config: GenerateConfig
) -> Sequence[_Asked]:
    texts = [seed.seed(parent["text"]) for seed, parent in zip(seeds, parents, strict=True)]
    return [
        _Asked(n, form, seed.rank + place, texts[n], request(form, texts[n], config))
        for n, seed in enumerate(seeds)
        for place, form in enumerate(seed.forms)
    ]


def _outcomes(
    asked: Sequence[_Asked], budget: Budget, config: GenerateConfig, context: Context
) -> list[Answer | Failure]:
    client = context.model if context.model is not None else load(config)
    refusals = [budget.refusal(one.request, one.rank) for one in asked]
    made = [one.request for one, refusal in zip(asked, refusals, strict=True) if not refusal]
    context.run.report({"requests": len(asked), "over_budget": len(asked) - len(made)})
    answers = iter(client.ask(made, context.memory, context.run) if made else ())
    return [Failure("over_budget", refusal) if refusal else next(answers) for refusal in refusals]


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


def _tally(rows: Sequence[dict[str, Any]], found: Sequence[Answer | Failure], config: GenerateConfig) -> dict[str, int]:
    """Outcomes, tokens and what the tokens cost, remembered answers included."""
    answers = [one for one in found if isinstance(one, Answer)]
    given = sum(one.prompt_tokens or 0 for one in answers)
    made = sum(one.completion_tokens or 0 for one in answers)
    outcomes = Counter(dict(row["metadata"])["synthetic_outcome"] for row in rows)
    cost = round(given * config.price_in + made * config.price_out)
    return {**outcomes, "prompt_tokens": given, "completion_tokens": made, "cost_millionths": cost}


STAGE = Map(
    name="synthetic.generate",
    version=1,
    config=GenerateConfig,
    summary="synthetic documents from seeds, by a model behind an OpenAI-compatible endpoint",
    load=load,
    model_files=prompt_files,
    fn=fn,
)
