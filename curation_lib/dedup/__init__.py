"""Documents that say the same."""

MODULES = ("exact", "url", "minhash", "spans", "semantic", "prompts")
