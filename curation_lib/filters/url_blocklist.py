"""`filters.url_blocklist`: addresses on lists, and words in addresses (FineWeb's URL filter, Penedo et al. 2024;
RefinedWeb, Penedo et al. 2023, G.1).

Scores: per list, int64 `<list>` (entries met) and string `<list>_entry` (the first of them, null without);
int64 `banned_words`, `banned_subwords`, `soft_banned_words` (different entries met in the URL), each where its list is
given. A document without a URL meets nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import model_validator

from curation_lib.core.config import StageConfig, keep, locate, measure
from curation_lib.core.errors import ConfigError
from curation_lib.core.stage import Context, Filter, Rule
from curation_lib.filters.list_files import check_place, read_lists
from curation_lib.filters.thresholds import keep_by_thresholds
from curation_lib.text.blocked_urls import Address, Blocklist, address, blocklist, matches, squeezed, url_words
from curation_lib.text.given_files import MAX_FILE_BYTES, given_files

WORD_LISTS = ("banned_words", "banned_subwords", "soft_banned_words")
_NAME = re.compile("[a-z0-9][a-z0-9_-]*")


class UrlBlocklistConfig(StageConfig):
    """What is blocked; at least one list must be given.

    lists: name -> path of a file, folder or tar archive. What is called `domains` holds domains, `urls` addresses
        (the UT1 lists' layout); in other files an entry with a slash is an address.
    domains, urls: entries given here; they are lists of these names. A domain blocks what is below it.
    url_match: `exact`, or `below`: an address blocks what lies below it, too, as the UT1 lists mean it.
    banned_words, banned_subwords, soft_banned_words: paths of lists of words in an address: between signs, anywhere
        once signs are taken out, and between signs but harmless alone.
    max_file_bytes, max_entries: a list that holds more, unpacked, stops the build.
    off: names of lists that decide nothing. max_soft_banned_words: 1 is FineWeb's, which drops from two on.
    """

    lists: dict[str, str] = locate({})
    domains: tuple[str, ...] = measure(())
    urls: tuple[str, ...] = measure(())
    url_match: Literal["exact", "below"] = measure("exact")
    banned_words: str | None = locate(None)
    banned_subwords: str | None = locate(None)
    soft_banned_words: str | None = locate(None)
    max_file_bytes: int = locate(MAX_FILE_BYTES, ge=1)
    max_entries: int = locate(20_000_000, ge=1)
    off: tuple[str, ...] = keep(())
    max_banned_words: int | None = keep(0, ge=0)
    max_banned_subwords: int | None = keep(0, ge=0)
    max_soft_banned_words: int | None = keep(1, ge=0)

    def names(self) -> list[str]:
        """The lists of addresses, in order."""
        own = [name for name in ("domains", "urls") if getattr(self, name)]
        return [*own, *sorted(self.lists)]

    @model_validator(mode="after")
    def _lists_are_named(self) -> UrlBlocklistConfig:
        taken = {"domains", "urls", *WORD_LISTS}
        for name in self.lists:
            if not _NAME.fullmatch(name) or name in taken or name.endswith("_entry"):
                raise ValueError(f"lists: {name!r} cannot name a list; take lower-case letters, not {sorted(taken)}")
        for path in (*self.lists.values(), *filter(None, (getattr(self, name) for name in WORD_LISTS))):
            check_place(path)
        if not self.names() and not any(getattr(self, name) for name in WORD_LISTS):
            raise ValueError(f"nothing to block: give `lists`, `domains`, `urls` or one of {', '.join(WORD_LISTS)}")
        if unknown := set(self.off) - set(self.names()):
            raise ValueError(f"off: no list is called {sorted(unknown)[0]!r}; lists are {', '.join(self.names())}")
        return self


class Lists(NamedTuple):
    """The lists as they are asked: of addresses and of words, by name."""

    addresses: dict[str, Blocklist]
    words: dict[str, frozenset[str]]


def model_files(config: UrlBlocklistConfig) -> dict[str, str]:
    """Every list file by `list/name`. Raises ConfigError where a path leads nowhere."""
    return {f"{name}/{file}": place for name, files in _files(config).items() for file, place in files.items()}


def load(config: UrlBlocklistConfig) -> Lists:
    """Read the lists. Raises ConfigError for one that is unreadable or has no entry."""
    own = {name: [(name, list(getattr(config, name)))] for name in ("domains", "urls") if getattr(config, name)}
    read = {
        name: list(read_lists(files, config.max_file_bytes, config.max_entries))
        for name, files in _files(config).items()
    }
    addresses = {name: _blocklist(name, found) for name, found in {**own, **read}.items() if name not in WORD_LISTS}
    return Lists(addresses, {name: _words(name, read[name]) for name in WORD_LISTS if name in read})


def measure_urls(batch: pa.RecordBatch, config: UrlBlocklistConfig, context: Context) -> pa.RecordBatch:
    """Scores of each document (see the module)."""
    lists: Lists = context.model
    urls = batch.column("url").to_pylist()
    addresses = [address(url, config.url_match == "below") if url else Address() for url in urls]
    scores: dict[str, pa.Array] = {}
    for name in config.names():
        counts, entries = matches(addresses, lists.addresses[name])
        scores |= {name: pa.array(counts), f"{name}_entry": pa.array(entries, pa.string())}
    for name, words in lists.words.items():
        scores[name] = pa.array([_met(name, words, url) if url else 0 for url in urls], pa.int64())
    return pa.RecordBatch.from_pydict(scores)


def keep_urls(scores: pa.RecordBatch, config: UrlBlocklistConfig, context: Context) -> list[Rule]:
    """One rule per list, under its name; then those of words whose list is given."""
    rules = []
    for name in config.names():
        if name not in config.off:
            rules.append(Rule(name, pc.greater(scores.column(name), 0), scores.column(name), 0.0))
    absent = {f"max_{name}": None for name in WORD_LISTS if getattr(config, name) is None}
    return [*rules, *keep_by_thresholds(scores, config.model_copy(update=absent), context)]


def _files(config: UrlBlocklistConfig) -> dict[str, dict[str, str]]:
    """The files of each list that is given by its path."""
    words = {name: path for name in WORD_LISTS if (path := getattr(config, name)) is not None}
    found = {name: given_files(f"lists.{name}", config.lists[name]) for name in sorted(config.lists)}
    return {**found, **{name: given_files(name, path) for name, path in words.items()}}


def _blocklist(name: str, found: Sequence[tuple[str, list[str]]]) -> Blocklist:
    """Of a folder, what is called `domains` or `urls`; a file of another name holds either."""
    domains = [entry for kind, entries in found if kind == "domains" for entry in entries]
    urls = [entry for kind, entries in found if kind == "urls" for entry in entries]
    if len(found) == 1 and found[0][0] not in ("domains", "urls"):
        for entry in found[0][1]:
            (urls if "/" in entry else domains).append(entry)
    if not domains and not urls:
        raise ConfigError(f"lists.{name}: no entry; give a file of entries, or a folder with `domains` or `urls`")
    return blocklist(domains, urls)


def _words(name: str, found: Sequence[tuple[str, list[str]]]) -> frozenset[str]:
    words = frozenset(squeezed(entry) for _, entries in found for entry in entries) - {""}
    if not words:
        raise ConfigError(f"{name}: the list has no entry of ASCII letters or digits; give one word a line")
    return words


def _met(name: str, words: frozenset[str], url: str) -> int:
    if name == "banned_subwords":
        whole = squeezed(url)
        return sum(word in whole for word in words)
    return len(words & url_words(url))


STAGE = Filter(
    name="filters.url_blocklist",
    version=2,
    config=UrlBlocklistConfig,
    summary="addresses and domains on lists (UT1's, yours), and words in addresses (FineWeb)",
    load=load,
    model_files=model_files,
    measure=measure_urls,
    keep=keep_urls,
)
