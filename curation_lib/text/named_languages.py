"""Which documents are in languages that somebody named: models and word lists know some languages only."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

UNKNOWN = "unknown"
"""The language of a document that none was found for."""
ENGLISH = ("en", UNKNOWN)


def in_languages(batch: pa.RecordBatch, languages: Collection[str]) -> npt.NDArray[np.bool_]:
    """bool[rows]: in one of `languages` by the column `language`: `de` names `de-AT`, too, and UNKNOWN the documents
    for which nobody found one."""
    codes = pc.fill_null(batch.column("language"), UNKNOWN).dictionary_encode()
    known = [
        code in languages or code.replace("_", "-").partition("-")[0] in languages
        for code in codes.dictionary.to_pylist()
    ]
    found: npt.NDArray[np.bool_] = np.array(known, bool)[codes.indices.to_numpy()]
    return found


def english(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """bool[rows]: English, or of no language that anyone found; all where there is no column `language`."""
    if "language" not in batch.schema.names:
        return np.ones(batch.num_rows, bool)
    return in_languages(batch, ENGLISH)
