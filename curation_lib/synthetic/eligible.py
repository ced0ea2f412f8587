"""Which documents may be seeds, the part of each that a generator would see, and what that part holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.contract import SYNTHETIC
from curation_lib.synthetic.excerpts import excerpt
from curation_lib.text.named_languages import UNKNOWN

_NUMBERS = re.compile(rb"(?<![\w.])\d+(?:[.,]\d+)*(?![\w.]*\w)")
MIN_NUMBERS = 3
"""Different numbers that a text must hold to pose a problem with."""
_CODE = re.compile(rb"^[ \t]*(?:```|~~~)|(?:^(?: {4}|\t)\S.*\n?){2}|[;{}]\s*$", re.MULTILINE)
"""A fence, two indented lines in a row, or a line that ends like code."""


class Candidates(NamedTuple):
    """Row by row: number in the batch, the part [start, stop) of its text in bytes, whether that is all of it but white
    space, whether it holds numbers to calculate with, and code; and the part itself."""

    rows: npt.NDArray[np.uint32]
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    whole: npt.NDArray[np.bool_]
    numbers: npt.NDArray[np.bool_]
    code: npt.NDArray[np.bool_]
    texts: pa.LargeStringArray


def candidates(batch: pa.RecordBatch, languages: Sequence[str], least: int, most: int) -> Candidates:
    """Natural documents without an opt-out, in one of `languages` (`en` is `en-GB`, too), of which between `least` and
    `most` bytes can be shown."""
    spoken = pc.fill_null(batch.column("language"), UNKNOWN).to_pylist()
    natural = pc.and_(pc.not_equal(batch.column("format"), SYNTHETIC), pc.is_null(batch.column("opt_out")))
    rows, spans, parts, whole = [], [], [], []
    for row in np.flatnonzero(natural.to_numpy(zero_copy_only=False)).tolist():
        if spoken[row] not in languages and spoken[row].replace("_", "-").partition("-")[0] not in languages:
            continue
        text = batch.column("text")[row].as_buffer().to_pybytes()
        if (span := excerpt(text, least, most)) is None:
            continue
        rows.append(row)
        spans.append(span)
        parts.append(text[slice(*span)])
        whole.append(len(text.strip()) == len(parts[-1]))
    starts, stops = (np.array([span[side] for span in spans], np.int64) for side in (0, 1))
    return Candidates(
        np.array(rows, np.uint32), starts, stops, np.array(whole, bool),
        np.array([len(set(_NUMBERS.findall(part))) >= MIN_NUMBERS for part in parts], bool),
        np.array([_CODE.search(part) is not None for part in parts], bool),
        pa.array([part.decode() for part in parts], pa.large_string()),
    )  # fmt: skip
