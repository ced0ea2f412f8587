"""Files shuffled and written for trainers, without a recipe: `winnow export write`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.core.recipe import Formats, validated
from curation_lib.core.recipe_stages import configured, formats_of
from curation_lib.core.registry import find, names
from curation_lib.core.stage import Bound
from curation_lib.export.samples import SamplesConfig, TokensConfig
from curation_lib.runner.dask import Scheduler
from curation_lib.runner.given import read_inputs
from curation_lib.runner.lineage import complete
from curation_lib.runner.manifest import Manifest
from curation_lib.runner.plan import Step
from curation_lib.runner.publish import check_output, publish
from curation_lib.runner.reports import Tell, untold
from curation_lib.runner.session import Progress, Session, silent
from curation_lib.runner.steps import StepResult, run_step
from curation_lib.runner.store import Store
from curation_lib.text.tokenizers.loading import load_tokenizer
from curation_lib.text.tokenizers.settings import BYTES4, TokenizerSetting

WORK = ".unfinished"
"""What is added to the output's name for the folder of what is done so far; a killed export goes on from there."""


@dataclass(frozen=True)
class Asked:
    """What is to be written, as the command's options are called."""

    formats: Sequence[str]
    tokenizer: str = BYTES4
    packing: str = "none"
    sequence_length: int | None = None
    seed: int = 0
    part_bytes: int = 64 * 2**20
    phase: str = "pretrain"


@dataclass(frozen=True)
class Exported:
    """The steps that ran, the export's manifest, and what was read."""

    steps: Sequence[StepResult]
    manifest: Manifest
    read: Sequence[Manifest]


def export_files(
    inputs: Sequence[str],
    output: str,
    asked: Asked,
    scheduler: Scheduler,
    progress: Progress = silent,
    tell: Tell = untold,
) -> Exported:
    """Shuffle the documents of files or datasets and write them as `asked`: the folder `output`, manifest last.

    Nothing is measured, filtered or cleaned. Raises ConfigError for settings that make no sense, before anything is
    read, and ContractError where there is no document.
    """
    check_output(output)
    steps = planned(asked)
    work = Store(f"{output.rstrip('/')}{WORK}")
    session = Session(work, scheduler, progress, codec=None, tell=tell)
    read = read_inputs(inputs, session)
    if not sum(m.counts["kept"] for m in read):
        rows = sum(m.counts["rows_in"] for m in read)
        raise ContractError(f"--input: no document in {', '.join(inputs)}; of {rows:,} rows none could be read")
    results, given = [], read
    for step in steps:
        results.append(run_step(step, given, session))
        given = [complete(work, results[-1].directory)]
    publish(work, [given[0].directory], read, output)
    _remove(work)
    return Exported(results, given[0], read)


def planned(asked: Asked) -> list[Step]:
    """The two steps of an export. Raises ConfigError, naming the option."""
    order = {"phase": asked.phase, "seed": asked.seed, "part_bytes": asked.part_bytes}
    shuffle = configured("mix.shuffle", order, "--seed, --part-bytes")
    formats = tuple(_formats(asked))
    return [
        Step("shuffle", "order", "shuffle", (shuffle,), (), asked.phase),
        Step("export", "export", "export", formats, ("shuffle",), asked.phase),
    ]


def _formats(asked: Asked) -> list[Bound]:
    tokenizer: Any = validated(TokenizerSetting, asked.tokenizer, "--tokenizer")  # type: ignore[arg-type]
    packs = asked.packing != "none"
    if packs and asked.sequence_length is None:
        raise ConfigError(f"--packing {asked.packing} needs --sequence-length, such as 4096")
    if packs and not tokenizer.has_ids:
        raise ConfigError("--packing needs --tokenizer: a tokenizer.json or tiktoken/<encoding>")
    if asked.sequence_length is not None and not packs:
        raise ConfigError("--sequence-length has no use without --packing concatenate or best_fit")
    if not tokenizer.has_ids and (ids := [name for name in asked.formats if _is(name, TokensConfig)]):
        raise ConfigError(f"--format {ids[0]} holds ids: add --tokenizer, a tokenizer.json or tiktoken/<encoding>")
    samples = [name for name in asked.formats if _is(name, SamplesConfig)]
    if asked.phase == "posttrain" and samples:
        raise ConfigError(
            f"--phase posttrain: {samples[0]} of records needs a chat template, which a recipe names; leave --phase "
            "out for texts, or ask for chat"
        )
    if samples and tokenizer.has_ids:
        _ = load_tokenizer(tokenizer).eos  # or hours would pass before it is missed
    packing = asked.packing if packs else None
    chosen = Formats(formats=list(asked.formats), packing=packing, sequence_length=asked.sequence_length)
    settings = {"phase": asked.phase, "tokenizer": tokenizer.model_dump()}
    return formats_of(chosen, settings, "--format, --tokenizer, --packing", "--format")


def _is(name: str, kind: type[SamplesConfig]) -> bool:
    return f"export.{name}" in names() and issubclass(find(f"export.{name}").config, kind)


def _remove(work: Store) -> None:
    """Only what was written there goes."""
    for name in ("datasets", "exports", "shards", "work"):
        if work.fs.exists(work.path(name)):
            work.fs.rm(work.path(name), recursive=True)
    if work.fs.isdir(work.path("")) and not work.fs.ls(work.path("")):
        work.fs.rmdir(work.path(""))
