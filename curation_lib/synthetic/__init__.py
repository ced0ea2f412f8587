"""Synthetic documents."""

MODULES = ("rephrase",)
