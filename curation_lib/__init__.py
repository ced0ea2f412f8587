"""Winnow: audited pre-, mid- and post-training mixes from raw crawls and datasets."""

__version__ = "0.1.0"
