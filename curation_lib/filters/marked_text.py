"""Taking marked bytes out of texts: the edits, the edited batch, and the documents that nothing is left of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation_lib.core.stage import Result
from curation_lib.core.taken import EDIT, Columns, Drop, Edit
from curation_lib.text.buffers import Bytes, Offsets, arrow_buffers
from curation_lib.text.line_edits import KEPT, ODD_LINE, kept_sizes
from curation_lib.text.records import CHAT


def without_marked(
    batch: pa.RecordBatch, marks: Bytes, rules: Sequence[str], dropped: Mapping[int, Drop] | None = None
) -> Result:
    """The batch without the bytes that `marks` (one per byte of the column's buffer, see `text.line_edits`) does not
    keep; `rules` names each mark. Emptied texts are dropped as `empty`, with the rules that did it, most bytes first;
    `dropped` are further rows to drop. A dropped row has no edits. Records (format `chat`) stay as they are: their text
    has to say what stands in their metadata."""
    data, offsets = arrow_buffers(batch.column("text"))
    whole = set(pc.indices_nonzero(pc.equal(batch.column("format"), CHAT)).to_pylist())
    for row in whole:
        marks[offsets[row] : offsets[row + 1]] = KEPT
    dropped = {row: drop for row, drop in (dropped or {}).items() if row not in whole}
    sizes = kept_sizes(marks, offsets)
    edits = _edits(marks, offsets, rules)
    at = batch.schema.get_field_index("text")
    edited = batch.set_column(at, batch.schema.field(at), _texts(data, offsets, marks, sizes))
    gone = {drop.row: drop for drop in _drops(np.flatnonzero(sizes == 0).tolist(), edits)} | dropped
    left = np.ones(batch.num_rows, bool)
    left[list(gone)] = False
    kept = edits.filter(pa.array(left[edits.column("row").to_numpy()]))
    return Result(edited.filter(pa.array(left)), [gone[row] for row in sorted(gone)], Columns(Edit, kept))


def _texts(data: Bytes, offsets: Offsets, marks: Bytes, sizes: npt.NDArray[np.int64]) -> pa.LargeStringArray:
    kept = data[offsets[0] : offsets[-1]][marks[offsets[0] : offsets[-1]] == KEPT]
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return pa.LargeStringArray.from_buffers(len(sizes), pa.py_buffer(ends), pa.py_buffer(kept))


def _edits(marks: Bytes, offsets: Offsets, names: Sequence[str]) -> pa.RecordBatch:
    """One edit (EDIT) per run of equal marks within a row."""
    first, last = int(offsets[0]), int(offsets[-1])
    bound = np.ones(last - first + 1, bool)
    bound[1:-1] = marks[first + 1 : last] != marks[first : last - 1] if first < last else False
    bound[offsets - first] = True
    bounds = np.flatnonzero(bound) + first
    starts, ends = bounds[:-1], bounds[1:]
    removed = marks[starts] != KEPT
    starts, ends = starts[removed], ends[removed]
    rows = np.searchsorted(offsets, starts, side="right") - 1
    rules = pa.array(names).take(pa.array(marks[starts] & ~np.uint8(ODD_LINE)))
    columns = [rows, rules, starts - offsets[rows], ends - offsets[rows], pa.nulls(len(rows), pa.string())]
    return pa.RecordBatch.from_arrays([pa.array(c) for c in columns], schema=EDIT)


def _drops(rows: list[int], edits: pa.RecordBatch) -> list[Drop]:
    """The emptied rows (0 bytes left, 1 is the least), each with the rules that emptied it, by bytes removed."""
    removed: dict[int, Counter[str]] = {row: Counter() for row in rows}
    for edit in Columns(Edit, edits.filter(pc.is_in(edits.column("row"), pa.array(rows, pa.int64())))):
        removed[edit.row][edit.rule] += edit.end - edit.start
    return [Drop(row, "empty", 0.0, 1.0, tuple(rule for rule, _ in removed[row].most_common())) for row in rows]
