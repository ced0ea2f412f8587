"""How Winnow is run: one folder per place it runs in."""
