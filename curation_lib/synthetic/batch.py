"""What only the whole batch of a form shows: template collapse, and children that are almost the same.

Counts are exact and do not depend on shards; diversity is measured on the SAMPLE children of a form with the smallest
hash, SAMPLED words of each, since it falls with the size of a text by itself. About 500 bytes per child are held.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from curation_lib.text.bands import band_keys
from curation_lib.text.buffers import Hashes, Offsets
from curation_lib.text.diversity import distinct_share, self_bleu
from curation_lib.text.minhash import signatures
from curation_lib.text.shingles import shingle_hashes

SAMPLE, SAMPLED = 200, 100
BANDS, ROWS = 16, 4
"""Of MinHash: two children of similarity 0.7 share a band with probability 0.99."""
SHINGLE = 3
"""Words: children are short."""


class Member(NamedTuple):
    """A child that passed every rule of its own. tie: its hash. words: hashes of all. opening: its first words."""

    form: str
    tie: int
    doc_id: str
    words: Sequence[int]
    opening: str


class FormState(TypedDict):
    """A form over the whole corpus: children, and how alike they are."""

    children: int
    distinct: float
    self_bleu: float
    opening_share: float
    opening: str


class Twin(TypedDict):
    """The first child of a band that several share: its hash, identity and signature."""

    tie: int
    doc_id: str
    signature: list[int]


class State(TypedDict):
    """forms: by name. twins: by band key, in hex."""

    forms: dict[str, FormState]
    twins: dict[str, Twin]


class Partial(NamedTuple):
    """Of a batch: children and openings by form, the sample of each form, every child's bands and signature."""

    counts: dict[str, int]
    openings: dict[str, Counter[str]]
    samples: dict[str, list[tuple[int, list[int]]]]
    members: list[tuple[int, str]]
    bands: Hashes
    signatures: npt.NDArray[np.uint32]


def partial_of(members: Sequence[Member]) -> Partial:
    """What a batch adds to the state."""
    forms = sorted({one.form for one in members})
    mine = {form: [one for one in members if one.form == form] for form in forms}
    signed = signed_words([one.words for one in members])
    return Partial(
        {form: len(found) for form, found in mine.items()},
        {form: Counter(one.opening for one in found) for form, found in mine.items()},
        {form: _smallest((one.tie, list(one.words[:SAMPLED])) for one in found) for form, found in mine.items()},
        [(one.tie, one.doc_id) for one in members],
        band_keys(signed, BANDS),
        signed,
    )


def signed_words(texts: Sequence[Sequence[int]]) -> npt.NDArray[np.uint32]:
    """MinHash signatures, uint32[texts, BANDS * ROWS], of texts given as word hashes."""
    ends: Offsets = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    words: Hashes = np.fromiter((word for text in texts for word in text), np.uint64, int(ends[-1]))
    return signatures(*shingle_hashes(words, ends, SHINGLE), BANDS * ROWS)


def merged(partials: Iterable[Partial]) -> State:
    """The state of all batches together, the same in any order."""
    counts: Counter[str] = Counter()
    openings: dict[str, Counter[str]] = {}
    samples: dict[str, list[tuple[int, list[int]]]] = {}
    first: dict[int, tuple[int, str, bytes]] = {}
    shared: set[int] = set()
    for one in partials:
        counts.update(one.counts)
        for form, found in one.openings.items():
            openings.setdefault(form, Counter()).update(found)
        for form, sample in one.samples.items():
            samples[form] = _smallest([*samples.get(form, ()), *sample])
        for (tie, doc_id), keys, signature in zip(one.members, one.bands.tolist(), one.signatures, strict=True):
            _note(first, shared, set(keys), (tie, doc_id, signature.tobytes()))
    forms = {form: _form(counts[form], openings[form], samples[form]) for form in sorted(counts)}
    return {"forms": forms, "twins": {f"{key:016x}": _twin(*first[key]) for key in sorted(shared)}}


def _note(
    first: dict[int, tuple[int, str, bytes]], shared: set[int], keys: set[int], child: tuple[int, str, bytes]
) -> None:
    for key in keys:
        if key in first:
            shared.add(key)
        first[key] = min(first.get(key, child), child)


def _twin(tie: int, doc_id: str, signature: bytes) -> Twin:
    return {"tie": tie, "doc_id": doc_id, "signature": np.frombuffer(signature, np.uint32).tolist()}


def _form(count: int, openings: Counter[str], sample: Sequence[tuple[int, list[int]]]) -> FormState:
    opening, times = min(openings.items(), key=lambda one: (-one[1], one[0]))
    texts = [words for _, words in sample]
    return {
        "children": count,
        "distinct": distinct_share(texts, 2),
        "self_bleu": self_bleu(texts),
        "opening_share": times / count,
        "opening": opening,
    }


def _smallest(children: Iterable[tuple[int, list[int]]]) -> list[tuple[int, list[int]]]:
    return heapq.nsmallest(SAMPLE, children)


def likeness(texts: Sequence[Sequence[int]], ties: Sequence[int], state: State) -> list[tuple[float, str]]:
    """Of each text the estimated similarity to the most alike child before it that shares a band, and which that is."""
    signed = signed_words(texts)
    found = []
    for tie, keys, signature in zip(ties, band_keys(signed, BANDS).tolist(), signed, strict=True):
        twins = [twin for key in keys if (twin := state["twins"].get(f"{key:016x}")) and twin["tie"] < tie]
        found.append(max(((_agreement(signature, twin), twin["doc_id"]) for twin in twins), default=(0.0, "")))
    return found


def _agreement(signature: npt.NDArray[np.uint32], twin: Twin) -> float:
    """Share of equal minima: an estimate of the Jaccard similarity, give or take 0.06."""
    return float(np.mean(signature == np.array(twin["signature"], np.uint32)))
