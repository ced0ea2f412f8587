"""What a dataset or a mixture is worth: small models trained on it, judged in bits per byte with intervals."""
