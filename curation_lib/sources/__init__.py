"""Kinds of input: each reads shards into captures."""

MODULES = ("warc", "jsonl", "parquet", "records")
