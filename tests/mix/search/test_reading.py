from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from curation_lib.core.errors import ConfigError
from curation_lib.mix.search.natural import read_natural
from curation_lib.mix.search.reading import Layout, read_runs

TABLE = pd.DataFrame(
    {"index": [1, 2, 3], "weight_web": [0.2, 0.5, 0.9], "weight_code": [0.8, 0.5, 0.1], "loss": [2.0, 3.0, 4.0]}
)


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "jsonl"])
def test_every_kind_of_table_says_the_same(tmp_path, kind):
    path = tmp_path / f"runs.{kind}"
    if kind == "parquet":
        TABLE.to_parquet(path)
    elif kind == "jsonl":
        TABLE.to_json(path, orient="records", lines=True)
    else:
        TABLE.to_csv(path, index=False)
    found = read_runs(str(path), Layout(["loss"]))
    assert found.domains == ("web", "code")
    np.testing.assert_allclose(found.weights[np.argsort(found.losses[:, 0])], [[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]])


def test_two_tables_are_joined_by_their_key_not_by_their_order(tmp_path):
    TABLE.drop(columns="loss").to_csv(tmp_path / "mixtures.csv", index=False)
    TABLE[["index", "loss"]][::-1].to_csv(tmp_path / "losses.csv", index=False)
    found = read_runs(str(tmp_path / "mixtures.csv"), Layout(["loss"], losses=str(tmp_path / "losses.csv")))
    assert dict(zip(found.losses[:, 0], found.weights[:, 0], strict=True)) == pytest.approx({2: 0.2, 3: 0.5, 4: 0.9})
    TABLE[["index", "loss"]][:2].to_csv(tmp_path / "losses.csv", index=False)
    with pytest.raises(ConfigError, match="column index: 3 is in one of the two tables only"):
        read_runs(str(tmp_path / "mixtures.csv"), Layout(["loss"], losses=str(tmp_path / "losses.csv")))


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        (Layout(["perplexity"]), "no column perplexity; it has index, weight_web"),
        (Layout(["loss"], "share_*"), r"0 columns are called share_\*.*name them by --domains GLOB"),
        (Layout(["loss"], parameters="size"), "no column size"),
    ],
)
def test_columns_that_lack_are_named(tmp_path, layout, said):
    TABLE.to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(ConfigError, match=said):
        read_runs(str(tmp_path / "runs.csv"), layout)


def test_a_file_of_another_kind_or_without_rows_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"the name ends in none of \.csv"):
        read_runs(str(tmp_path / "runs.xlsx"), Layout(["loss"]))
    TABLE[:0].to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(ConfigError, match="has no rows"):
        read_runs(str(tmp_path / "runs.csv"), Layout(["loss"]))
    (tmp_path / "runs.parquet").write_text("no")
    with pytest.raises(ConfigError, match=r"not a \.parquet table"):
        read_runs(str(tmp_path / "runs.parquet"), Layout(["loss"]))


def test_natural_is_tokens_or_shares_and_names_every_domain(tmp_path):
    file = tmp_path / "natural.yaml"
    file.write_text("web: 3000\ncode: {tokens: 1000, license: MIT}\n")
    found = read_natural(str(file), ["web", "code"])
    assert (found.shares.tolist(), found.tokens.tolist(), found.licenses) == (
        [0.75, 0.25],
        [3000, 1000],
        {"code": "MIT"},
    )
    file.write_text("web: 0.75\ncode: 0.25\n")
    assert read_natural(str(file), ["web", "code"]).tokens is None
    for text, said in (
        ("web: 1", "lacks domain code.*write `code: 0`"),
        ("web: 1\ncode: 1\nads: 2", "the runs have no domain ads; they have web, code"),
        ("web: many\ncode: 1", "web: 'many' is no number"),
        ("[1]", "holds no mapping"),
        ("web: 0\ncode: 0", "all domains are 0"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match=said):
            read_natural(str(file), ["web", "code"])
