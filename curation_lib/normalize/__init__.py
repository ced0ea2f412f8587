"""Captures to documents."""

MODULES = ("html", "plain")
