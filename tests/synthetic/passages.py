"""Real passages that rewrites are made of: `python -m tests.synthetic.passages` makes `passages.jsonl` anew.

Two to five neighbouring paragraphs of prose with numbers and names in them, from files of the test data that may be
redistributed under terms that a test file can keep (CC0, CC-BY, MIT/Apache, PSF, PostgreSQL, BSL). No two come from
one document. `part` is `tune` or `held_out`, by the hash of the document's name: no threshold has seen held_out.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import xxhash
import zstandard

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).with_name("passages.jsonl")
LICENCES = {"CC0-1.0", "CC-BY-4.0", "MIT or Apache-2.0", "PSF-2.0", "PostgreSQL", "BSL-1.0"}
FILES = {"quality/dense_reference.powershell": 60, "quality/polished_blog.18f": 90, "text/english": 210}
"""How many passages of each file."""
SHORTEST, LONGEST = 500, 1800

_MARKUP = re.compile(r"[{}<>|\\]|```|\]\(|\]\[|^\s*(?:#|\.\.|:)|={3}|-{3}|;\s*$", re.M)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z]+")


def rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    with (data / f"{name}.jsonl.zst").open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8", newline="\n"):
            yield json.loads(line)


def passage_of(text: str) -> str | None:
    """The first run of plain paragraphs that is long enough and holds three numbers and three names."""
    run: list[str] = []
    for paragraph in [*re.split(r"\n\s*\n", text), "{"]:
        plain = re.sub(r"[ \t]*\n(?!\s*(?:[-*+•]|\d+[.)])\s)\s*|[ \t]+", " ", paragraph).strip()
        if not _MARKUP.search(paragraph) and len(plain) > 80 and plain.endswith((".", "?", ")", "!")):
            run.append(plain)
            continue
        while run:
            made = "\n\n".join(run)
            if len(made) > LONGEST:
                run.pop()
                continue
            if len(made) >= SHORTEST and len(_NUMBER.findall(made)) >= 3 and len(_NAME.findall(made)) >= 3:
                return made
            run = []
    return None


def part_of(document: str) -> str:
    return ("tune", "held_out")[xxhash.xxh3_64_intdigest(document.encode()) & 1]


def chosen(data: Path) -> Iterator[dict[str, str]]:
    for name, count in FILES.items():
        found, seen = [], set()
        for row in rows(data, name):
            if row["license"] in LICENCES and (made := passage_of(row["text"])) and made[:200] not in seen:
                seen.add(made[:200])
                found.append((xxhash.xxh3_64_intdigest(row["id"].encode(), 1), row, made))
        for _, row, made in sorted(found, key=lambda one: one[0])[:count]:
            yield {
                "id": row["id"], "origin": row["source"], "license": row["license"],
                "part": part_of(row["id"]), "text": made,
            }  # fmt: skip


@cache
def passages(part: str) -> tuple[dict[str, str], ...]:
    """The passages of one part, in the file's order."""
    found = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    return tuple(one for one in found if one["part"] == part)


if __name__ == "__main__":
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    FILE.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in chosen(folder)), "utf-8")
