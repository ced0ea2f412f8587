"""What a phase refuses. A document that a mix would take and that does not belong is dropped and on record, and the
phase's contract (`contracts/suites.py`) then refuses the mix: whoever wrote the recipe has to see it.

pretrain refuses nothing. midtrain: a licence that nobody knows, an item of a benchmark, a token of a chat template.
posttrain: the same licences, what is no record, a prompt that holds 8 words in a row of a benchmark, with a chat
template a turn that spells such tokens, and a prompt that stands there already (`repeated_prompts.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa

from curation_lib.core.recipe import Phase
from curation_lib.core.taken import Drop
from curation_lib.mix.loading import Loaded
from curation_lib.mix.phase_settings import PhaseConfig
from curation_lib.text.benchmarks import Index
from curation_lib.text.chat_tokens import chat_tokens, shown
from curation_lib.text.contamination import evidence, hits
from curation_lib.text.records import NotARecord, prompts, records_of

UNKNOWN = frozenset({"unknown", "noassertion", ""})
"""Licences that say nothing, as in `export.licenses`."""


class Found(NamedTuple):
    """A document, by its row, that a rule refuses; score and threshold as in the ledger."""

    row: int
    rule: str
    score: float
    threshold: float
    evidence: str


def refused(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> list[Drop]:
    """The documents that do not belong, each by the first rule of the phase that it fails, in order of rows."""
    found = [one for check in _CHECKS[config.phase] for one in check(batch, config, model)]
    found.sort(key=lambda one: one.row)  # stable: rules stay in the phase's order
    return [_drop(*some) for _, some in groupby(found, key=lambda one: one.row)]


def _drop(first: Found, *rest: Found) -> Drop:
    also = tuple(one.rule for one in rest)
    return Drop(first.row, first.rule, first.score, first.threshold, also, evidence=first.evidence)


def _unlicensed(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> Iterator[Found]:
    for row, license in enumerate(batch.column("license").to_pylist()):
        if license.strip().casefold() in UNKNOWN:
            yield Found(row, "unknown_license", 0.0, 1.0, f"license is {license!r}")


def _contaminated(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> Iterator[Found]:
    """Copies with other numbers are let by, as in `filters.decontaminate`."""
    return _held("benchmark_item", batch.column("text"), config, model.benchmarks, near=False)


def _leaked(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> Iterator[Found]:
    """A prompt with other numbers is the item's prompt still."""
    asked = prompts(records_of(batch)).fill_null("")
    return _held("leaked_prompt", asked, config, model.benchmarks, near=True)


def _held(
    rule: str, texts: pa.LargeStringArray, config: PhaseConfig, index: Index | None, near: bool
) -> Iterator[Found]:
    if index is None:
        return
    for row, found in enumerate(hits(texts, index, config.benchmarks, False)):
        over = [(hit, hit["share"]) for hit in found if hit["share"] > config.share() and (near or not hit["near"])]
        if over:
            yield Found(row, rule, max(share for _, share in over), config.share(), evidence(over))


def _templated(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> Iterator[Found]:
    return _spelt(batch, config.chat_tokens)


def _marked(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> Iterator[Found]:
    """Where a template writes turns, special tokens are tokens: a turn that spells one would speak for others, or end
    the conversation."""
    if model.template is None:
        return iter(())
    return _spelt(batch, (*config.chat_tokens, *model.template.special, *model.tokenizer.special_tokens))


def _spelt(batch: pa.RecordBatch, more: Sequence[str]) -> Iterator[Found]:
    for row, found in chat_tokens(batch.column("text"), more).items():
        yield Found(row, "chat_token", float(len(found)), 0.0, shown(found))


def _shapeless(batch: pa.RecordBatch, config: PhaseConfig, model: Loaded) -> Iterator[Found]:
    for row, record in enumerate(records_of(batch)):
        if isinstance(record, NotARecord):
            yield Found(row, "not_a_record", 0.0, 1.0, str(record))
        elif model.template and (why := model.template.refusal(record)):
            yield Found(row, "not_a_record", 0.0, 1.0, why)


_Check = Callable[[pa.RecordBatch, PhaseConfig, Loaded], Iterator[Found]]
_CHECKS: Mapping[Phase, Sequence[_Check]] = {
    "pretrain": (),
    "midtrain": (_unlicensed, _contaminated, _templated),
    "posttrain": (_unlicensed, _shapeless, _leaked, _marked),
}
RULES: Mapping[Phase, tuple[str, ...]] = {
    "pretrain": (),
    "midtrain": ("unknown_license", "benchmark_item", "chat_token"),
    "posttrain": ("unknown_license", "not_a_record", "leaked_prompt", "chat_token", "repeated_prompt"),
}
"""The rules by which each phase refuses documents."""


def rules(config: PhaseConfig) -> tuple[str, ...]:
    return RULES[config.phase]
