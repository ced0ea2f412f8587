from __future__ import annotations

import io
import itertools
import json

import pyarrow as pa
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.core.stage import Context
from curation_lib.export import jsonl
from curation_lib.export.jsonl import encode, to_json_lines
from curation_lib.export.schema import EXPORT, ExportConfig, to_export
from curation_lib.text.tokenizers.byte_counts import ByteCounts

CONFIG = ExportConfig(phase="posttrain")


def written(batches, config=CONFIG):
    sink = io.BytesIO()
    encode(batches, sink, config)
    assert not sink.closed
    return sink.getvalue()


def test_reads_back_with_zstandard_and_json(varied):
    rows = to_export(varied, CONFIG, ByteCounts())
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(written([rows])).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line) for line in lines] == rows.to_pylist()
    assert all(list(json.loads(line)) == EXPORT.names for line in lines)


def test_readable_with_datasets(varied, tmp_path, offline):
    rows = to_export(varied, CONFIG, ByteCounts())
    path = tmp_path / "part-00000.jsonl.zst"
    path.write_bytes(written([rows]))
    assert offline("json", path).to_list() == rows.to_pylist()


def test_lines_are_written_the_same_way_always(documents):
    rows = to_export(documents([{"text": "é\n"}]), CONFIG, ByteCounts())
    assert to_json_lines(rows).decode() == (
        '{"doc_id":"00000000000000000000000000000000","text":"é\\n","source":"web","url":null,"language":null,'
        '"license":"MIT","format":"html","tokens":1,"phase":"posttrain","metadata":null}\n'
    )


@given(st.lists(st.integers(0, 7), max_size=3), st.integers(1, 300))
def test_bytes_do_not_depend_on_batches(varied, cuts, copies):
    rows = to_export(varied, CONFIG, ByteCounts())
    whole = pa.Table.from_batches([rows] * copies).combine_chunks().to_batches()[0]
    edges = [0, *sorted(cuts), whole.num_rows]
    parts = [whole.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    assert written(parts) == written([whole])


def test_the_compressor_is_fed_in_equal_pieces_however_long_the_lines(varied, monkeypatch):
    monkeypatch.setattr(jsonl, "CHUNK", 100)
    fed = []
    lines = to_json_lines(to_export(varied, CONFIG, ByteCounts()))
    for parts in ([lines], [lines[:5], lines[5:250], lines[250:]]):
        fed.append(list(jsonl._chunks(parts)))
        assert b"".join(fed[-1]) == lines
        assert {len(piece) for piece in fed[-1][:-1]} == {100}
    assert fed[0] == fed[1]


def test_no_rows_give_an_empty_frame():
    assert zstandard.ZstdDecompressor().decompressobj().decompress(written([])) == b""
    assert written([]) == written([pa.RecordBatch.from_pylist([], EXPORT)])


def test_one_frame_with_a_checksum_and_no_size(varied):
    data = written([to_export(varied, CONFIG, ByteCounts())])
    frame = zstandard.get_frame_parameters(data)
    assert frame.has_checksum
    assert frame.content_size == zstandard.CONTENTSIZE_UNKNOWN
    reader = zstandard.ZstdDecompressor().decompressobj()
    reader.decompress(data)
    assert reader.eof
    assert reader.unused_data == b""


def test_convert_keeps_every_document(varied):
    result = jsonl.convert(varied, CONFIG, Context(ByteCounts()))
    assert result.kept == to_export(varied, CONFIG, ByteCounts())
    assert not result.drops
    assert not result.bad
    assert result.created == 0
