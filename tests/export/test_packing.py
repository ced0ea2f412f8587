from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.export.packing import Sequences, best_fit, packed, pieces

PAD = 9
DOCUMENTS = st.lists(st.lists(st.integers(0, 8), min_size=0, max_size=30), max_size=25)
LENGTHS = st.integers(2, 17)


def flat(documents: list[list[int]]) -> tuple[Any, Any]:
    """Ids and offsets of the documents with PAD, the end of a text, behind each."""
    ended = [[*one, PAD] for one in documents]
    offsets = np.cumsum([0, *map(len, ended)], dtype=np.int64)
    return np.array([i for one in ended for i in one], np.uint32), offsets


def rows(found: Sequences) -> list[list[int]]:
    return [found.ids[a:b].tolist() for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]


def chunks(documents: list[list[int]], length: int) -> list[list[int]]:
    ended = [[*one, PAD] for one in documents]
    return [one[i : i + length] for one in ended for i in range(0, len(one), length)]


def bins_by_hand(sizes: list[int], length: int) -> list[int]:
    """Best fit decreasing as one would write it down: the fullest bin that has room, of equals the latest changed."""
    found, room, changed = [0] * len(sizes), [], []
    for clock, piece in enumerate(sorted(range(len(sizes)), key=lambda i: (-sizes[i], i))):
        fit = [b for b in range(len(room)) if room[b] >= sizes[piece]]
        if fit:
            one = min(fit, key=lambda b: (room[b], -changed[b]))
        else:
            one = len(room)
            room.append(length)
            changed.append(0)
        room[one] -= sizes[piece]
        changed[one] = clock
        found[piece] = one
    return found


@given(DOCUMENTS)
def test_unpacked_documents_are_sequences(documents: list[list[int]]) -> None:
    found = packed(*flat(documents), "none", None, PAD)
    assert rows(found) == [[*one, PAD] for one in documents]
    assert (found.ends, found.padding) == (len(documents), 0)


@given(DOCUMENTS, LENGTHS)
def test_concatenated_sequences_are_the_documents_one_after_the_other(documents: list[list[int]], length: int) -> None:
    ids, offsets = flat(documents)
    found = packed(ids, offsets, "concatenate", length, PAD)
    assert found.ids.tolist() == ids.tolist() + [PAD] * found.padding
    assert found.padding < length
    assert all(len(row) == length for row in rows(found))


@given(st.lists(st.integers(1, 17), max_size=60), st.integers(17, 20))
def test_best_fit_is_what_one_would_write_down(sizes: list[int], length: int) -> None:
    assert best_fit(np.array(sizes, np.int64), length).tolist() == bins_by_hand(sizes, length)


@given(DOCUMENTS, LENGTHS)
def test_best_fit_holds_every_piece_whole_and_once(documents: list[list[int]], length: int) -> None:
    found = packed(*flat(documents), "best_fit", length, PAD)
    bins = bins_by_hand([len(one) for one in chunks(documents, length)], length)
    first: dict[int, list[int]] = {}
    for one, bin in zip(chunks(documents, length), bins, strict=True):
        first.setdefault(bin, []).extend(one)
    assert rows(found) == [one + [PAD] * (length - len(one)) for one in first.values()]
    assert len(found.ids) == sum(len(one) + 1 for one in documents) + found.padding


@given(DOCUMENTS, LENGTHS)
def test_pieces(documents: list[list[int]], length: int) -> None:
    ids, offsets = flat(documents)
    starts, sizes = pieces(offsets, length)
    assert [ids[a : a + n].tolist() for a, n in zip(starts, sizes, strict=True)] == chunks(documents, length)


def test_best_fit_cuts_no_short_document_and_pads_little() -> None:
    """Lengths as of web pages: log-normal, median 400 tokens."""
    rng = np.random.default_rng(7)
    lengths = np.clip(np.exp(rng.normal(6, 1.2, 20_000)), 1, 2**17).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    found = packed(np.ones(offsets[-1], np.uint32), offsets, "best_fit", 4096, 0)
    assert found.padding / len(found.ids) < 0.001
    starts, sizes = pieces(offsets, 4096)
    assert (sizes[np.isin(starts, offsets[:-1][lengths <= 4096])] == lengths[lengths <= 4096]).all()


@pytest.mark.parametrize("packing", ["none", "concatenate", "best_fit"])
def test_no_documents(packing: Any) -> None:
    found = packed(np.zeros(0, np.uint32), np.zeros(1, np.int64), packing, None if packing == "none" else 8, PAD)
    assert rows(found) == []
    assert (found.ends, found.padding) == (0, 0)
