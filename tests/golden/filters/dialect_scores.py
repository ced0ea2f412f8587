"""How golden scores of a dialect are kept: one compressed numpy file with a row per document.

ids: uint64, a hash of the document's id and text; failed: uint32, bit i is set where the dialect's i-th rule drops the document (rules of gopher_quality,
gopher_repetition and c4_quality in declared order); scores: float32 by column, its four bytes apart so that they
compress.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np


def key(identity: str, text: str) -> int:
    """Which document a row is of."""
    return int.from_bytes(hashlib.blake2b(f"{identity}\0{text}".encode(), digest_size=8).digest(), "big")


def write(path: Path, ids: Sequence[int], scores: Mapping[str, Sequence[float]], failed: Sequence[int]) -> None:
    """`scores`: "filter.score" -> one per document."""
    columns = np.array(list(scores.values()), np.float32)
    planes = columns.view(np.uint8).reshape(*columns.shape, 4).transpose(0, 2, 1)
    np.savez_compressed(
        path, ids=np.array(ids, np.uint64), names=np.array(list(scores)),
        planes=planes, failed=np.array(failed, np.uint32),
    )  # fmt: skip


def read(path: Path) -> tuple[Any, dict[str, Any], Any]:
    """`(ids, scores, failed)` as `write` took them."""
    with np.load(path) as found:
        planes = np.ascontiguousarray(found["planes"].transpose(0, 2, 1))
        columns = planes.reshape(planes.shape[0], -1).view(np.float32)
        return found["ids"], dict(zip(found["names"].tolist(), columns, strict=True)), found["failed"]
