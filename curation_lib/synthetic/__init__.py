"""Synthetic documents."""

MODULES = ("rephrase", "seeds")
