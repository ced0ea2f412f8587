"""Synthetic documents."""

MODULES = ("seeds", "generate", "gates")
