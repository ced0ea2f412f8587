"""A small corpus that a test makes: web pages and prose in two languages, with duplicates, in many shards."""

from __future__ import annotations

import io
import random
from pathlib import Path

import orjson
import yaml
import zstandard
from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

ENGLISH = (
    "the of and to in that is was for it with as his on be at by had not are but from or have an they which "
    "one you were her all she there would their we him been has when who will more no if out so said what up "
    "its about into than them can only other new some could time these two may then do first any my now such "
    "like our over man me even most made after also did many before must through back years where much your "
    "way well down should because each just those people how too little state good very make world still own "
    "see men work long get here between both life being under never day same another know while last might us "
    "great old year off come since against go came right used take three water house garden river mountain "
    "winter summer letter window machine engine copper silver history science measure pressure temperature "
    "carbon oxygen theory method result example "
).split()
SPANISH = (
    "el la de que y a en un ser se no haber por con su para como estar tener le lo todo pero más hacer o "
    "poder decir este ir otro ese si me ya ver porque dar cuando él muy sin vez mucho saber qué sobre mi "
    "alguno mismo yo también hasta año dos querer entre así primero desde grande eso ni nos llegar pasar "
    "tiempo ella sí día uno bien poco deber entonces poner cosa tanto hombre parecer nuestro tan donde ahora "
    "parte después vida quedar siempre creer hablar llevar dejar nada cada seguir menos nuevo encontrar algo "
    "solo pueblo ciudad río montaña invierno verano "
).split()
PROSE_SHARDS, PROSE_ROWS, WEB_FILES, WEB_PAGES = 12, 100, 2, 40


def text(seed: str, words: list[str], sentences: int = 14) -> str:
    """Running text: sentences of 8 to 15 words, two to a line."""
    rng = random.Random(seed)
    made = []
    for _ in range(sentences):
        chosen = [rng.choice(words) for _ in range(rng.randint(8, 15))]
        made.append(" ".join(chosen).capitalize() + ".")
    return "\n".join(" ".join(made[n : n + 2]) for n in range(0, len(made), 2))


def row(number: int) -> dict[str, str]:
    """Row `number`: every ninth in Spanish, every seventh a copy, every eleventh a near-copy, every 13th junk."""
    if number % 26 == 12:
        return {"id": f"r{number}", "text": f"Menu {number}\nHome\nLogin"}
    if number % 26 == 25:
        return {"id": f"r{number}", "text": f"Page {number} is too short to teach. Nothing more is said here."}
    base = number - 1 if number % 7 == 6 or number % 11 == 10 else number
    language = SPANISH if base % 9 == 8 else ENGLISH
    made = text(f"row {base}", language)
    return {"id": f"r{number}", "text": made + (" One more line closes it." if number % 11 == 10 else "")}


def write_inputs(folder: Path) -> None:
    """prose/*.jsonl.zst and web/*.warc.gz below `folder`."""
    prose, web = folder / "prose", folder / "web"
    prose.mkdir(parents=True)
    web.mkdir()
    for shard in range(PROSE_SHARDS):
        rows = [row(shard * PROSE_ROWS + n) for n in range(PROSE_ROWS)]
        lines = b"".join(orjson.dumps(r) + b"\n" for r in rows)
        (prose / f"{shard:03d}.jsonl.zst").write_bytes(zstandard.compress(lines))
    (folder / "quiz.jsonl").write_bytes(orjson.dumps({"question": text("a quiz", ENGLISH, 2)}))
    for number in range(WEB_FILES):
        (web / f"{number:03d}.warc.gz").write_bytes(_warc(number))


def _warc(number: int) -> bytes:
    out = io.BytesIO()
    for page in range(WEB_PAGES):
        stream = GzipWriter(out)
        record = WarcRecord()
        record.init_headers(record_type=WarcRecordType.response)
        name = f"https://example.org/{number}/{page}"
        record.headers["WARC-Target-URI"] = name
        record.headers["WARC-Date"] = "2026-01-01T00:00:00Z"
        record.headers["Content-Type"] = "application/http; msgtype=response"
        status = "404 Not Found" if page % 10 == 9 else "200 OK"
        paragraphs = "".join(f"<p>{line}</p>" for line in text(name, ENGLISH).split("\n"))
        html = f"<html><head><title>{name}</title></head><body><main>{paragraphs}</main></body></html>"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        record.set_bytes_content((head + html).encode())
        record.write(stream)
        stream.finish()
    return out.getvalue()


def write_recipe(path: Path, corpus: str, inputs: Path, **changes: object) -> None:
    """A recipe with every stage over the inputs."""
    recipe = {
        "corpus": corpus,
        "sources": {
            "prose": {"stage": "sources.jsonl", "paths": str(inputs / "prose"), "license": "CC0-1.0"},
            "web": {"stage": "sources.warc", "paths": str(inputs / "web"), "license": "MIT"},
        },
        "stages": [
            "dedup.exact",
            "dedup.minhash",
            "filters.c4_lines",
            "filters.gopher_repetition",
            {"filters.gopher_quality": {"min_stop_words": None}},
            "filters.c4_quality",
            "filters.fineweb_quality",
        ],
        "licenses": {"allow": ["MIT", "CC0-1.0"]},
        "mixes": {
            "pretrain": {"weights": [{"weight": 1}], "token_budget": 100_000},
            "midtrain": {
                "weights": [{"source": "web", "weight": 1}],
                "token_budget": 40_000,
                "max_epochs": 2,
                "benchmarks": [{"name": "quiz", "paths": str(inputs / "quiz.jsonl"), "fields": ["question"]}],
            },
        },
        "export": {"shuffle": {"part_bytes": 40_000}},  # several files of each format
        "airflow": {"retries": 3, "retry_delay_seconds": 1},
        **changes,
    }
    path.write_text(yaml.safe_dump(recipe, sort_keys=False))
