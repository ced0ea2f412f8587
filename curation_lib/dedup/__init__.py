"""Documents that say the same."""

MODULES = ("exact", "minhash", "semantic")
