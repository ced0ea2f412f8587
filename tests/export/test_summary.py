from __future__ import annotations

import itertools
import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation_lib.export.schema import ExportConfig, to_export
from curation_lib.export.summary import merge, partial, tokens, with_documents
from curation_lib.text.tokenizers.byte_counts import ByteCounts

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["web", "wiki"]),
        st.sampled_from(["en", "", None]),
        st.sampled_from(["MIT", "unknown"]),
        st.text(max_size=9).filter(lambda text: text.isprintable()),
        st.integers(1, 3),
        st.sampled_from(["html", "synthetic"]),
    ),
    max_size=8,
)


def build(documents, drawn):
    rows = [
        {
            "doc_id": f"{i:032x}",
            "source": source,
            "language": language,
            "license": license,
            "text": text,
            "format": format,
        }
        for i, (source, language, license, text, copies, format) in enumerate(drawn)
        for _ in range(copies)
    ]
    return documents(rows)


def counted(batch):
    return partial(batch, tokens(batch, ByteCounts()))


@given(ROWS, st.lists(st.integers(0, 24), max_size=4))
def test_equals_plain_counts_however_split(documents, drawn, cuts):
    batch = build(documents, drawn)
    expected = {}
    for source, language, license, text, copies, format in drawn:
        group = expected.setdefault((source, language, license, format), [0, 0, 0])
        size = len(text.encode())
        for i, n in enumerate((copies, copies * size, copies * -(-size // 4))):
            group[i] += n
    edges = [0, *sorted(min(cut, batch.num_rows) for cut in cuts), batch.num_rows]
    parts = [counted(batch.slice(a, b - a)) for a, b in itertools.pairwise(edges)]
    summary = merge(parts)
    assert {
        (g["source"], g["language"], g["license"], g["format"]): [g["rows"], g["bytes"], g["tokens"]] for g in summary
    } == expected
    assert summary == counted(batch)
    assert merge([merge(parts[:2]), merge(parts[2:])]) == summary
    assert json.loads(json.dumps(summary)) == summary


def test_by_hand(varied):
    names = ("source", "language", "license", "rows", "bytes", "tokens")
    assert [tuple(group[name] for name in names) for group in counted(varied)] == [
        ("web", None, "MIT", 1, 26, 7),
        ("web", "en", "MIT", 1, 0, 0),
        ("web", "ja", "MIT", 1, 17, 5),
        ("wiki", None, "CC-BY-4.0", 2, 8, 2),
        ("wiki", "de", "CC-BY-4.0", 1, 3, 1),
        ("wiki", "de", "MIT", 1, 10_000, 2_500),
    ]


def test_tokens_come_from_rows_that_hold_them(varied):
    rows = to_export(varied, ExportConfig(phase="pretrain"), ByteCounts())
    spoilt = rows.set_column(rows.schema.get_field_index("tokens"), "tokens", pa.array([9] * 7))
    assert tokens(spoilt, ByteCounts()).to_pylist() == [9] * 7


def test_documents_are_added_to_the_group_that_they_are_of(varied):
    names = ("source", "language", "license", "format")
    groups = counted(varied)
    known = [{name: group[name] for name in names} | {"documents": n} for n, group in enumerate(groups)]
    assert [group["documents"] for group in with_documents(groups, known[::-1])] == [0, 1, 2, 3, 4, 5]
    with pytest.raises(KeyError):
        with_documents(groups, known[1:])
