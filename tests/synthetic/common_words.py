"""`python -m tests.synthetic.common_words` makes `curation_lib/text/common_words.txt` anew: words that documents of at
least two origins write small, three documents or more and more than write it with a capital within a sentence; documents that a held-out passage comes from are left out."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from pathlib import Path

from tests.synthetic.passages import FILES, LICENCES, ROOT, passages, rows

OUT = ROOT / "curation_lib" / "text" / "common_words.txt"
_WORD = re.compile(r"(?<![\w'’./-])[a-z]{2,}(?![\w'’./]|-\w)")

_CAPITAL = re.compile(r"(?<=[a-z] )[A-Z][a-z]+(?![\w'’./]|-\w)")


def common_words(data: Path) -> list[str]:
    held_out = {one["id"] for one in passages("held_out")}
    documents: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    origins: defaultdict[str, set[str]] = defaultdict(set)
    for name in FILES:
        for row in rows(data, name):
            if row["license"] in LICENCES | {"WordNet"} and row["id"] not in held_out:
                capital.update({word.lower() for word in _CAPITAL.findall(row["text"])})
                for word in set(_WORD.findall(row["text"])):
                    documents[word] += 1
                    origins[word].add(row["source"])
    return sorted(w for w, count in documents.items() if count >= 3 and len(origins[w]) >= 2 and count > capital[w])


if __name__ == "__main__":
    folder = Path(os.environ.get("WINNOW_TEST_DATA") or ROOT.parent / "shared" / "data")
    OUT.write_text("\n".join(common_words(folder)) + "\n", "utf-8")
