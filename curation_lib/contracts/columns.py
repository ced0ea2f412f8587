"""The columns of the frames that a gate judges; apart from the code that fills them, which is slow to import."""

from __future__ import annotations

COUNTS = ("rows_in", "kept", "dropped", "quarantined", "skipped", "created")
REQUIRED = ("doc_id", "source", "text", "content_hash", "license")
_TEXT = ("text_bytes", "text_bytes_mean", "text_bytes_min", "text_bytes_max")
METRICS = (
    *("rows", "duplicate_ids", "duplicate_texts", "empty_text"),
    *(f"null_{name}" for name in (*REQUIRED, "language")),
    *_TEXT,
    *("language_score_min", "language_score_max", "license_unknown_share", "opt_out_rows"),
    *(*COUNTS, "unaccounted", "kept_minus_rows", "drop_share"),
)
SOURCES = ("source", "rows", "share", "empty_text", *_TEXT, "license_unknown_share")
LANGUAGES = ("language", "rows", "share", *_TEXT)
RULES = ("rule", "dropped", "share", "fired")
SAMPLE = ("doc_id", "source", "url", "language", "text")
