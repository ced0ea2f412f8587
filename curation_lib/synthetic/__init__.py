"""Synthetic documents."""

MODULES = ("seeds", "generate")
