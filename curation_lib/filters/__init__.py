"""Filters judge documents and drop whole ones; c4_lines edits lines. One file each (see README.md)."""

MODULES = (
    "language",
    "length",
    "gopher_repetition",
    "gopher_quality",
    "c4_lines",
    "c4_quality",
    "fineweb_quality",
    "decontaminate",
)
