"""`export.webdataset`: tar files of samples, by the library `webdataset` itself; one tar per part.

A sample without a tokenizer is `txt` and a `json` with its doc_id, source and licence; with one it is `npy`, the ids of
a sequence. Keys are row numbers, so samples stand in the order of the mix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from curation_lib.core.stage import Context, Map
from curation_lib.export.formats import Counts, Format
from curation_lib.export.samples import SAMPLES, SamplesConfig, convert, counts, sequences
from curation_lib.text.rendered_files import libraries_of, model_files
from curation_lib.text.tokenizers.loading import load

_ABOUT = ("doc_id", "source", "license")


def encode(
    batches: Iterable[pa.RecordBatch], sinks: Sequence[BinaryIO], config: SamplesConfig, context: Context
) -> Counts:
    """Write SAMPLES as one tar, with nothing in it that tells when or by whom."""
    import webdataset  # takes a while, and most builds do without

    held: Counts
    if config.tokenizer.has_ids:
        found = sequences(batches, config, context.model)
        samples: Iterable[dict[str, Any]] = (
            {"npy": found.ids[a:b]} for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)
        )
        held = counts(found)
    else:
        rows = list(batches)
        samples, held = _texts(rows), {"samples": sum(batch.num_rows for batch in rows)}
    with webdataset.TarWriter(sinks[0], user="winnow", group="winnow", mtime=0) as tar:
        for number, sample in enumerate(samples):
            tar.write({"__key__": f"{number:09d}", **sample})
    return held


def _texts(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        about = pa.RecordBatch.from_arrays([batch.column(name) for name in _ABOUT], list(_ABOUT)).to_pylist()
        for text, facts in zip(batch.column("text"), about, strict=True):
            yield {"txt": text.as_buffer().to_pybytes(), "json": orjson.dumps(facts)}


FORMAT = Format((".tar",), encode, loader="webdataset")
STAGE = Map(
    name="export.webdataset",
    version=1,
    config=SamplesConfig,
    summary="Writes one phase as WebDataset tar files.",
    produces=SAMPLES,
    libraries=("numpy", "orjson", "webdataset"),
    libraries_of=libraries_of,
    load=load,
    model_files=model_files,
    fn=convert,
)
