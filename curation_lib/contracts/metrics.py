"""The numbers a gate judges: exact aggregates over a dataset's Parquet, and the manifest's counts.

Frames (pandas, each with fixed columns and order; a value that cannot be known is NaN):
  metrics    one row: METRICS, then `share_<language>` per language present (share of rows, 0..1)
  sources    one row per source: SOURCES
  languages  one row per language, `unknown` for null: LANGUAGES
  rules      one row per rule the manifest names: RULES; `fired` repeats the rule if it dropped anything
Memory: one hash entry per document for the two distinct counts (about 100 bytes), spilled beyond the cap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd
from fsspec.spec import AbstractFileSystem

from curation_lib.contracts.columns import COUNTS, LANGUAGES, METRICS, REQUIRED, RULES, SOURCES
from curation_lib.contracts.parts import open_documents

_CELLS = f"""CREATE TEMP TABLE cells AS
SELECT source, coalesce(language, 'unknown') AS language, count(*) AS rows,
  count(*) FILTER (text IS NULL OR trim(text, ' \t\n\r\f\v') = '') AS empty_text,
  {", ".join(f"count(*) FILTER ({c} IS NULL) AS null_{c}" for c in (*REQUIRED, "language"))},
  sum(strlen(text)) AS bytes, min(strlen(text)) AS shortest, max(strlen(text)) AS longest,
  min(language_score) AS score_min, max(language_score) AS score_max,
  count(*) FILTER (license IS NULL OR license = 'unknown') AS unlicensed, count(opt_out) AS opted_out
FROM documents GROUP BY ALL"""
_BYTES = """coalesce(sum(bytes), 0)::BIGINT AS text_bytes,
  (sum(bytes) / sum(rows))::DOUBLE AS text_bytes_mean,
  min(shortest) AS text_bytes_min, max(longest) AS text_bytes_max"""
_UNLICENSED = "(sum(unlicensed) / sum(rows))::DOUBLE AS license_unknown_share"
_SHARE = "(sum(rows) / sum(sum(rows)) OVER ())::DOUBLE AS share"
# An identity that is null anywhere makes the count of duplicates unknown, which no gate passes.
_DISTINCT = """SELECT
  CASE WHEN count(doc_id) = count(*) THEN count(*) - count(DISTINCT doc_id) END AS duplicate_ids,
  CASE WHEN count(content_hash) = count(*) THEN count(*) - count(DISTINCT content_hash) END AS duplicate_texts
FROM documents"""


def dataset_metrics(
    parts: Sequence[str],
    counts: Mapping[str, int | Mapping[str, int]],
    fs: AbstractFileSystem | None = None,
) -> dict[str, pd.DataFrame]:
    """The frames above for the dataset whose Parquet parts are `parts`, read through `fs` (None: local).

    `counts` are the manifest's COUNTS in documents, `dropped` and `quarantined` by rule or reason (with 0 for
    a rule that never fired) or as one number; a count that is absent reads as NaN, except `created` (0).
    No parts, or parts without rows, give one metrics row with rows = 0, as a gate must see it to fail.
    Raises StoreError when a part cannot be read.
    """
    with open_documents(parts, fs) as con:
        con.execute(_CELLS)
        languages = _rollup(con, "language", f"sum(rows)::BIGINT AS rows, {_SHARE}, {_BYTES}")
        empty = "sum(empty_text)::BIGINT AS empty_text"
        sources = _rollup(con, "source", f"sum(rows)::BIGINT AS rows, {_SHARE}, {empty}, {_BYTES}, {_UNLICENSED}")
        overall = _overall(con)
    metrics = pd.concat([overall, _conservation(counts, int(overall["rows"].iloc[0]))], axis=1)[list(METRICS)]
    shares = {f"share_{r.language}": [r.share] for r in languages.itertuples()}
    return {
        "metrics": pd.concat([metrics, pd.DataFrame(shares, index=metrics.index)], axis=1),
        "sources": sources[list(SOURCES)],
        "languages": languages[list(LANGUAGES)],
        "rules": _rules(counts),
    }


def _overall(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    names = ("rows", "empty_text", *(f"null_{c}" for c in (*REQUIRED, "language")))
    sums = ", ".join(f"coalesce(sum({n}), 0)::BIGINT AS {n}" for n in names)
    rest = "min(score_min) AS language_score_min, max(score_max) AS language_score_max"
    opted = "coalesce(sum(opted_out), 0)::BIGINT AS opt_out_rows"
    cells = con.execute(f"SELECT {sums}, {_BYTES}, {_UNLICENSED}, {rest}, {opted} FROM cells").df()
    return pd.concat([cells, con.execute(_DISTINCT).df()], axis=1)


def _rollup(con: duckdb.DuckDBPyConnection, by: str, fields: str) -> pd.DataFrame:
    return con.execute(f"SELECT {by}, {fields} FROM cells GROUP BY {by} ORDER BY {by}").df()


def _conservation(counts: Mapping[str, int | Mapping[str, int]], rows: int) -> pd.DataFrame:
    """Law 1: rows in + created = kept + dropped + quarantined + skipped, and kept is what Parquet holds."""
    known = {name: _total(counts.get(name, 0 if name == "created" else None)) for name in COUNTS}
    frame = pd.DataFrame({name: [n] for name, n in known.items()})
    gone = frame["kept"] + frame["dropped"] + frame["quarantined"] + frame["skipped"]
    frame["unaccounted"] = frame["rows_in"] + frame["created"] - gone
    frame["kept_minus_rows"] = frame["kept"] - rows
    frame["drop_share"] = frame["dropped"] / frame["rows_in"]
    return frame


def _total(count: int | Mapping[str, int] | None) -> float:
    if count is None:
        return float("nan")
    return sum(count.values()) if isinstance(count, Mapping) else count


def _rules(counts: Mapping[str, int | Mapping[str, int]]) -> pd.DataFrame:
    by_rule, rows_in = counts.get("dropped"), _total(counts.get("rows_in"))
    dropped = dict(sorted(by_rule.items())) if isinstance(by_rule, Mapping) else {}
    share = [n / rows_in if rows_in else float("nan") for n in dropped.values()]
    fired = [rule if n else None for rule, n in dropped.items()]
    columns = {"rule": list(dropped), "dropped": list(dropped.values()), "share": share, "fired": fired}
    kinds = {"dropped": "int64", "share": "float64"}
    return pd.DataFrame({name: pd.Series(columns[name], dtype=kinds.get(name, "object")) for name in RULES})
