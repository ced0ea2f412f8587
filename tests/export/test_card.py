from __future__ import annotations

import re

import pytest
import yaml
from pydantic import ValidationError

from curation_lib.export import jsonl, parquet
from curation_lib.export.card import render_card, size_category
from curation_lib.export.facts import (
    CardFacts,
    Files,
    Funnel,
    Gate,
    Group,
    MixFacts,
    MixGroup,
    Released,
    SourceLicense,
    StageSettings,
)
from curation_lib.export.schema import ExportConfig, to_export
from curation_lib.export.summary import partial
from curation_lib.text.tokenizers.byte_counts import ByteCounts

FILES = (
    Files(name="parquet", path="parquet/*.parquet", loader="parquet", counts={"rows": 7}),
    Files(name="jsonl", path="jsonl/*.jsonl.zst", loader="json", counts={"rows": 7}),
)
GROUPS = (
    Group(source="web", language="en", license="MIT", documents=10, rows=20, bytes=4_000, tokens=1_000),
    Group(source="web", language="en", license="CC-BY-4.0", documents=5, rows=5, bytes=12_000, tokens=3_000),
    Group(source="wiki|old", language="de", license="MIT OR X", documents=1_234, rows=1_234, bytes=8, tokens=2),
    Group(source="wiki|old", license="unknown", documents=1, rows=1, bytes=8, tokens=2),
)
TOKENS = sum(group.tokens for group in GROUPS)
COUNTS = {
    "documents_held": 20,
    "tokens_held": 2_000,
    "documents": 15,
    "rows": 25,
    "tokens": 4_000,
    "unique_tokens": 2_000,
    "effective_tokens": 3_936,
}
MIXED = MixFacts(
    budget=5_000, planned=4_000, binds="epoch cap", shares={}, anchor=0, **COUNTS,
    groups=(MixGroup(source="web", language="en", license="MIT", synthetic=False, full=True, **COUNTS),),
)  # fmt: skip
FACTS = CardFacts(
    title="Demo: pretrain",
    corpus="demo",
    phase="pretrain",
    build_id="b1" * 16,
    recipe_fingerprint="f1" * 16,
    location="s3://bucket/exports/demo/b1/pretrain",
    paths={"Build record": "s3://bucket/builds/demo/b1.json"},
    files=FILES,
    groups=GROUPS,
    mixed=MIXED,
    funnel=(
        Funnel(stage="sources.warc", rows_in=9, kept=6, dropped={"media_type": 2}, quarantined=1, skipped=4),
        Funnel(stage="mix.sample", rows_in=6, created=3, kept=9),
    ),
    licenses=(SourceLicense(source="web", license="MIT", evidence="LICENSE", attribution="A. Author"),),
    gates=(Gate(stage="sources.warc", expectations=12, page="contracts/d/c/index.html"),),
    mix=StageSettings(stage="mix.sample", version=1, settings={"token_budget": 4_004, "max_epochs": 2.0}),
    filters=(StageSettings(stage="filters.gopher_quality", version=3, settings={"min_words": 50}),),
    released=(Released(stage="dedup.exact", dataset="dedup.exact", fingerprint="e" * 32, documents=4_321),),
)


def head(card):
    return yaml.safe_load(card.split("---\n")[1])


def test_the_card_names_what_it_must():
    card = render_card(FACTS)
    for line in (
        "# Demo: pretrain",
        f"| Build | `{'b1' * 16}` |",
        f"| Recipe fingerprint | `{'f1' * 16}` |",
        "| Export | `s3://bucket/exports/demo/b1/pretrain` |",
        "| Build record | `s3://bucket/builds/demo/b1.json` |",
        "| Documents | 1,250 |",
        "| Rows | 1,260 (10 repeats) |",
        "| UTF-8 bytes of text | 16,016 |",
        "| Tokens | 4,004 (estimate `bytes4`) |",
        f"| dedup.exact | dedup.exact | `{'e' * 32}` | 4,321 |",
        "| web | en | 15 | 25 | 16,000 | 4,000 | 99.90 % | 2.00 |",
        "| wiki\\|old | de | 1,234 | 1,234 | 8 | 2 | 0.05 % | – |",
        "![Tokens by source and by language](mix.svg)",
        "| CC-BY-4.0 | 5 | 5 | 12,000 | 3,000 | 74.93 % |",
        "| web | MIT | LICENSE | A. Author |",
        "| sources.warc | 9 | 0 | media_type 2 | 1 | 6 |",
        "sources.warc passed over 4 records that are not documents.",
        "| mix.sample | 6 | 3 | 0 | 0 | 9 |",
        "| sources.warc | 12 | contracts/d/c/index.html |",
        "| filters.gopher_quality | 3 | min_words | `50` |",
        "| token_budget | `4004` |",
    ):
        assert line in card.splitlines()


def test_the_card_says_what_the_mix_is_worth_and_what_binds_it():
    said = "4,000 tokens of 5,000 · worth 3,936 new ones · 25 rows of 15 documents · bound by epoch cap."
    assert said in render_card(FACTS)
    without = render_card(FACTS.model_copy(update={"mixed": None}))
    assert "mix.svg" not in without
    assert "Epochs" not in without


def test_the_card_says_what_was_not_done():
    card = render_card(FACTS)
    for name in ("Personal data", "Opt-outs", "Decontamination", "Toxicity"):
        assert f"- **{name}: not yet done.**" in card
    assert "**Synthetic share: 0.00 % of tokens.** No document was written by a generator." in card
    assert "**Token counts are estimates.**" in card
    made = Group(source="web", license="MIT", format="synthetic", documents=125, rows=130, bytes=4_000, tokens=TOKENS)
    done = render_card(FACTS.model_copy(update={"not_done": FACTS.not_done[1:], "groups": (*GROUPS, made)}))
    assert "Personal data" not in done
    assert "**Synthetic share: 50.00 % of tokens.** 125 documents were written by a generator;" in done


def test_counts_of_a_real_tokenizer_are_no_estimates():
    card = render_card(FACTS.model_copy(update={"tokenizer": "tokenizer.json, sha256 ab"}))
    assert "| Tokens | 4,004 (`tokenizer.json, sha256 ab`) |" in card
    assert "estimate" not in card
    assert "- **Token counts are of text alone**" in card


def test_the_head_is_what_the_hub_reads():
    assert head(render_card(FACTS)) == {
        "pretty_name": "Demo: pretrain",
        "license": ["cc-by-4.0", "mit", "other", "unknown"],
        "language": ["de", "en"],
        "size_categories": ["1K<n<10K"],
        "task_categories": ["text-generation"],
        "configs": [
            {
                "config_name": "parquet",
                "data_files": [{"split": "train", "path": "parquet/*.parquet"}],
                "default": True,
            },
            {"config_name": "jsonl", "data_files": [{"split": "train", "path": "jsonl/*.jsonl.zst"}]},
        ],
    }


def test_every_table_row_has_as_many_cells_as_its_head():
    nasty = GROUPS[2].model_copy(update={"source": "a|b\n| c | <b>\\|"})
    filters = (StageSettings(stage="f", version=1, settings={"pattern": "a|`b`"}),)
    card = render_card(FACTS.model_copy(update={"groups": (nasty,), "filters": filters}))
    for table in re.findall(r"(?:^\|.*\n)+", card, re.M):
        cells = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table


def test_the_card_is_a_function_of_its_facts():
    again = CardFacts.model_validate_json(FACTS.model_dump_json())
    assert render_card(again) == render_card(FACTS)
    shuffled = FACTS.model_copy(update={"groups": GROUPS[::-1]})
    assert render_card(shuffled) == render_card(FACTS)


def test_an_empty_export_has_a_card():
    facts = CardFacts(
        title="t",
        corpus="c",
        phase="posttrain",
        build_id="b",
        recipe_fingerprint="f",
        location="x",
        files=FILES[1:],
    )
    card = render_card(facts)
    assert head(card)["size_categories"] == ["n<1K"]
    assert "| Documents | 0 |" in card
    assert "pandas" not in card


def test_its_loading_code_runs(varied, tmp_path, offline):
    rows = to_export(varied, ExportConfig(phase="pretrain"), ByteCounts())
    for module, folder in ((parquet, "parquet"), (jsonl, "jsonl")):
        (tmp_path / folder).mkdir()
        with open(tmp_path / folder / f"part-00000{module.FORMAT.suffixes[0]}", "wb") as sink:
            module.encode([rows], sink, ExportConfig(phase="pretrain"))
    groups = tuple(Group(**group, documents=1) for group in partial(varied, rows.column("tokens")))
    card = render_card(FACTS.model_copy(update={"location": str(tmp_path), "groups": groups}))
    (tmp_path / "README.md").write_text(card)
    names: dict[str, object] = {}
    exec(re.search(r"```python\n(.*?)```", card, re.S)[1], names)
    for loaded in ("frame", "rows"):
        assert sum(names[loaded]["tokens"]) == sum(group.tokens for group in groups)
        assert len(names[loaded]) == 7


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**9 - 1, "100M<n<1B"), (10**12, "n>1T")],
)
def test_size_categories(rows, name):
    assert size_category(rows) == name


def test_a_funnel_that_does_not_add_up_is_refused():
    with pytest.raises(ValidationError, match=r"filters.c4: 10 in \+ 0 created, but 9 accounted for"):
        Funnel(stage="filters.c4", rows_in=10, kept=7, dropped={"lorem_ipsum": 2})


@pytest.mark.parametrize("path", ["*.parquet", "/abs/*.parquet"])
def test_a_format_has_a_folder_of_its_own(path):
    with pytest.raises(ValidationError):
        Files(name="parquet", path=path)
