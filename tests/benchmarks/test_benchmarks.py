"""What the benchmarks must show. Minutes each, and the peers installed: `make test-long`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import code_worth, dedup, filters, placebos, scaling, tokenise, tokenizers

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_near_dedup_beside_the_peers(data: Path) -> None:
    tools = dedup.run(3, dedup.PEERS)["tools"]
    datatrove = tools["datatrove"]
    assert tools[dedup.OURS]["recall_80"] >= tools["text-dedup"]["recall_80"]  # 14 bands too, and verified
    assert tools[dedup.MORE]["recall_80"] >= datatrove["recall_80"]
    for ours in (tools[dedup.OURS], tools[dedup.MORE]):
        assert ours["precision_70"] >= 0.99
        assert datatrove["cpu"] >= 40 * ours["cpu"]
        assert tools["datatrove, str.split"]["cpu"] >= 4 * ours["cpu"]
        assert tools["Data-Juicer"]["wall"] >= 8 * ours["wall"]


def test_filters_beside_the_peers(data: Path) -> None:
    tools = filters.run(3, [filters.OURS, *filters.PEERS])["tools"]
    ours, split = tools[filters.OURS], tools["datatrove, str.split"]
    assert tools["datatrove"]["cpu"] >= 30 * ours["cpu"]
    assert split["cpu"] >= 6 * ours["cpu"]
    shipped = [tools[name] for name in filters.PEERS if tools[name] is not split]
    assert min(peer["wall"] for peer in shipped) >= 8 * ours["wall"]


def test_time_is_linear_and_memory_flat(data: Path) -> None:
    small, middle, large = scaling.run("dedup").values()
    per_megabyte = (middle["cpu"] - small["cpu"]) / 300, (large["cpu"] - middle["cpu"]) / 600
    assert per_megabyte[1] <= 1.15 * per_megabyte[0]
    assert large["anonymous"] <= 1.15 * small["anonymous"]


def test_tokenising_shuffling_and_packing_beside_datatrove(data: Path) -> None:
    tools = tokenise.run(3)["tools"]
    for ours in (tokenise.OURS, tokenise.PACKED):
        assert tools[tokenise.PEER]["cpu"] >= 3 * tools[ours]["cpu"]


def test_an_export_of_any_size_is_made_in_the_same_memory(data: Path) -> None:
    small, _, large = scaling.run("export", runs=1).values()
    assert large["anonymous"] <= 1.25 * small["anonymous"]


def test_tokens_beside_their_libraries(data: Path) -> None:
    for name, kinds in tokenizers.run()["megabytes_per_core_second"].items():
        for speeds in kinds.values():
            assert speeds["encode"] >= (2 if name.startswith("tiktoken") else 10) * speeds["library"]


def test_code_is_worth_it_to_code_and_neither_its_words_nor_more_of_the_same(data: Path, tmp_path: Path) -> None:
    found = code_worth.measured(tmp_path)
    verdicts = {one["name"]: one["verdict"] for one in found["whole"]["report"]["candidates"]}
    assert verdicts["code"] == "worth it"
    assert verdicts["shuffled"] != "worth it"
    assert verdicts["more"] != "worth it"
    assert found["whole"]["minutes"] < 30
    told, went = (found["whole"]["costs"][what]["hours"] for what in (code_worth.TOLD, code_worth.WENT))
    assert abs(told / went - 1) <= 0.2
    (few,) = found["small, 2 seeds"]["report"]["candidates"]
    assert few["verdict"].startswith("inconclusive (needs ")


def test_of_forty_valuations_of_more_of_the_same_two_at_most_are_worth_it(data: Path, tmp_path: Path) -> None:
    rows = placebos.measured(tmp_path)
    assert len(rows) == 40
    assert sum(row["verdict"] == "worth it" for row in rows) <= 2
