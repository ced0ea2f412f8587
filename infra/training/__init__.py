"""Where the texts that train the shipped models come from."""
