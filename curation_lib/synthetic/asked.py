"""The requests that a batch of documents asks for, those of many parts asked at once, and what came of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from curation_lib.core.stage import Bad, Context, Run, unheard
from curation_lib.synthetic.asking import Answer, Failure, Request, request
from curation_lib.synthetic.budget import Budget
from curation_lib.synthetic.forms import Form, forms
from curation_lib.synthetic.settings import GenerateConfig
from curation_lib.synthetic.wanted import wanted

Failures = Mapping[str, Sequence[str]]
"""Outcome and detail of requests that failed, by their keys: what asking ahead hands on, JSON-ready."""
READS = ("text", "metadata")
"""Columns that a request is made of."""


class Asked(NamedTuple):
    """One request: the row and form it is for, what the prompt shows, what is sent, why it is not ("" where it is)."""

    row: int
    form: Form
    text: str
    request: Request
    refusal: str


def asked(batch: pa.RecordBatch, config: GenerateConfig) -> tuple[list[Asked], list[int], list[Bad]]:
    """The batch's requests in order, the rows that are seeds, and those whose notes cannot be read."""
    known = forms()
    budget = Budget(config, known.values())
    seeds, bad = wanted(batch, known, budget.needs_rank)
    texts = batch.column("text").take(pa.array([seed.row for seed in seeds], pa.int64())).to_pylist()
    found = []
    for seed, text in zip(seeds, texts, strict=True):
        shown = seed.seed(text)
        for place, form in enumerate(seed.forms):
            one = request(form, shown, config)
            found.append(Asked(seed.row, form, shown, one, budget.refusal(one, seed.rank + place)))
    return found, [seed.row for seed in seeds], bad


def ahead(parts: Iterable[Iterable[pa.RecordBatch]], config: GenerateConfig, context: Context) -> list[Failures]:
    """Ask all that the documents of `parts` ask for. Answers are remembered; each part's failures are returned."""
    keys: list[list[str]] = []
    order: deque[str] = deque()
    failed: dict[str, Sequence[str]] = {}

    def requests() -> Iterator[Request]:
        seen: set[str] = set()
        for part in parts:
            keys.append([])
            for batch in part:
                found = asked(batch, config)[0]
                made = [one.request for one in found if not one.refusal]
                _announce(found, context.run)
                keys[-1] += [one.key for one in made]
                for one in made:
                    if one.key not in seen:
                        seen.add(one.key)
                        order.append(one.key)
                        yield one

    for outcome in context.model.outcomes(requests(), context.memory, context.run):
        key = order.popleft()
        if isinstance(outcome, Failure):
            failed[key] = (outcome.outcome, outcome.detail)
    return [{key: failed[key] for key in part if key in failed} for part in keys]


def outcomes(found: Sequence[Asked], context: Context) -> list[Answer | Failure]:
    """What came of each request: refused by a budget, failed ahead, or answered, from memory where it is there."""
    failed: Failures = context.state or {}
    run = context.run if context.state is None else Run(context.run.workers, context.run.began, unheard)
    _announce(found, run)
    open_ = [one.request for one in found if not one.refusal and one.request.key not in failed]
    answers = iter(context.model.ask(open_, context.memory, run))
    return [
        Failure("over_budget", one.refusal)
        if one.refusal
        else Failure(*failed[one.request.key])
        if one.request.key in failed
        else next(answers)
        for one in found
    ]


def _announce(found: Sequence[Asked], run: Run) -> None:
    if found:
        run.report({"requests": len(found), "over_budget": sum(bool(one.refusal) for one in found)})


def tally(found: Sequence[Answer | Failure], config: GenerateConfig) -> Mapping[str, int]:
    """Tokens and what they cost, remembered answers included."""
    answers: list[Any] = [one for one in found if isinstance(one, Answer)]
    given = sum(one.prompt_tokens or 0 for one in answers)
    made = sum(one.completion_tokens or 0 for one in answers)
    cost = round(given * config.price_in + made * config.price_out)
    return {"prompt_tokens": given, "completion_tokens": made, "cost_millionths": cost}
