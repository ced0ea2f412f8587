"""Which documents are in English, for models whose word lists are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

UNKNOWN = "unknown"
"""The language of a document that none was found for."""


def english(batch: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """bool[rows]: English by the column `language`, or of no language that anyone found; all where there is none."""
    if "language" not in batch.schema.names:
        return np.ones(batch.num_rows, bool)
    codes = pc.fill_null(batch.column("language"), UNKNOWN).dictionary_encode()
    known = [
        code == UNKNOWN or code.replace("_", "-").partition("-")[0] == "en" for code in codes.dictionary.to_pylist()
    ]
    found: npt.NDArray[np.bool_] = np.array(known, bool)[codes.indices.to_numpy()]
    return found
