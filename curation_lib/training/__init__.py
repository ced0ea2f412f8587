"""Makes the models that filters score with; see README.md."""
