"""What leaves the platform: the licence gate, files that trainers read, and the data card."""

MODULES = ("licenses", "parquet", "jsonl", "tokens", "megatron", "mds", "webdataset", "chat")
