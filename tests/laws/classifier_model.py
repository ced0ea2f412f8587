"""Makes `classifier.bin`, the small model of the laws: `python -m tests.laws.classifier_model`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import fasttext

from tests.runner.corpora import prose

PATH = Path(__file__).with_name("classifier.bin")


def main() -> None:
    """Texts with "the river" against texts with "market": of the made-up prose some have more of one, some of the
    other."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        for seed in range(400):
            line = " ".join(prose(seed, 2).split())
            file.write(f"__label__{'good' if 'river' in line or 'village' in line else 'bad'} {line}\n")
        file.flush()
        settings = {"dim": 4, "thread": 1, "seed": 1, "epoch": 20, "verbose": 0, "minCount": 5}
        fasttext.train_supervised(input=file.name, **settings).save_model(str(PATH))


if __name__ == "__main__":
    main()
