"""Models: their size is what the settings say, from 0.8 million parameters to a billion, whatever ran before."""

from __future__ import annotations

import pytest

from curation_lib.valuation.model_settings import ModelSettings

torch = pytest.importorskip("torch", reason="training is an extra: make setup-train")

SMALL = {"hidden": 112, "layers": 4, "heads": 4}
BILLION = {
    "hidden": 2048, "layers": 16, "heads": 32, "key_value_heads": 8, "intermediate": 8192, "sequence_length": 4096
}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "vocabulary", "millions"),
    [({"hidden": 64, "layers": 2, "heads": 2}, 1024, 0.1724), (SMALL, 2048, 0.861), (BILLION, 128_256, 1235.8)],
)
def test_parameters_are_those_of_the_model(settings, vocabulary, millions):
    from curation_lib.valuation.model import built

    wanted = ModelSettings.model_validate(settings)
    with torch.device("meta"):
        model = built(wanted, vocabulary)
    assert wanted.parameters(vocabulary) == sum(p.numel() for p in model.parameters())
    assert wanted.parameters(vocabulary) / 1e6 == pytest.approx(millions, rel=0.01)


def test_first_weights_come_from_the_seed_alone():
    from curation_lib.valuation.model import built

    settings = ModelSettings(hidden=16, layers=1, heads=2)
    first = built(settings, 300).state_dict()
    torch.rand(7)
    again, other = built(settings, 300).state_dict(), built(settings.model_copy(update={"seed": 1}), 300).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])
