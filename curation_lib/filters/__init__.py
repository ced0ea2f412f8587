"""Filters judge documents and drop whole ones; those called ..._lines edit lines. One file each (see README.md)."""

MODULES = (
    "url_blocklist",
    "language",
    "script",
    "length",
    "bad_words",
    "boilerplate_lines",
    "gopher_repetition",
    "gopher_quality",
    "c4_lines",
    "c4_quality",
    "fineweb_quality",
    "code_markup",
    "perplexity",
    "coherence",
    "density",
    "decontaminate",
    "text_modifiers",
    "classifier",
    "quality_buckets",
    "domains",
)
