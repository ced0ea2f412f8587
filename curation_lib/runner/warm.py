"""Compiles the kernels ahead: `python -m curation_lib.runner.warm`, after an install or an edit.

Numba keeps what it compiled beside the sources; without this every worker of a first build compiles the same.
It does not see that a function called from another file has changed, so the kept files go when any kernel's
source has changed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import curation_lib
from curation_lib.core.contract import DOCUMENT
from curation_lib.core.registry import find
from curation_lib.core.stage import OWN, Context, Filter, Group, Map
from curation_lib.text.arpa import arpa_text, parse_arpa
from curation_lib.text.classifier_lines import classifier_lines
from curation_lib.text.fasttext_dense import assembled
from curation_lib.text.fasttext_files import Head
from curation_lib.text.fasttext_scores import dense_scores
from curation_lib.text.folded_text import folded_text
from curation_lib.text.hashing import content_hashes, doc_id
from curation_lib.text.masked_words import masked_tokens
from curation_lib.text.ngram_building import build_model
from curation_lib.text.ngram_scores import score_bytes
from curation_lib.text.ngram_tables import words_of
from curation_lib.text.overlap import ngram_index, ngram_matches
from curation_lib.text.tokenizers.memo import compile_growth
from curation_lib.text.tokenizers.pieces import Pieces
from curation_lib.text.tokenizers.splits import GPT2, Split
from curation_lib.training.kneser_ney import smoothed
from curation_lib.training.ngram_corpus import Corpus

TEXT = "A first line of words to compile with. A second one, told twice.\nA second one, told twice.\n\n第二行。 [1]\n"
STAGES = (
    "dedup.exact", "dedup.minhash", "dedup.semantic", "dedup.spans", "filters.c4_lines", "filters.gopher_repetition",
    "filters.gopher_quality", "filters.c4_quality", "filters.fineweb_quality", "filters.boilerplate_lines",
    "filters.code_markup", "filters.coherence", "filters.density",
)  # fmt: skip


VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dedup.minhash", {"preset": "curator"}),
    *(("filters.gopher_repetition", {"dialect": dialect}) for dialect in ("dolma", "dclm", "curator")),
    ("filters.text_modifiers", {"modifiers": ["newlines"]}),
    ("filters.script", {"unknown_language": "pass"}),
    ("filters.gopher_repetition", {"exact": True}),
)
"""Settings that lead to kernels which the defaults leave alone, or that a stage must be given."""


def main() -> None:
    """Run every stage that has kernels over two documents."""
    forget_stale()
    batch = documents()
    for name, settings in [*((name, {}) for name in STAGES), *VARIANTS]:
        stage = find(name)
        config = stage.config(**settings)
        if isinstance(stage, Filter):
            common = stage.statistics(config) if stage.statistics else None
            model = stage.load(config) if stage.load else None
            stage.measure(batch, config, Context(model, common(batch) if common else None))
        elif isinstance(stage, Map):
            stage.fn(batch, config, Context())
        elif isinstance(stage, Group):
            _decide(stage, batch, config)
    _look_up(batch)
    _read_by_model(batch)
    _judge(batch)
    _tokenise(batch)


def _look_up(batch: pa.RecordBatch) -> None:
    """The kernels behind filters whose settings name files: benchmarks and classifiers."""
    texts = batch.column("text")
    lines, one = classifier_lines(texts, "lines"), np.zeros((1, 1), np.float32)
    classifier_lines(texts, "words")
    head = Head(supervised=True, softmax=True, longest=1, bucket=0, pieces=False, entries=1, words=0)
    dense_scores(*lines, assembled(np.zeros(10, np.uint8), head, one, one))
    grams = ngram_index(masked_tokens(texts), 8, 8, np.zeros(batch.num_rows, np.int64), 1)
    ngram_matches(texts, grams)


def _judge(batch: pa.RecordBatch) -> None:
    """The kernels behind synthetic.gates, which judges generated documents only."""
    stage = find("synthetic.gates")
    assert isinstance(stage, Filter)
    assert stage.summarise
    noted = [[("synthetic_outcome", "ok"), ("synthetic_seed_text", f"Of Oldby in 1931: {TEXT}")]] * batch.num_rows
    made = {
        "format": pa.array(["synthetic"] * batch.num_rows),
        "metadata": pa.array(noted, DOCUMENT.field("metadata").type),
    }
    made |= {"text": pa.array([f"In 1931 Oldby: {TEXT}"] * batch.num_rows, pa.large_string())}
    columns = [made.get(f.name, batch.column(f.name)) for f in DOCUMENT]
    config = stage.config.model_validate({"identify_language": False})
    scores = stage.measure(pa.RecordBatch.from_arrays(columns, schema=DOCUMENT), config, Context())
    stage.summarise(scores, config, None)


def _read_by_model(batch: pa.RecordBatch) -> None:
    """The kernels behind filters.perplexity, whose settings name files, and those that make its models."""
    data, offsets = folded_text(batch.column("text"))
    corpus = Corpus()
    corpus.add(data, offsets)
    made = smoothed(corpus.numbers(), len(corpus.words), 3, (0, 0, 0))
    model = build_model(words_of(corpus.words), made.orders)
    score_bytes(data, offsets, model)
    parse_arpa(b"".join(arpa_text(corpus.words, made.orders)), "warm")


def _tokenise(batch: pa.RecordBatch) -> None:
    """The kernels behind tokenizers, whose settings name files: here every byte is a token."""
    classes = np.zeros(0x110000, np.uint8)
    pieces = Pieces(Split(GPT2), classes, list, lambda text: np.frombuffer(text.encode(), np.uint8).astype(np.uint32))
    pieces.encode(batch.column("text"))
    pieces.count(batch.column("text"))
    compile_growth()


def forget_stale() -> None:
    """Delete what numba compiled from other sources than today's."""
    rooms = [
        Path(curation_lib.__file__).parent / room
        for room in ("text", "text/tokenizers", "dedup", "filters", "training")
    ]
    sources = [path for room in rooms for path in sorted(room.glob("*.py"))]
    now = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = rooms[0] / "__pycache__" / "kernels.sha256"
    if not stamp.exists() or stamp.read_text() != now:
        for room in rooms:
            for kept in room.glob("__pycache__/*.nb[ic]"):
                kept.unlink(missing_ok=True)
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(now)


def documents() -> pa.RecordBatch:
    """Two documents with the same text."""
    text = pa.array([TEXT, TEXT], pa.large_string())
    values = {"doc_id": [doc_id("warm", str(n)) for n in range(2)], "source": ["warm"] * 2, "source_id": ["0", "1"]}
    values |= {"text": text, "content_hash": content_hashes(text), "license": ["unknown"] * 2, "format": ["text"] * 2}
    columns = [pa.array(values[f.name], f.type) if f.name in values else pa.nulls(2, f.type) for f in DOCUMENT]
    return pa.RecordBatch.from_arrays(columns, schema=DOCUMENT)


def _decide(stage: Group, batch: pa.RecordBatch, config: object) -> None:
    rows = pa.Table.from_batches([stage.key(batch, config, Context())])
    shard = pa.array([0] * rows.num_rows, pa.uint32())
    release = pa.array([OWN] * rows.num_rows, pa.uint16())
    keyed = rows.append_column(pa.field("shard", pa.uint32()), shard)
    keyed = keyed.append_column(pa.field("release", pa.uint16()), release)
    found = stage.partition(keyed.sort_by([(c, "ascending") for c in ("partition_key", "shard", "row")]), config)
    decision = stage.decide([found], lambda _, wanted: batch.take(pa.array(wanted, pa.int64())), config)
    stage.apply(batch, decision, config, Context())


if __name__ == "__main__":
    main()
