"""The names under which a corpus, its steps and its gates go in Airflow."""

from __future__ import annotations

DAG_PREFIX = "corpus_build__"
GATE_SUFFIX = ".gate"
TRAINING_DAG = "train_quality_models"
VALUATION_DAG, SEARCH_DAG = "dataset_valuation", "mixture_search"
PAGES = "/winnow"
"""Where the pages of `ui/` are mounted, below Airflow's base URL."""


def dag_id_of(corpus: str) -> str:
    return f"{DAG_PREFIX}{corpus}"


def corpus_of(dag_id: str) -> str | None:
    """The corpus that a DAG builds; None for a DAG that builds none."""
    return dag_id.removeprefix(DAG_PREFIX) if dag_id.startswith(DAG_PREFIX) else None


def gate_task(step_id: str) -> str:
    """The task that judges a step's dataset. No source name and no stage name can end like this."""
    return f"{step_id}{GATE_SUFFIX}"


def lock_owner(dag_id: str, run_id: str) -> str:
    """What the build lock names as its holder: one DAG run, whatever tries and tasks it has."""
    return f"airflow {dag_id} {run_id}"


def model_task(name: str, part: str) -> str:
    """A task of a model's group: `train`, `review` or `use`."""
    return f"{name}.{part}"


def model_page(name: str, fingerprint: str) -> str:
    """The page of one version of a model, below PAGES."""
    return f"models/{name}/{fingerprint}"


def valuation_page(name: str, fingerprint: str) -> str:
    """The page of a valuation, below PAGES; its folder in the store is called the same."""
    return f"valuations/{name}/{fingerprint}"
