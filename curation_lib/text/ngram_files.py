"""Files that hold n-gram models: ARPA text, plain or packed, and KenLM's binary of type `probing`, version 5.

The binary is written here as KenLM writes it, for machines with the low byte first; each opens the other's.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import fsspec
import numpy as np

from curation_lib.core.errors import ConfigError
from curation_lib.text.arpa import parse_arpa
from curation_lib.text.buffers import Bytes
from curation_lib.text.ngram_building import build_model
from curation_lib.text.ngram_model import WORD, Memory, NgramModel, read_only
from curation_lib.text.ngram_tables import FIXED, MAGIC, SANITY, layout

KIND, MODEL_FILE, ARPA_FILE = "ngram", "model.bin", "model.arpa.zst"
"""An n-gram model as an artefact (`core.artefact`): its kind, and its files."""
_TYPES = ("probing", "rest_probing", "trie", "quantised trie", "array trie", "quantised array trie")
_MOST_FILLED = 1 << 16
"""More buckets per entry no file has."""
_PACKED = (".gz", ".zst", ".bz2", ".xz")


def load_ngram_model(path: str) -> NgramModel:
    """The model in the file at `path`, any fsspec path; ARPA may be packed (.gz, .zst, .bz2, .xz).

    A local binary is mapped, so that workers share it; ARPA takes 24 bytes per n-gram of the middle orders, 18 of the
    longest. Raises ConfigError where it cannot be read or is of another format.
    """
    local = Path(path).expanduser()
    try:
        if "://" not in path and not path.endswith(_PACKED) and _begins_binary(local):
            return _binary(np.memmap(local, np.uint8, "r"), path)
        with fsspec.open(path, "rb", compression="infer") as file:
            data = file.read()
    except (OSError, EOFError, ValueError, ImportError) as e:
        raise ConfigError(f"cannot read the n-gram model {path}: {e}; give an ARPA file or KenLM's binary") from e
    if data.startswith(MAGIC[:32]):
        return _binary(np.frombuffer(data, np.uint8), path)
    return build_model(*parse_arpa(data, path))


def _begins_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(32) == MAGIC[:32]


def _binary(data: Bytes, path: str) -> NgramModel:
    head = data[: len(SANITY) + FIXED.size].tobytes()
    if head[: len(SANITY)] != SANITY or len(head) < len(SANITY) + FIXED.size:
        raise ConfigError(f"{path}: KenLM's binary of another version or machine; build it again from its ARPA")
    order, filled, kind, _, version = FIXED.unpack_from(head, len(SANITY))
    if kind != 0 or version != 0:
        name = _TYPES[kind] if kind < len(_TYPES) else kind
        raise ConfigError(f"{path}: KenLM's binary of type {name}; give its ARPA, or one of `build_binary probing`")
    if order < 2 or data.size < len(head) + 8 * order:
        raise ConfigError(f"{path}: the file is cut short; copy it again")
    counts = struct.unpack_from(f"<{order}Q", data[len(head) : len(head) + 8 * order].tobytes())
    if not (1 < filled < _MOST_FILLED and 8 * sum(counts) <= data.size):  # an entry has eight bytes or more
        raise ConfigError(f"{path}: its head asks for more than its {data.size:,} bytes; copy it again")
    slots, tables = layout(counts, filled)
    if data.size < 4 * slots:
        raise ConfigError(f"{path}: {data.size:,} bytes, but its head asks for {4 * slots:,}; copy it again")
    memory: Memory = data[: 4 * slots].view(np.uint32)
    first, words = tables[0].tolist()
    if memory[first + 2 : first + WORD * words : WORD].max() > counts[0]:  # kernels look nowhere else
        raise ConfigError(f"{path}: a word has a number that no unigram has; the file is damaged, copy it again")
    return read_only(memory, tables)


def binary_bytes(model: NgramModel, words: Sequence[bytes]) -> bytes:
    """A model made here as a KenLM binary; `words` from the unknown one on."""
    return model.memory.tobytes() + b"\0".join([*words, b""])
