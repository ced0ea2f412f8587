"""What a dataset or a mixture is worth: small models trained on it, measured in bits per byte, judged with intervals."""
