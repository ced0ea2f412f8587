"""Synthetic documents."""

MODULES = ("generate",)
