"""Labelled documents as lines on disk, split by the hash of what they say: neither files nor their order show.

Memory: about 300 bytes per document; the lines lie in a file.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import xxhash

from curation_lib.core.artefact import TrainingData
from curation_lib.core.errors import ConfigError
from curation_lib.text.classifier_lines import Form, classifier_lines
from curation_lib.text.label_scores import PREFIX

LEAST = 2
"""Documents of a label: one to train with, one to measure with."""
_INJECTED = re.compile(rb"(?:^|[ \t\v\f\r\0])" + PREFIX.encode())
"""A word that fastText would take for one more label of its document."""


class Example(NamedTuple):
    """One document: where its line lies in the spool, what it says (xxh3-128), where it is from."""

    digest: bytes
    source: str
    license: str
    label: str
    start: int
    length: int


@dataclass
class Examples:
    """Documents of several labels. `refused` counts those left out, by label and reason: `empty` (no word),
    `label_prefix` (a word that begins as fastText's labels do), `repeated` (says what another of its label says),
    `several_labels` (says what one of another label says)."""

    spool: BinaryIO
    form: Form
    added: list[Example] = field(default_factory=list)
    refused: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, label: str, source: str, batch: pa.RecordBatch) -> None:
        """Documents of one label from the file `source`; columns `text` and `license`."""
        data, offsets = classifier_lines(batch.column("text"), self.form)
        whole = data.tobytes()
        licenses = batch.column("license").to_pylist()
        for row, license in enumerate(licenses):
            line = whole[offsets[row] : offsets[row + 1]]
            if reason := _unfit(line):
                self.refused[label][reason] += 1
                continue
            digest = xxhash.xxh3_128_digest(line)
            self.added.append(Example(digest, source, license, label, self.spool.tell(), len(line)))
            self.spool.write(line)

    def distinct(self, labels: Sequence[str]) -> list[Example]:
        """What can be trained with, each text once. Raises ConfigError for a label of which too little is left."""
        said: dict[bytes, set[str]] = defaultdict(set)
        for one in self.added:
            said[one.digest].add(one.label)
        kept: dict[bytes, Example] = {}
        for one in sorted(self.added):
            if len(said[one.digest]) > 1:
                self.refused[one.label]["several_labels"] += 1
            elif one.digest in kept:
                self.refused[one.label]["repeated"] += 1
            else:
                kept[one.digest] = one
        self._require(labels, Counter(one.label for one in kept.values()))
        return list(kept.values())

    def _require(self, labels: Sequence[str], counts: Counter[str]) -> None:
        for label in labels:
            if counts[label] < LEAST:
                why = ", ".join(f"{n} {reason}" for reason, n in sorted(self.refused[label].items())) or "none refused"
                raise ConfigError(
                    f"label {label!r}: {counts[label]} documents to learn from ({why}); give at least {LEAST} others"
                )

    def lines(self, examples: Sequence[Example]) -> Iterator[bytes]:
        """Their lines, in order."""
        for one in examples:
            self.spool.seek(one.start)
            yield self.spool.read(one.length)


class Split(NamedTuple):
    """Examples in the order of their hashes."""

    train: list[Example]
    held_out: list[Example]


def split(examples: Sequence[Example], held_out: float, most: int | None, seed: int) -> Split:
    """The share `held_out` of each label (at least one document, never all) apart from the rest; of each label at most
    `most` documents are taken. Which ones depends on texts and seed alone."""
    ordered = sorted(examples, key=lambda one: (xxhash.xxh3_64_intdigest(one.digest, seed), one.digest))
    train: list[Example] = []
    apart: list[Example] = []
    left = Counter(one.label for one in ordered)
    for label, n in left.items():
        left[label] = min(n, most or n)
    aside = {label: min(max(round(held_out * n), 1), n - 1) for label, n in left.items()}
    seen: Counter[str] = Counter()
    for one in ordered:
        seen[one.label] += 1
        if seen[one.label] <= left[one.label]:
            (apart if seen[one.label] <= aside[one.label] else train).append(one)
    return Split(train, apart)


def described(examples: Sequence[Example]) -> list[TrainingData]:
    """What was taken of each label and file, for the model's manifest."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for one in sorted(examples):
        groups[one.label, one.source].append(one)
    return [
        TrainingData(
            name=source,
            label=label,
            documents=len(found),
            bytes=sum(one.length for one in found),
            licenses=dict(sorted(Counter(one.license for one in found).items())),
            sha256=hashlib.sha256(b"\n".join(one.digest + one.license.encode() for one in found)).hexdigest(),
        )
        for (label, source), found in sorted(groups.items())
    ]


def _unfit(line: bytes) -> str:
    if not line.strip():
        return "empty"
    return "label_prefix" if _INJECTED.search(line) else ""
