from __future__ import annotations

from pathlib import Path

import fasttext
import numpy as np
import pyarrow as pa

from curation_lib.text.label_scores import label_scores, load_classifier


def test_a_score_is_a_probability_where_fasttexts_own_is_more_than_one(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("__label__good river river\n__label__bad market market\n" * 200)
    model = fasttext.train_supervised(str(lines), dim=4, epoch=300, lr=5.0, thread=1, seed=1, verbose=0, minCount=1)
    assert model.f.multilinePredict(["river\n"], -1, 0.0, "strict")[1][0][0] > 1
    model.save_model(str(tmp_path / "m.bin"))
    found = label_scores(pa.array(["river", "market"]), load_classifier(tmp_path / "m.bin", "lines"), ["good", "bad"])
    assert found[0, 0] == found[1, 1] == np.float32(1)
    assert found.max() == 1
    assert max(found[0, 1], found[1, 0]) < 1e-3
