from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pydantic import ValidationError

from curation_lib.core.errors import ContractError
from curation_lib.export.schema import EXPORT, ExportConfig, to_export
from curation_lib.text.tokenizers.byte_counts import ByteCounts

CONFIG = ExportConfig(phase="midtrain")


def test_rows_are_flat_and_keep_their_order(varied):
    rows = to_export(varied, CONFIG, ByteCounts())
    assert rows.schema == EXPORT
    assert not any(pa.types.is_nested(field.type) for field in EXPORT)
    same = ["doc_id", "text", "source", "url", "language", "license", "format"]
    assert rows.select(same).to_pylist() == varied.select(same).to_pylist()
    assert rows.column("phase").to_pylist() == ["midtrain"] * 7
    assert rows.column("tokens").to_pylist() == [-(-len(t.encode()) // 4) for t in varied.column("text").to_pylist()]


def test_metadata_is_json_with_sorted_keys_or_null(varied):
    metadata = to_export(varied, CONFIG, ByteCounts()).column("metadata").to_pylist()
    assert metadata[2] == '{"a":"x\\"y","b":"2"}'
    assert json.loads(metadata[2]) == {"a": 'x"y', "b": "2"}
    assert metadata[:2] + metadata[3:] == [None] * 6


def test_a_split_batch_gives_the_rows_of_the_whole(varied):
    halves = [
        to_export(part, CONFIG, ByteCounts()) for part in (varied.slice(0, 3), varied.slice(3), varied.slice(0, 0))
    ]
    assert pa.Table.from_batches(halves).combine_chunks() == pa.Table.from_batches(
        [to_export(varied, CONFIG, ByteCounts())]
    )


def test_a_row_without_a_license_is_refused(varied):
    place = varied.schema.get_field_index("license")
    broken = varied.set_column(place, "license", pa.array(["MIT"] * 6 + [None]))
    with pytest.raises(ContractError, match=r"'license' is null in row 6"):
        to_export(broken, CONFIG, ByteCounts())


@pytest.mark.parametrize("wrong", [{"phase": "finetune"}, {"compression_level": 0}, {"compresion_level": 3}, {}])
def test_settings_are_checked(wrong):
    with pytest.raises(ValidationError):
        ExportConfig(**({"phase": "pretrain"} | wrong if wrong else {}))


def test_a_generated_document_names_its_parents_and_leaves_the_texts_of_the_gates_behind(documents):
    metadata = [("synthetic_form", "table"), ("synthetic_seed_text", "secret"), ("synthetic_raw", "also")]
    made = {"format": "synthetic", "parents": ["a" * 32, "b" * 32], "metadata": metadata}
    (row,) = to_export(documents([made]), CONFIG, ByteCounts()).to_pylist()
    assert json.loads(row["metadata"]) == {"parents": ["a" * 32, "b" * 32], "synthetic_form": "table"}
