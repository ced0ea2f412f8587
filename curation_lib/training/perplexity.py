"""Trains the n-gram model behind `filters.perplexity` and completes its folder.

`model.bin` is KenLM's binary of type probing, which KenLM opens; `model.arpa.zst`, where asked for, the same as ARPA.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import zstandard
from pydantic import Field, model_validator

from curation_lib.core.artefact import ModelManifest, TrainingData
from curation_lib.core.config import StageConfig
from curation_lib.core.errors import ConfigError
from curation_lib.text.arpa import arpa_text
from curation_lib.text.hashing import priority
from curation_lib.text.ngram_building import build_model
from curation_lib.text.ngram_files import ARPA_FILE, KIND, MODEL_FILE, binary_bytes
from curation_lib.text.ngram_model import NgramModel
from curation_lib.text.ngram_tables import words_of
from curation_lib.text.tokenisations import TOKENISE, Sentences, Tokenisation, score_tokenised
from curation_lib.training.kneser_ney import Smoothed, smoothed
from curation_lib.training.ngram_corpus import Corpus
from curation_lib.training.writing import Described, all_licenses, complete, new_folder

HELD_OUT_SEED = 20
PERCENTILES = (5, 10, 30, 50, 60, 90, 95)


class PerplexityTraining(StageConfig):
    """Settings of a training.

    order: of the longest n-grams. prune: an n-gram of order n that stands prune[n - 1] times or less goes; the last
    number serves the longer ones. tokenisation: what texts become first. language: only documents in it.
    held_out: share of the documents that do not train but are scored, by hash of doc_id. sample: share of the
    documents that are used, by hash of doc_id. max_tokens: more stop the training; it takes 150 bytes of memory each
    (order 5). arpa: write the model as ARPA, too.
    """

    order: int = Field(5, ge=2, le=6)
    prune: tuple[int, ...] = Field((0, 0, 0, 1), min_length=1)
    tokenisation: Tokenisation = "folded"
    sentences: Sentences = "lines"
    language: str | None = None
    held_out: float = Field(0.02, ge=0, lt=1)
    sample: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(50_000_000, ge=1)
    arpa: bool = False

    @model_validator(mode="after")
    def _prunes_longer_more(self) -> PerplexityTraining:
        if self.prune[0] != 0 or list(self.prune) != sorted(self.prune):
            raise ValueError("prune: begins with 0 (words stay) and never falls")
        return self

    @property
    def least(self) -> tuple[int, ...]:
        """`prune` with a number for each order."""
        return (*self.prune, *[self.prune[-1]] * self.order)[: self.order]


def train_perplexity(
    batches: Iterable[pa.RecordBatch],
    folder: Path,
    name: str,
    license: str | None,
    settings: PerplexityTraining,
    unreadable: int = 0,
) -> ModelManifest:
    """Train on documents and write the model's folder. The same documents in the same order give the same bytes.

    license: of the model; default is that of all its documents. unreadable: rows that are no documents, for the
    metrics, which count what was left out under `refused`: they, and documents in another language (`other_language`).
    Raises ConfigError where no document is left to train on, or more than `max_tokens`, or `folder` holds anything.
    """
    with new_folder(folder) as place:
        corpus, held, book = Corpus(), _Held(), _Book(Counter(unreadable=unreadable))
        for batch in batches:
            spoken = _spoken(batch, settings.language)
            book.refused["other_language"] += batch.num_rows - spoken.num_rows
            chosen, out = _chosen(spoken, settings)
            held.texts.append(out.column("text"))
            book.add(chosen)
            book.take(out, held_out=True)
            corpus.add(*_as_sentences(chosen.column("text"), settings))
            _require_room(corpus, settings)
        if not corpus.tokens:
            raise ConfigError("no document to train on; check the inputs and `language`")
        libraries = ("numpy", "numba", "pyarrow")
        data = [book.training_data()]
        said, refused = settings.model_dump(mode="json"), dict(sorted((+book.refused).items()))
        described = Described(name, KIND, license or all_licenses(data), said, data, libraries, refused=refused)
        return _trained(place, corpus, held, described, settings)


def _require_room(corpus: Corpus, settings: PerplexityTraining) -> None:
    if corpus.tokens > settings.max_tokens:
        raise ConfigError(
            f"more than {settings.max_tokens:,} tokens; set sample to less than 1, or raise max_tokens, "
            "with 150 bytes of memory for each"
        )


def _trained(
    folder: Path, corpus: Corpus, held: _Held, described: Described, settings: PerplexityTraining
) -> ModelManifest:
    tokens = corpus.tokens
    made = smoothed(corpus.numbers(), len(corpus.words), settings.order, settings.least)
    model = build_model(words_of(corpus.words), made.orders)
    _write(folder, model, corpus.words, made, settings.arpa)
    measured = held.metrics(model, settings)
    metrics = {"tokens": tokens, "refused": described.refused, **_described(made), "held_out": measured}
    return complete(folder, described, metrics, _card(described, metrics))


def _as_sentences(texts: pa.Array, settings: PerplexityTraining) -> tuple[Any, Any]:
    data, offsets = TOKENISE[settings.tokenisation](texts)
    if settings.sentences == "texts":
        data = np.where(data == ord("\n"), np.uint8(ord(" ")), data)
    return data, offsets


def _spoken(batch: pa.RecordBatch, language: str | None) -> pa.RecordBatch:
    """Documents in the language; all of them where none is asked for."""
    return batch if language is None else batch.filter(pc.equal(batch.column("language"), language))


def _chosen(batch: pa.RecordBatch, settings: PerplexityTraining) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Documents that train, and those held out."""
    taken = _drawn(batch, 0) < settings.sample
    held = _drawn(batch, HELD_OUT_SEED) < settings.held_out
    return batch.filter(pa.array(taken & ~held)), batch.filter(pa.array(taken & held))


def _drawn(batch: pa.RecordBatch, seed: int) -> npt.NDArray[np.float64]:
    """Uniform in [0, 1) per document."""
    return np.asarray((priority(batch.column("doc_id"), seed) >> np.uint64(11)) / np.float64(1 << 53))


class _Book:
    """What trained, and what was refused, by reason."""

    def __init__(self, refused: Counter[str]) -> None:
        self.documents, self.bytes, self.licenses = 0, 0, Counter[str]()
        self.refused = refused
        self.digests = hashlib.sha256(), hashlib.sha256()

    def add(self, batch: pa.RecordBatch) -> None:
        licenses = batch.column("license").to_pylist()
        self.documents += batch.num_rows
        self.bytes += pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0
        self.licenses.update(licenses)
        self.take(batch)

    def take(self, batch: pa.RecordBatch, held_out: bool = False) -> None:
        """For the hash of what was taken: documents held out shape the metrics."""
        columns = (batch.column(name).to_pylist() for name in ("content_hash", "license"))
        for content, license in zip(*columns, strict=True):
            self.digests[held_out].update(f"{content}\0{license}\n".encode())

    def training_data(self) -> TrainingData:
        licenses = dict(sorted(self.licenses.items()))
        taken = hashlib.sha256(b"".join(one.digest() for one in self.digests)).hexdigest()
        return TrainingData(name="input", documents=self.documents, bytes=self.bytes, licenses=licenses, sha256=taken)


class _Held:
    """Documents that are scored, not trained on."""

    def __init__(self) -> None:
        self.texts: list[pa.Array] = []

    def metrics(self, model: NgramModel, settings: PerplexityTraining) -> dict[str, Any]:
        scores = score_tokenised(pa.chunked_array(self.texts), model, settings.tokenisation, settings.sentences)
        if not len(scores.log10):
            return {"documents": 0}
        tokens = int(scores.tokens.sum())
        return {
            "documents": len(scores.log10),
            "tokens": tokens,
            "perplexity": float(10 ** (-scores.log10.sum() / tokens)),
            "unknown": float(scores.unknown.sum() / tokens),
            "percentiles": {str(p): float(np.percentile(scores.perplexity, p)) for p in PERCENTILES},
        }


def _described(made: Smoothed) -> dict[str, Any]:
    return {
        "ngrams": [len(ngrams.probability) for ngrams in made.orders],
        "discounts": [[float(d) for d in found] for found in made.discounts],
        "discounts_estimated": made.estimated,
    }


def _write(folder: Path, model: NgramModel, words: Sequence[bytes], made: Smoothed, arpa: bool) -> None:
    (folder / MODEL_FILE).write_bytes(binary_bytes(model, words))
    if arpa:
        with (folder / ARPA_FILE).open("wb") as raw, zstandard.ZstdCompressor().stream_writer(raw) as file:
            for piece in arpa_text(words, made.orders):
                file.write(piece)


def _card(described: Described, metrics: Mapping[str, Any]) -> str:
    data, held = described.data[0], metrics["held_out"]
    settings = described.settings
    heading = f"# {described.name}\n\nAn n-gram model for perplexity, made by Winnow. Licence: {described.license}.\n"
    licenses = ", ".join(f"{name} ({n:,})" for name, n in data.licenses.items())
    how = f"tokens `{settings['tokenisation']}`, sentences are {settings['sentences']}"
    rows = [
        f"- Trained on {data.documents:,} documents, {data.bytes:,} bytes, {metrics['tokens']:,} tokens.",
        f"- Left out: {', '.join(f'{n:,} {reason}' for reason, n in metrics['refused'].items()) or 'nothing'}.",
        f"- Licences of the documents: {licenses}.",
        f"- Order {settings['order']}, modified Kneser-Ney, interpolated; pruned {list(settings['prune'])}; {how}.",
        f"- n-grams by order: {', '.join(f'{n:,}' for n in metrics['ngrams'])}.",
    ]
    if not all(metrics["discounts_estimated"]):
        rows.append("- The text is too small for discounts of its own in some order: 0.5, 1 and 1.5 there.")
    if held["documents"]:
        rows.append(
            f"- Perplexity of {held['documents']:,} documents held out: {held['perplexity']:.1f} over all tokens, "
            f"{held['percentiles']['50']:.1f} at the median; {held['unknown']:.1%} of their tokens are unknown."
        )
    return heading + "\n" + "\n".join(rows) + "\n"
