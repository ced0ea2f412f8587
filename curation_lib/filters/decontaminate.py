"""`filters.decontaminate`: documents that hold items of benchmarks, dropped or cut.

Scores: `contamination` and `near_contamination` float64, the largest share of an item's n-grams that a document holds
as they are, and with other numbers, 0 without any; `hits` list<HIT> (see `text.contamination`), every item of which
it holds an n-gram; `body_start`, `body_stop` int64, what a text with hits has but for white space before it, nothing of
a record.

Ngrams and shares after Brown et al. 2020 (GPT-3, appendix C: n between 8 and 13, n-grams of more than 10 documents
ignored), Chowdhery et al. 2022 (PaLM, 8-grams) and Lambert et al. 2024 (Tulu 3, 8-grams).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.config import StageConfig, keep, measure
from curation_lib.core.stage import CUTS, Context, Filter, Rule
from curation_lib.text.benchmarks import Benchmark, Index, benchmark_files, build_index
from curation_lib.text.contamination import HIT, Hit, added, body, counts_of, evidence, hits, told
from curation_lib.text.records import CHAT

WHOLE = 0.5
"""From this share on, an n-gram counts however many documents hold it: a copied item is no common phrase."""
_NGRAM = {"word": 8, "character": 50}
_LEAST = {"word": 8, "character": 30}


class DecontaminateConfig(StageConfig):
    """Settings of `filters.decontaminate`.

    benchmarks: see `Benchmark`. token, ngram: n-grams of words (8) or of characters (50, as GPT-4's report has it).
    min_tokens: a shorter field is not searched (8 words, 30 characters); one shorter than an n-gram is, as a whole.
    max_texts: n-grams of more fields are left out. max_contamination: a tenth of an item's n-grams; 0 is GPT-3's rule
    (with ngram 13), 0.5 is Tulu 3's, 0.7 PaLM's. max_near_contamination: the same for items with other numbers.
    common_documents: n-grams of more documents count only towards at least half an item; null counts all.
    """

    benchmarks: tuple[Benchmark, ...] = measure(min_length=1)
    token: Literal["word", "character"] = measure("word")
    ngram: int | None = measure(None, ge=4, le=200)
    min_tokens: int | None = measure(None, ge=1)
    max_texts: int = measure(10, ge=1)
    action: Literal["drop", "cut"] = keep("drop")
    max_contamination: float | None = keep(0.1, ge=0, lt=1)
    max_near_contamination: float | None = keep(None, ge=0, lt=1)
    common_documents: int | None = keep(10, ge=1)

    @model_validator(mode="after")
    def _benchmarks_differ(self) -> DecontaminateConfig:
        names = [benchmark.name for benchmark in self.benchmarks]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"benchmarks: {twice[0]!r} stands twice; give each a name of its own")
        return self


def load(config: DecontaminateConfig) -> Index:
    """The index of all benchmarks; about 120 bytes per word of theirs."""
    size = config.ngram or _NGRAM[config.token]
    least = config.min_tokens or min(_LEAST[config.token], size)
    return build_index(config.benchmarks, size, least, config.max_texts, config.token == "character")


def model_files(config: DecontaminateConfig) -> dict[str, str]:
    return benchmark_files(config.benchmarks)


def facts(index: Index) -> dict[str, Any]:
    """Items of each benchmark, and how many of them can be found."""
    return {"items": index.items, "searched": index.searched}


def measure_contamination(batch: pa.RecordBatch, config: DecontaminateConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    texts = batch.column("text")
    found = hits(texts, context.model, config.benchmarks, config.token == "character")
    records = pc.equal(batch.column("format"), CHAT).to_pylist()  # these have no body: they are dropped, never cut
    bodies = [body(texts[row].as_py()) if some and not records[row] else (0, 0) for row, some in enumerate(found)]
    columns = {
        "contamination": pa.array([_largest(some, near=False) for some in found], pa.float64()),
        "near_contamination": pa.array([_largest(some, near=True) for some in found], pa.float64()),
        "hits": pa.array(found, pa.list_(HIT)),
        "body_start": pa.array([start for start, _ in bodies], pa.int64()),
        "body_stop": pa.array([stop for _, stop in bodies], pa.int64()),
    }
    return pa.RecordBatch.from_pydict(columns)


def _largest(found: Sequence[Hit], near: bool) -> float:
    return max((hit["share"] for hit in found if hit["near"] == near), default=0.0)


def common(state: Sequence[Sequence[int]] | None, most: int | None) -> frozenset[int]:
    """Keys of the n-grams that more than `most` documents hold."""
    return frozenset(key for key, documents in state or () if most is not None and documents > most)


def counted(found: Sequence[Hit], shared: frozenset[int]) -> list[tuple[Hit, float]]:
    """Each hit with the share that counts: without `shared` n-grams, unless it is WHOLE or more."""
    return [(hit, hit["share"] if hit["share"] >= WHOLE else _rare(hit, shared)) for hit in found]


def _rare(hit: Hit, shared: frozenset[int]) -> float:
    return len([key for key in hit["found"] if key not in shared]) / int(hit["ngrams"])


def keep_uncontaminated(scores: pa.RecordBatch, config: DecontaminateConfig, context: Context) -> list[Rule]:
    """`max_contamination`, then `max_near_contamination`. To cut, a rule fails only where nothing would be left."""
    shared = common(context.state, config.common_documents)
    limits = {"max_contamination": config.max_contamination, "max_near_contamination": config.max_near_contamination}
    given = [(name, limit) for name, limit in limits.items() if limit is not None]
    rows = pc.indices_nonzero(pc.list_value_length(scores.column("hits"))).to_pylist()
    found = {row: counted(scores.column("hits")[row].as_py(), shared) for row in rows}
    return [_rule(name, limit, scores, found, config.action) for name, limit in given]


def _rule(
    name: str, limit: float, scores: pa.RecordBatch, found: dict[int, list[tuple[Hit, float]]], action: str
) -> Rule:
    near, rows = name == "max_near_contamination", scores.num_rows
    failed, score = [False] * rows, [0.0] * rows
    said: list[str | None] = [None] * rows
    cuts: list[list[dict[str, Any]] | None] = [None] * rows
    for row, some in found.items():
        score[row] = max((share for hit, share in some if hit["near"] == near), default=0.0)
        over = [(hit, share) for hit, share in some if hit["near"] == near and share > limit]
        if not over:
            continue
        spans = _cuts(over)
        body = (scores.column("body_start")[row].as_py(), scores.column("body_stop")[row].as_py())
        failed[row] = action == "drop" or _covers(spans, body)
        said[row], cuts[row] = evidence(over), None if failed[row] else spans
    arrays = (pa.array(failed, pa.bool_()), pa.array(score, pa.float64()))
    return Rule(name, *arrays, limit, pa.array(said, pa.string()), pa.array(cuts, CUTS))


def _cuts(over: Sequence[tuple[Hit, float]]) -> list[dict[str, Any]]:
    """The spans of all hits in text order; where they overlap they are one, with the evidence of each."""
    spans = [(s["start"], s["stop"], told(hit, share)) for hit, share in over for s in hit["spans"]]
    out: list[dict[str, Any]] = []
    for start, stop, what in sorted(spans):
        if out and start < out[-1]["stop"]:
            out[-1]["stop"] = max(out[-1]["stop"], stop)
            out[-1]["told"].setdefault(what)
        else:
            out.append({"start": start, "stop": stop, "told": {what: None}})
    return [{"start": o["start"], "stop": o["stop"], "evidence": "; ".join(o["told"])} for o in out]


def _covers(spans: Sequence[dict[str, Any]], body: tuple[int, int]) -> bool:
    """Whether nothing of the body is left."""
    at = body[0]
    for span in spans if at < body[1] else ():
        if span["start"] > at:
            return False
        at = max(at, span["stop"])
    return at >= body[1]


def summarise(scores: pa.RecordBatch, config: DecontaminateConfig, state: Any) -> list[list[int]]:
    return counts_of(scores.column("hits").to_pylist())


def merge(partials: Iterable[list[list[int]]], config: DecontaminateConfig, state: Any) -> list[list[int]]:
    return added(partials)


STAGE = Filter(
    name="filters.decontaminate",
    version=2,
    config=DecontaminateConfig,
    summary="documents that hold items of benchmarks, dropped or cut",
    libraries=("numpy", "orjson"),
    load=load,
    model_files=model_files,
    facts=facts,
    measure=measure_contamination,
    keep=keep_uncontaminated,
    summarise=summarise,
    merge=merge,
)
