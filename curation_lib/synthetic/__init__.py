"""Synthetic documents."""

MODULES = ("rephrase", "gates")
