"""Tasks of a search for a mixture, over losses by a known law in place of trainings."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput
from winnow_airflow.assets import MIXTURES, SEARCHED
from winnow_airflow.operators import experiment
from winnow_airflow.search_dag import search_dags

from curation_lib.core.weights_files import with_weights
from curation_lib.runner import machines, mixture_fit, mixture_search
from curation_lib.runner.dask import LocalScheduler
from curation_lib.runner.mixtures import current_mixture
from curation_lib.runner.session import Session
from curation_lib.runner.store import Store, canonical_json
from curation_lib.valuation.cost import Machine
from curation_lib.valuation.mixture_search import load_search
from curation_lib.valuation.swarm import swarm
from tests.plugins.test_pages import client, reader, server, token  # noqa: F401
from tests.runner.test_mixture_search import simulated, written

ASKED: list[dict[str, Any]] = []


class _Here(LocalScheduler):
    """This process in place of a cluster."""

    address = "here"

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    ASKED.clear()
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **asked: ASKED.append(asked))
    monkeypatch.setattr(machines, "calibrate", lambda *_: Machine("this one", 1e9, 1e9))
    monkeypatch.setattr(experiment, "DaskHook", lambda _: SimpleNamespace(get_conn=lambda: _Here(1)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A search over three sources, in which code is worth most."""
    return written(tmp_path, limits={"kl": 0.5})


def known(file: Path, store: Store, monkeypatch: pytest.MonkeyPatch, noise: float) -> None:
    losses = simulated(load_search(file), Session(store, LocalScheduler(1)), noise)
    for module in (mixture_search, mixture_fit):
        monkeypatch.setattr(module, "carry_out", losses)


class Run:
    """One DAG run of the search `three`, as its tasks see it."""

    def __init__(self, file: Path, **params: Any) -> None:
        (self.dag,) = search_dags([file]).values()
        self.values: dict[tuple[str, str], Any] = {}
        self.params = {"search": "three", "budget_tokens": None, "budget_money": None, **params}
        self.events: list[tuple[Any, Any]] = []

    def do(self, *parts: str) -> Any:
        for part in parts:
            task = self.dag.get_task(part)
            task.store = ""  # as the template renders without the parameter
            value = type(task).execute.__wrapped__(task, self._context(part))
            self.values[part, "return_value"] = value
        return value

    def _context(self, part: str) -> dict[str, Any]:
        ti = SimpleNamespace(
            xcom_pull=lambda task_ids, key="return_value": self.values.get((task_ids, key)),
            xcom_push=lambda key, value: self.values.update({(part, key): value}),
            map_index=-1,
            id="0",
        )
        outlet = SimpleNamespace(add=lambda asset, extra: self.events.append((asset, extra)))
        return {
            "ti": ti,
            "task_instance": ti,
            "params": self.params,
            "outlet_events": {MIXTURES: outlet, SEARCHED: outlet},
        }


def test_an_optimum_that_won_becomes_current_when_a_person_approves(
    file,
    store,
    monkeypatch,
    reader,  # noqa: F811
    caplog,
    capsys,
):
    known(file, store, monkeypatch, noise=0.0005)
    run = Run(file)
    with caplog.at_level("INFO"):
        planned = run.do("plan")
    assert planned["runs"] == 3 * (24 + 3) + 3 * 3, "the runs that confirm, too: three mixtures, three seeds"
    assert planned["tokens"] == planned["runs"] * 2048
    assert planned["money"] == pytest.approx(0.05 * planned["hours"])
    said = capsys.readouterr().out + caplog.text
    assert "a swarm of 81 runs, then 9 to confirm what it finds; left to train of all these: 90 runs on" in said
    swarms = []
    monkeypatch.setattr(mixture_search, "swarm", lambda *args: swarms.append(1) or swarm(*args))
    assert run.do("swarm")["runs"] == 3 * (24 + 3)
    assert len(swarms) == 1, "a task plans once"
    found = run.do("fit")
    assert (found["ships"], found["directory"]) == (True, planned["directory"])
    assert found["page"] == f"http://testserver/winnow/{found['directory']}"
    with pytest.raises(TaskAwaitingInput):
        run.do("approve")
    assert f"[The whole report]({found['page']})" in ASKED[-1]["body"]
    assert "| source code |" in ASKED[-1]["body"]
    assert current_mixture(store, "three") is None
    used = run.do("use")
    assert current_mixture(store, "three") == used["fingerprint"]
    mixes = with_weights({"pretrain": {"weights_file": store.address("mixtures/three")}})
    assert {one["source"] for one in mixes["pretrain"]["weights"]} == {"books", "code", "web"}
    assert [asset.uri for asset, _ in run.events] == ["winnow://searches/three", "winnow://mixtures/three"]
    told = run.events[0][1]
    assert len(Path(told["runs"]).read_text().splitlines()) == 3 * (24 + 3) + 1
    assert Path(told["weights"]).is_file()
    listed = reader.get("/winnow/searches").text
    assert f'href="/winnow/{found["directory"]}"' in listed
    assert used["fingerprint"] in listed
    assert f'<a href="/winnow/{found["directory"]}">search three</a>' in listed
    assert "source code 0." in listed
    assert '<span class="pass">current</span>' in listed
    shown = reader.get(f"/winnow/{found['directory']}")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "Ship the optimum" in shown.text
    assert "the mixtures of the swarm with a 6.6B model" in shown.text
    assert '<nav><a href="/winnow/searches">Mixtures</a></nav>' in shown.text


def test_an_optimum_that_did_not_win_is_not_offered(file, store):
    run = Run(file)
    store.put(
        "searches/three/00/mixture.json", canonical_json({"ships": False, "verdict": "Ship UniMax: within noise"})
    )
    run.values["fit", "return_value"] = {"directory": "searches/three/00", "page": "p"}
    for part in ("approve", "use"):
        with pytest.raises(AirflowSkipException, match="the optimum does not ship: Ship UniMax"):
            run.do(part)
    assert ASKED == []


def test_what_is_above_the_budget_or_has_changed_trains_nothing(file, store):
    with pytest.raises(AirflowFailException, match="budget_tokens is 1,000, what is left to train takes"):
        Run(file, budget_tokens=1_000).do("plan")
    with pytest.raises(AirflowFailException, match=r"budget_money is 0\.00 USD, .* start a new run with a higher"):
        Run(file, budget_money=0.0).do("plan")
    run = Run(file)
    run.do("plan")
    file.write_text(file.read_text().replace("tokens: 2000", "tokens: 3000"))
    with pytest.raises(AirflowFailException, match="not those that were planned; trigger a new run"):
        run.do("swarm")
    assert store.list("training") == []


def test_nobody_reads_without_a_login(client):  # noqa: F811
    for address in ("/winnow/searches", "/winnow/searches/three/00"):
        assert client.get(address).status_code == 401


def test_an_empty_store_has_a_page(reader):  # noqa: F811
    assert "This store holds no search yet." in reader.get("/winnow/searches").text
    for address in ("three/00", "three", "..%2fmodels/x"):
        assert reader.get(f"/winnow/searches/{address}").status_code == 404
