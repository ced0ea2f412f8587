"""Formats of token ids against plain readers written from their descriptions; the real libraries' turn is in
`test_readers.py`."""

from __future__ import annotations

import io
import itertools
import struct
import tarfile
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from curation_lib.core.stage import Context
from curation_lib.export import mds, megatron, tokens, webdataset
from curation_lib.export.formats import Written
from curation_lib.export.samples import SamplesConfig, TokensConfig, convert
from curation_lib.text.tokenizers.loading import load_tokenizer
from tests.export.small_tokenizer import write_tokenizer

PACKINGS = [("none", None), ("concatenate", 16), ("best_fit", 16)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_tokenizer(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")


@pytest.fixture(scope="module")
def context(path: str) -> Context:
    return Context(load_tokenizer(path))


def settings(path: str, packing: Any, length: int | None) -> TokensConfig:
    return TokensConfig(phase="pretrain", tokenizer=path, packing=packing, sequence_length=length)  # type: ignore[arg-type]


def rows(varied: pa.RecordBatch, config: SamplesConfig, context: Context) -> pa.RecordBatch:
    return convert(varied, config, context).kept


def written(module: Any, batches: list[pa.RecordBatch], config: Any, context: Context) -> tuple[list[bytes], Any]:
    sinks = [io.BytesIO() for _ in module.FORMAT.suffixes]
    counts = module.FORMAT.encode(iter(batches), sinks, config, context)
    return [sink.getvalue() for sink in sinks], counts


def megatron_rows(files: list[bytes]) -> list[list[int]]:
    data, index = files
    assert index[:9] == b"MMIDIDX\0\0"
    version, code, sequences, documents = struct.unpack_from("<QBQQ", index, 9)
    assert (version, documents) == (1, sequences + 1)
    kind: Any = {4: np.int32, 8: np.uint16}[code]
    lengths = np.frombuffer(index, np.int32, sequences, 34)
    starts = np.frombuffer(index, np.int64, sequences, 34 + 4 * sequences)
    bounds = np.frombuffer(index, np.int64, documents, 34 + 12 * sequences)
    assert bounds.tolist() == list(range(documents))
    assert len(index) == 34 + 12 * sequences + 8 * documents
    return [np.frombuffer(data, kind, n, a).tolist() for n, a in zip(lengths, starts, strict=True)]


def mds_rows(files: list[bytes]) -> list[list[int]]:
    data = files[0]
    number = int(np.frombuffer(data, np.uint32, 1)[0])
    offsets = np.frombuffer(data, np.uint32, number + 1, 4).tolist()
    described = orjson.loads(data[4 * (number + 2) : offsets[0]])
    kind = described["column_encodings"][0].split(":")[1]
    fixed = described["column_sizes"][0] is not None
    found = []
    for a, b in itertools.pairwise(offsets):
        if fixed:
            found.append(np.frombuffer(data[a:b], kind).tolist())
            continue
        (size,) = np.frombuffer(data[a : a + 4], np.uint32)
        assert size == b - a - 4
        width = 1 << data[a + 4] % 4
        length = int.from_bytes(data[a + 5 : a + 5 + width], "little")
        found.append(np.frombuffer(data[a + 5 + width : b], kind).tolist())
        assert (data[a + 4] >> 2, length) == (1, len(found[-1]))
    return found


def webdataset_rows(files: list[bytes]) -> list[list[int]]:
    with tarfile.open(fileobj=io.BytesIO(files[0])) as tar:
        members = tar.getmembers()
        assert [m.name for m in members] == [f"{n:09d}.npy" for n in range(len(members))]
        assert {(m.mtime, m.uname, m.gname) for m in members} <= {(0, "winnow", "winnow")}
        return [np.load(io.BytesIO(tar.extractfile(m).read())).tolist() for m in members]  # type: ignore[union-attr]


def parquet_rows(files: list[bytes]) -> list[list[int]]:
    found: list[list[int]] = pq.read_table(io.BytesIO(files[0])).column("input_ids").to_pylist()
    return found


READERS = [(megatron, megatron_rows), (mds, mds_rows), (webdataset, webdataset_rows), (tokens, parquet_rows)]


@pytest.mark.parametrize(("packing", "length"), PACKINGS)
@pytest.mark.parametrize(("module", "read"), READERS, ids=[m.__name__.rpartition(".")[2] for m, _ in READERS])
def test_every_format_gives_back_the_ids(
    module: Any, read: Any, packing: str, length: int | None, varied: Any, path: str, context: Context
) -> None:
    config = settings(path, packing, length)
    batch = rows(varied, config, context)
    files, counts = written(module, [batch], config, context)
    found = read(files)
    ended = [[*context.model.library.encode(text).ids, context.model.eos] for text in varied["text"].to_pylist()]
    assert [one.as_py() for one in batch["ids"]] == ended
    if packing == "none":
        assert found == ended
    if packing == "concatenate":
        flat = [i for one in ended for i in one]
        assert [i for one in found for i in one] == flat + [context.model.eos] * counts["padding"]
    if packing == "best_fit":
        assert sorted(i for one in found for i in one) == sorted(
            [i for one in ended for i in one] + [context.model.eos] * counts["padding"]
        )
    assert counts["sequences"] == len(found)
    assert counts["ends"] == 7
    assert counts["tokens"] + counts["ends"] + counts["padding"] == sum(map(len, found))
    assert counts["tokens"] == sum(len(one) - 1 for one in ended)


@pytest.mark.parametrize("module", [m for m, _ in READERS])
@pytest.mark.parametrize("cut", [0, 1, 3, 7])
def test_batches_do_not_show(module: Any, cut: int, varied: Any, path: str, context: Context) -> None:
    config = settings(path, "best_fit", 16)
    whole = rows(varied, config, context)
    parts = [rows(part, config, context) for part in (varied.slice(0, cut), varied.slice(cut))]
    assert written(module, parts, config, context) == written(module, [whole], config, context)


@pytest.mark.parametrize("module", [m for m, _ in READERS])
def test_a_part_without_rows(module: Any, path: str, context: Context) -> None:
    files, counts = written(module, [], settings(path, "none", None), context)
    assert sum(counts.values()) == 0
    assert dict(READERS)[module](files) == []  # type: ignore[comparison-overlap]


def test_texts_without_a_tokenizer(varied: Any) -> None:
    config = SamplesConfig(phase="pretrain")
    context = Context(load_tokenizer("bytes4"))
    batch = rows(varied, config, context)
    assert batch["text"].to_pylist() == varied["text"].to_pylist()
    assert batch["ids"].null_count == 7
    (tar,), counts = written(webdataset, [batch], config, context)
    assert counts == {"samples": 7}
    with tarfile.open(fileobj=io.BytesIO(tar)) as found:
        assert found.extractfile("000000002.txt").read().decode() == "𝒳 日本語 ÿ"  # type: ignore[union-attr]
        about = orjson.loads(found.extractfile("000000003.json").read())  # type: ignore[union-attr]
    assert about == {"doc_id": "d" * 32, "source": "wiki", "license": "CC-BY-4.0"}
    (shard,), counts = written(mds, [batch], config, context)
    assert counts == {"samples": 7}
    assert "𝒳 日本語 ÿ".encode() in shard


def test_the_index_of_mds_names_every_shard(path: str, context: Context) -> None:
    config = settings(path, "concatenate", 16)
    parts = [Written(f"part-0000{n}.mds", 10 + n, "a" * 64, {"sequences": n}) for n in (1, 2)]
    found = orjson.loads(mds.index(parts, config, context)["index.json"])
    assert found["version"] == 2
    assert [(one["raw_data"]["basename"], one["raw_data"]["bytes"], one["samples"]) for one in found["shards"]] == [
        ("part-00001.mds", 11, 1),
        ("part-00002.mds", 12, 2),
    ]
    assert found["shards"][0]["column_encodings"] == ["ndarray:uint16:16"]


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (TokensConfig, {}, "name a tokenizer.json"),
        (SamplesConfig, {"packing": "concatenate", "sequence_length": 8}, "needs a tokenizer with ids"),
        (SamplesConfig, {"packing": "best_fit"}, "needs sequence_length"),
        (SamplesConfig, {"sequence_length": 8}, "has no use without packing"),
        (SamplesConfig, {"phase": "posttrain"}, "mixes.posttrain.chat_template"),
    ],
)
def test_settings_that_make_no_sense(kind: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(**{"phase": "pretrain", **given})
