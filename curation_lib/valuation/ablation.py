"""The costs that a valuation is weighed against: every arm trained from scratch, and both for a large model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curation_lib.valuation.arms import Arm
from curation_lib.valuation.cost import Cost, CostSettings, Machine, Work, asked, h100, priced, work_of
from curation_lib.valuation.runs import Run

COMPARED = ("control", "candidate")
"""Arms of a full ablation: without a candidate, and with it at each share."""


def costs(
    trunk: Run,
    anneals: Mapping[Arm, Sequence[Run]],
    untrained: Sequence[Run],
    measured: Mapping[str, int],
    vocabulary: int,
    machine: Machine,
    settings: CostSettings,
) -> list[Cost]:
    """This experiment, the full ablation that it stands for, and both for the large model. untrained: runs of no tokens
    that measure what others were trained to. measured: tokens by store key of a measure set."""
    runs = [*(run for seeds in anneals.values() for run in seeds), *untrained]
    compared = [run for arm, seeds in anneals.items() if arm.kind in COMPARED for run in seeds]
    small, currency = (work_of([trunk, *runs], measured, vocabulary), settings.currency)
    scratch = from_scratch(small[0], work_of(compared, measured, vocabulary))
    return [
        priced("this experiment", small, machine, currency),
        priced("full ablation, every arm from scratch", scratch, machine, currency),
        *_large(runs, compared, measured, settings),
    ]


def from_scratch(trunk: Work, anneals: Sequence[Work]) -> list[Work]:
    """The same arms and seeds without a shared trunk: each trains it anew."""
    return [Work(trunk.training + one.training, one.measuring) for one in anneals]


def anew(what: str, runs: int, settings: CostSettings) -> Cost:
    """So many runs of the large model, each from scratch."""
    each, machine = settings.large.flops_per_token(settings.vocabulary), h100(settings)
    machine = machine._replace(assumes=(_trunk(settings), *machine.assumes))
    work = [Work(settings.trunk_tokens * each, 0.0)] * runs
    return priced(f"{what} with a {_size(settings)} model", work, machine, settings.currency)


def _size(settings: CostSettings) -> str:
    return f"{settings.large.parameters(settings.vocabulary) / 1e9:.1f}B"


def _trunk(settings: CostSettings) -> str:
    return f"{settings.trunk_tokens / 1e12:g}T tokens a trunk"


def _large(
    runs: Sequence[Run], compared: Sequence[Run], measured: Mapping[str, int], settings: CostSettings
) -> list[Cost]:
    each, machine, currency = settings.large.flops_per_token(settings.vocabulary), h100(settings), settings.currency
    size = _size(settings)
    anneals, full = (
        [Work(settings.anneal_tokens * each if one.tokens else 0.0, asked(one, measured) * each / 3) for one in some]
        for some in (runs, compared)
    )
    trunk = Work(settings.trunk_tokens * each, 0.0)
    tokens = f"{settings.anneal_tokens / 1e9:g}B tokens an anneal"
    exists = machine._replace(assumes=("the trunk exists", tokens, *machine.assumes))
    scratch = machine._replace(assumes=(_trunk(settings), tokens, *machine.assumes))
    return [
        priced(f"the same anneals of a {size} model", anneals, exists, currency),
        priced(
            f"full ablation of a {size} model, every arm from scratch", from_scratch(trunk, full), scratch, currency
        ),
    ]
