"""The parts of documents that `dedup.spans` compares: paragraphs of enough words, and runs of words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from curation_lib.dedup.decisions import Mask
from curation_lib.text.buffers import Column, Hashes, Offsets, arrow_buffers
from curation_lib.text.hashing import normalised_hashes
from curation_lib.text.paragraphs import paragraph_texts, paragraphs
from curation_lib.text.winnowing import Fingerprints, run_hashes
from curation_lib.text.word_spans import Words


class Units(NamedTuple):
    """Parts of a batch's documents: the document's number in the batch, the part's in the document, 128 bits of
    hash. sizes: how many parts each document of the batch has, those not listed included."""

    sizes: Offsets
    document: Offsets
    unit: Offsets
    high: Hashes
    low: Hashes


def paragraph_units(column: Column, words: Words, least: int) -> Units:
    """The paragraphs of at least `least` words, by xxh3-128 of their collapsed text."""
    found = paragraphs(column)
    base = arrow_buffers(column)[1][:-1]
    begins = np.repeat(base, np.diff(found.offsets)) + found.starts
    places = np.repeat(base, np.diff(words.offsets)) + words.starts
    bounds = np.append(np.searchsorted(places, begins), len(places))  # every word stands in a paragraph
    long = np.flatnonzero(np.diff(bounds) >= least)
    document = rows_of(found.offsets)[long]
    high, low = normalised_hashes(paragraph_texts(column, found).take(long))
    return Units(np.diff(found.offsets), document, long - found.offsets[document], high, low)


def run_units(words: Words, prints: Fingerprints, near: Mask, size: int) -> Units:
    """The runs of `size` words in the stretches of `prints` where `near` is true."""
    stretch = np.flatnonzero(near)
    first, last = prints.firsts[stretch], prints.lasts[stretch]
    before = np.cumsum(last - first) - (last - first)
    document = np.repeat(rows_of(prints.offsets)[stretch], last - first)
    unit = np.arange(len(document)) + np.repeat(first - before, last - first)
    high, offsets = run_hashes(words.high, words.offsets, size)
    low, _ = run_hashes(words.low, words.offsets, size)
    at = offsets[document] + unit
    return Units(np.diff(offsets), document, unit, high[at], low[at])


def chosen(units: Units, mask: Mask) -> Units:
    """Those of the units where `mask` is true."""
    sizes, document, unit, high, low = units
    return Units(sizes, document[mask], unit[mask], high[mask], low[mask])


def rows_of(offsets: Offsets) -> Offsets:
    """The row of each item, for items in rows of these offsets."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
