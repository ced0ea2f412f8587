"""Tokens as models see them: any Hugging Face tokenizer.json, any encoding of tiktoken, or bytes over four."""
