from __future__ import annotations

import itertools
import json

from hypothesis import given
from hypothesis import strategies as st

from curation_lib.export.schema import ExportConfig, to_export
from curation_lib.export.summary import merge, partial
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
    return to_export(documents(rows), ExportConfig(phase="pretrain"), ByteCounts())


@given(ROWS, st.lists(st.integers(0, 24), max_size=4))
def test_equals_plain_counts_however_split(documents, drawn, cuts):
    batch = build(documents, drawn)
    expected = {}
    for source, language, license, text, copies, format in drawn:
        group = expected.setdefault((source, language, license, format), [0, 0, 0, 0])
        size = len(text.encode())
        for i, n in enumerate((1, copies, copies * size, copies * -(-size // 4))):
            group[i] += n
    edges = [0, *sorted(min(cut, batch.num_rows) for cut in cuts), batch.num_rows]
    parts = [partial(batch.slice(a, b - a)) for a, b in itertools.pairwise(edges)]
    summary = merge(parts)
    assert {
        (g["source"], g["language"], g["license"], g["format"]): [g["documents"], g["rows"], g["bytes"], g["tokens"]]
        for g in summary["groups"]
    } == expected
    assert summary == partial(batch)
    assert merge([merge(parts[:2]), merge(parts[2:])]) == summary
    assert json.loads(json.dumps(summary)) == summary


def test_by_hand(varied):
    rows = to_export(varied, ExportConfig(phase="pretrain"), ByteCounts())
    assert partial(rows)["groups"] == [
        {
            "source": "web",
            "language": None,
            "license": "MIT",
            "format": "html",
            "documents": 1,
            "rows": 1,
            "bytes": 26,
            "tokens": 7,
        },
        {
            "source": "web",
            "language": "en",
            "license": "MIT",
            "format": "html",
            "documents": 1,
            "rows": 1,
            "bytes": 0,
            "tokens": 0,
        },
        {
            "source": "web",
            "language": "ja",
            "license": "MIT",
            "format": "html",
            "documents": 1,
            "rows": 1,
            "bytes": 17,
            "tokens": 5,
        },
        {
            "source": "wiki",
            "language": None,
            "license": "CC-BY-4.0",
            "format": "html",
            "documents": 1,
            "rows": 2,
            "bytes": 8,
            "tokens": 2,
        },
        {
            "source": "wiki",
            "language": "de",
            "license": "CC-BY-4.0",
            "format": "html",
            "documents": 1,
            "rows": 1,
            "bytes": 3,
            "tokens": 1,
        },
        {
            "source": "wiki",
            "language": "de",
            "license": "MIT",
            "format": "html",
            "documents": 1,
            "rows": 1,
            "bytes": 10_000,
            "tokens": 2_500,
        },
    ]
