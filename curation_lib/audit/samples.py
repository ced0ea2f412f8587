"""Reads what a rule removed."""

from __future__ import annotations

from typing import Any

from curation_lib.audit.builds import Step, find_build
from curation_lib.audit.queries import Books, books
from curation_lib.audit.twins import twin_of
from curation_lib.core.errors import ConfigError
from curation_lib.runner.lineage import complete
from curation_lib.runner.store import Store

PREVIEW = 400


def dropped_sample(store: Store, build: str, rule: str, limit: int = 5) -> list[dict[str, Any]]:
    """Documents that `rule` (`min_words` or `filters.gopher_quality.min_words`) dropped, smallest doc_id first.

    Each with score, threshold, twin and where that lies, and the head of the text as the step was given it (null
    where the text was never extracted). Raises ConfigError where no step of the build has such a rule.
    """
    record = find_build(store, build)
    stage, _, name = rule.rpartition(".")
    with books(store) as open_books:
        steps = record.steps(store)
        fired = {r for s in steps for r in s.manifest.counts["dropped"]}
        if not any(r == rule or (not stage and r.endswith(f".{name}")) for r in fired):
            raise ConfigError(f"--dropped {rule!r}: no rule of that name; rules are {', '.join(sorted(fired))}")
        where = "rule = ?" + (" AND stage = ?" if stage else "")
        rows = [
            {"step": s.id, **row, "text": _text(open_books, s, row["doc_id"])}
            | twin_of(open_books, s.manifest, row["kept_twin"])
            for s in steps
            for row in open_books.rows(
                s.manifest.files("drops"),
                where,
                [name, stage] if stage else [name],
                f"ORDER BY doc_id LIMIT {int(limit)}",
            )
        ]
    return [{k: v for k, v in row.items() if k != "file"} for row in rows[:limit]]


def _text(open_books: Books, step: Step, doc_id: str) -> str | None:
    keys = [k for d in step.manifest.inputs for k in complete(open_books.store, d).parts()]
    rows = open_books.rows(keys, "doc_id = ?", [doc_id], "LIMIT 1")
    return str(rows[0]["text"])[:PREVIEW] if rows else None
