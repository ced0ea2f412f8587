"""Mixtures: how much of what each training phase sees."""

MODULES = ("sample", "shuffle")
