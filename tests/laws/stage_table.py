"""Every registered stage with the settings that it must be given: a new stage needs a line here only if it has
settings without a default, or would take every document of the tests. `conftest.py` puts the address of a server in
place of the endpoint that stands here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curation_lib.core.contract import CAPTURE
from curation_lib.core.registry import find, names
from curation_lib.core.stage import Map, Source, Stage

MODEL = str(Path(__file__).with_name("classifier.bin"))
TOKENIZER = str(Path(__file__).with_name("tokenizer.json"))
IDS = {"phase": "pretrain", "tokenizer": TOKENIZER, "packing": "best_fit", "sequence_length": 64}

QUIZ = {
    "name": "quiz",
    "paths": str(Path(__file__).with_name("benchmark.jsonl")),
    "fields": ["question", "answer"],
}
SETTINGS: dict[str, dict[str, Any]] = {
    "sources.warc": {"license": "MIT"},
    "sources.jsonl": {"license": "MIT"},
    "sources.parquet": {"license": "MIT"},
    "sources.records": {"license": "MIT"},
    "normalize.html": {"identify_language": False},
    "normalize.plain": {"identify_language": False},
    "dedup.semantic": {"threshold": 0.65},  # chance alone makes some documents of the tests as alike
    "filters.url_blocklist": {"urls": ["https://a.example/9"], "domains": ["blocked.example"]},
    "filters.bad_words": {"lists": {"en": str(Path(__file__).with_name("bad_words.txt"))}, "default_language": "en"},
    "filters.language": {"min_language_score": 0.0},
    "filters.script": {"unknown_language": "pass"},
    "filters.text_modifiers": {"modifiers": ["urls", "markdown", "newlines"]},
    "filters.perplexity": {
        "models": {"*": str(Path(__file__).with_name("words.arpa"))},
        "min_perplexity_percentile": 3,
        "max_perplexity_percentile": 97,
    },
    "filters.coherence": {"min_coherence": -0.08},
    "filters.decontaminate": {"action": "cut", "benchmarks": [QUIZ]},
    "filters.classifier": {"model": MODEL, "label": "good", "keep_top_percent": 97},
    "filters.density": {"min_density": -1.3, "without_list": "pass"},
    "filters.quality_buckets": {
        "models": [{"name": "good", "model": MODEL, "label": "good"}, {"name": "bad", "model": MODEL, "label": "bad"}],
        "min_bucket": 1,
    },
    "filters.domains": {"drop_topics": ["software"]},
    "synthetic.seeds": {"requests": 7, "languages": ["en", "unknown"], "min_bytes": 100, "max_bytes": 700},
    "synthetic.generate": {"endpoint": "http://127.0.0.1:9/v1", "model": "tiny", "model_license": "Apache-2.0"},
    "synthetic.gates": {"identify_language": False},
    "mix.sample": {"phase": "midtrain", "default_weight": 1.0, "benchmarks": [QUIZ]},
    "export.licenses": {"allow": ["MIT"]},
    "export.parquet": {"phase": "pretrain"},
    "export.jsonl": {"phase": "pretrain"},
    "export.chat": {"phase": "posttrain", "chat_template": "chatml"},
    "mix.shuffle": {"phase": "pretrain", "part_bytes": 4000},
    **{f"export.{name}": IDS for name in ("tokens", "megatron", "mds", "webdataset")},
}
INPUTS = {"sources.warc": "pages", "sources.jsonl": "books", "sources.parquet": "table", "sources.records": "records"}
"""Where in `corpora.write_inputs` each source reads; a source not named here reads the whole folder."""
MIXES = {
    "pretrain": {"weights": [{"weight": 1}], "tokenizer": TOKENIZER},
    "midtrain": {"weights": [{"source": "sources-parquet", "weight": 1}], "token_budget": 9000, "max_epochs": 2},
    "posttrain": {
        "weights": [{"source": "sources-records", "weight": 1}],
        "token_budget": 700,
        "chat_template": "chatml",
    },
}


def stages(*kinds: type[Stage]) -> list[Stage]:
    """Every registered stage of these shapes."""
    return [find(n) for n in names() if isinstance(find(n), kinds)]


def configured(stage: Stage, **more: Any) -> Any:
    return stage.config.model_validate({**SETTINGS.get(stage.name, {}), **more})


def every_stage(inputs: Path, corpus: str = "laws") -> dict[str, Any]:
    """A recipe, as plain data, with every registered stage in it, in room order."""
    normalizers = {s.name: s for s in stages(Stage) if s.consumes == CAPTURE}
    middle = [n for n in names() if n.partition(".")[0] in ("dedup", "filters", "synthetic")]
    middle += [n for n in normalized_later() if n not in middle]
    return {
        "corpus": corpus,
        "description": "Every stage there is.",
        "sources": {s.name.replace(".", "-"): _source(s, inputs, normalizers) for s in stages(Source)},
        "stages": [{n: SETTINGS.get(n, {})} for n in middle],
        "licenses": {"allow": ["MIT"]},
        "mixes": MIXES,
        "export": {
            "formats": ["parquet", "jsonl"],
            "shuffle": {"part_bytes": 4000},
            "phases": {
                "pretrain": {
                    "formats": [name for name in formats() if name != "chat"],
                    "packing": "best_fit",
                    "sequence_length": 64,
                },
                "posttrain": {"formats": ["parquet", "jsonl", "chat"]},
            },
        },
    }


def formats() -> list[str]:
    """Every format of an export."""
    return [s.name.partition(".")[2] for s in stages(Map) if s.name.startswith("export.")]


def normalized_later() -> list[str]:
    """Stages of normalize/ that take documents, not captures."""
    return [s.name for s in stages(Stage) if s.name.startswith("normalize.") and s.consumes != CAPTURE]


def _source(stage: Stage, inputs: Path, normalizers: dict[str, Stage]) -> dict[str, Any]:
    normalizer = "normalize.html" if stage.name == "sources.warc" else "normalize.plain"
    settings = {**SETTINGS[normalizer], **({"clean": False} if stage.name == "sources.records" else {})}
    return {
        "stage": stage.name,
        "paths": str(inputs / INPUTS.get(stage.name, ".")),
        **SETTINGS.get(stage.name, {}),
        "normalize": [{normalizer: settings}],
    }
