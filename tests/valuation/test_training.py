"""Runs: the same bits twice, killed and resumed, and in two processes of torchrun; what they measure is the model's."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager

import numpy as np
import psutil
import pytest

from curation_lib.core.errors import ConfigError, WinnowError
from curation_lib.runner import torchrun, training, training_process
from curation_lib.runner.pools import opened
from curation_lib.runner.reports import heard_by
from curation_lib.runner.run_files import STATE, key_of, result_of
from curation_lib.runner.training import Ordered, carry_out, train_run
from curation_lib.runner.training_process import train_here
from curation_lib.valuation import evaluate
from curation_lib.valuation.train import settle
from tests.valuation import runs

torch = pytest.importorskip("torch", reason="training is an extra: make setup-train")


@pytest.fixture
def at(tmp_path):
    return runs.session(tmp_path)


@pytest.fixture
def keys(tmp_path, at):
    return runs.pools(tmp_path, at)


def test_a_run_learns_and_is_trained_once(at, keys):
    short, long = (runs.run(*keys, tokens=n) for n in (128, 12_800))
    first, second = carry_out([short, long], at)
    assert second.losses["guard/base"].per_byte < first.losses["guard/base"].per_byte - 0.5
    assert second.tokens == 12_800
    again = carry_out([long, short], at)
    assert at.calls["train"] == 2
    assert again[0].losses["guard/base"].bits.tolist() == second.losses["guard/base"].bits.tolist()


def test_the_same_run_gives_the_same_bytes_in_another_store(tmp_path, at, keys):
    one = runs.run(*keys, seed=3)
    carry_out([one], at)
    (tmp_path / "other").mkdir()
    other = runs.session(tmp_path / "other")
    assert runs.pools(tmp_path / "other", other) == keys
    carry_out([one], other)
    place = f"{key_of(one)}/result.json"
    assert at.store.read(place) == other.store.read(place)


def test_another_seed_is_another_order_of_data(at, keys):
    one, other = carry_out([runs.run(*keys, seed=seed) for seed in (0, 1)], at)
    assert one.losses["guard/base"].per_byte != other.losses["guard/base"].per_byte


def test_a_killed_run_goes_on_from_its_checkpoint_to_the_same_bits(tmp_path, at, keys, monkeypatch):
    settings = runs.OPTIMISATION.model_copy(update={"checkpoint_tokens": 512})
    one = runs.run(*keys, optimisation=settings)
    (whole,) = carry_out([one.model_copy(update={"optimisation": runs.OPTIMISATION})], at)
    saved = training_process.save_state

    def killed(store, key, state):
        saved(store, key, state)
        if state["step"] == 8:
            raise KeyboardInterrupt

    at.store.remove(f"{key_of(one)}/result.json")
    monkeypatch.setattr(training_process, "save_state", killed)
    with pytest.raises(KeyboardInterrupt):
        train_run(Ordered(at.store, one, one.print))
    monkeypatch.setattr(training_process, "save_state", saved)
    old, new = (f"{key_of(one)}/.{name}.unfinished" for name in ("0123", "4567"))
    at.store.put(old, b"half of a checkpoint, of a worker that was killed while it wrote")
    os.utime(at.store.path(old), (0, 0))
    at.store.put(new, b"half of a checkpoint, of another worker that writes it now")
    steps = []
    monkeypatch.setattr(training_process, "reporting", lambda: lambda tally: steps.append(tally["tokens"]))
    result = train_run(Ordered(at.store, one, one.print))
    assert sum(steps) == one.tokens - 8 * 128
    assert result.losses["guard/base"].bits.tolist() == whole.losses["guard/base"].bits.tolist()
    assert result.curve == whole.curve
    assert at.store.list(key_of(one)) == [f"{key_of(one)}/{name}.json" for name in ("result", "run")]
    assert at.store.unfinished(key_of(one)) == [new]


@pytest.mark.parametrize("devices", [1, 2])
def test_a_run_that_another_worker_ends_meanwhile_is_its_result(at, keys, monkeypatch, devices):
    """It takes away the checkpoint that this one wants to resume from."""
    settings = runs.OPTIMISATION.model_copy(update={"devices": devices})
    one = runs.run(*keys, optimisation=settings)

    def overtaken(*_):
        monkeypatch.undo()
        train_here(at.store, one)
        raise (
            FileNotFoundError(f"{key_of(one)}/checkpoint.pt") if devices == 1 else WinnowError("failed under torchrun")
        )

    monkeypatch.setattr(training, "train_here" if devices == 1 else "trained_on_devices", overtaken)
    result = train_run(Ordered(at.store, one, one.print))
    assert result.print == one.print
    assert result_of(at.store, one) is not None


def test_a_failure_without_a_result_is_one(at, keys, monkeypatch):
    def gone(*_):
        raise FileNotFoundError("pools")

    monkeypatch.setattr(training, "train_here", gone)
    one = runs.run(*keys)
    with pytest.raises(FileNotFoundError, match="pools"):
        train_run(Ordered(at.store, one, one.print))


def test_a_run_on_devices_tells_its_tokens_and_ends_where_nobody_wants_them(at, keys, monkeypatch):
    """Its processes would else go on beside those of the next try."""
    two = runs.OPTIMISATION.model_copy(update={"devices": 2})
    endless = runs.run(*keys, tokens=128 * 10_000_000, optimisation=two)
    heard = []

    def unwanted(tally):
        heard.append(tally["tokens"])
        if sum(heard):
            raise WinnowError("cancelled")

    monkeypatch.setattr(torchrun, "_LOOKS", 0.2)
    with heard_by(unwanted), pytest.raises(WinnowError, match="cancelled"):
        train_run(Ordered(at.store, endless, endless.print))
    assert heard[-1] % 128 == 0
    assert not [one for one in psutil.Process().children(recursive=True) if "torchrun" in " ".join(one.cmdline())]


def test_an_anneal_begins_where_its_trunk_ended(at, keys):
    trunk = runs.run(*keys, tokens=6400, decay="none", keep=True)
    (before,) = carry_out([trunk], at)
    (after,) = carry_out([runs.run(*keys, tokens=1280, start=trunk.print)], at)
    (alone,) = carry_out([runs.run(*keys, tokens=1280)], at)
    assert after.losses["guard/base"].per_byte < before.losses["guard/base"].per_byte
    assert after.losses["guard/base"].per_byte < alone.losses["guard/base"].per_byte - 0.5
    state = torch.load(at.store.path(f"{key_of(trunk)}/{STATE}"), weights_only=True)
    assert set(state) == {"model", "optimizer"}


def test_bits_are_those_of_the_models_own_probabilities(at, keys):
    from curation_lib.valuation.evaluate import measured
    from curation_lib.valuation.model import built

    pool, one = opened(at.store, keys[1]), runs.run(*keys)
    model = built(runs.MODEL, pool.vocabulary)
    found = measured(model, one, pool)
    for row in range(len(pool.bytes)):
        ids = pool.ids[pool.offsets[row] : pool.offsets[row + 1] - 1].astype(int).tolist()
        bits = 0.0
        for first in range(0, len(ids), 16):
            seen = [pool.eos, *ids][first : first + 16]
            with torch.inference_mode():
                told = torch.log_softmax(model(input_ids=torch.tensor([seen])).logits[0].double(), -1)
            bits -= sum(float(told[n, wanted]) for n, wanted in enumerate(ids[first : first + 16])) / math.log(2)
        assert found.bits[row] == pytest.approx(bits, rel=1e-5)


def test_given_tokens_are_not_counted(at, keys):
    from curation_lib.valuation.evaluate import measured
    from curation_lib.valuation.model import built

    pool, one = opened(at.store, keys[1]), runs.run(*keys)
    model = built(runs.MODEL, pool.vocabulary)
    whole = measured(model, one, pool)
    part = measured(model, one, pool._replace(skipped=np.full_like(pool.skipped, 5)))
    assert (part.bits < whole.bits).all()


@pytest.mark.parametrize("pieces", [None, 1])
def test_two_processes_of_torchrun_come_to_what_one_comes_to(at, keys, pieces):
    two = runs.OPTIMISATION.model_copy(update={"devices": 2, "micro_sequences": pieces})
    alone, together = carry_out([runs.run(*keys), runs.run(*keys, optimisation=two)], at)
    assert together.print != alone.print
    assert together.losses["guard/base"].per_byte == pytest.approx(alone.losses["guard/base"].per_byte, rel=1e-3)


def test_pieces_of_a_batch_come_to_what_the_whole_comes_to(at, keys):
    pieces = runs.OPTIMISATION.model_copy(update={"micro_sequences": 2})
    whole, apart = carry_out([runs.run(*keys), runs.run(*keys, optimisation=pieces)], at)
    assert apart.losses["guard/base"].per_byte == pytest.approx(whole.losses["guard/base"].per_byte, rel=1e-3)


def test_bfloat16_comes_near_what_float32_comes_to(at, keys):
    short = runs.OPTIMISATION.model_copy(update={"precision": "bfloat16"})
    first, whole, near = carry_out(
        [runs.run(*keys, tokens=128), runs.run(*keys), runs.run(*keys, optimisation=short)], at
    )
    bits, close = whole.losses["guard/base"].per_byte, near.losses["guard/base"].per_byte
    assert close != bits
    assert close == pytest.approx(bits, rel=5e-3)
    assert close < first.losses["guard/base"].per_byte - 0.05


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:The .airflow")  # inductor looks through all modules, of other tests, too
def test_a_compiled_model_comes_to_what_the_plain_one_comes_to(at, keys):
    compiled = runs.OPTIMISATION.model_copy(update={"compile": True})
    plain, fast = carry_out([runs.run(*keys), runs.run(*keys, optimisation=compiled)], at)
    assert fast.print != plain.print
    assert fast.losses["guard/base"].per_byte == pytest.approx(plain.losses["guard/base"].per_byte, rel=1e-3)


def test_a_run_of_no_tokens_is_the_model_that_it_starts_from(at, keys):
    trunk = runs.run(*keys, keep=True)
    (before,) = carry_out([trunk], at)
    (after,) = carry_out([runs.run(*keys, tokens=0, start=trunk.print)], at)
    assert after.losses["guard/base"].bits.tolist() == before.losses["guard/base"].bits.tolist()
    assert (after.tokens, after.flops, after.curve) == (0, 0, ())


def test_kept_weights_are_measured_later_to_the_same_bits(at, keys):
    one = runs.run(*keys, keep="weights")
    later = runs.run(*keys, tokens=0, start=one.print)
    measured, alone = carry_out([later, one], at)
    assert measured.losses["guard/base"].bits.tolist() == alone.losses["guard/base"].bits.tolist()
    assert set(torch.load(at.store.path(f"{key_of(one)}/{STATE}"), weights_only=True)) == {"model"}
    assert carry_out([one.model_copy(update={"keep": False})], at)[0].losses["guard/base"].bits.tolist() == (
        alone.losses["guard/base"].bits.tolist()
    )


def test_weights_that_are_gone_are_trained_again(at, keys):
    one = runs.run(*keys, keep="weights")
    (first,) = carry_out([one], at)
    at.store.remove(f"{key_of(one)}/{STATE}")
    (again,) = carry_out([one], at)
    assert at.calls["train"] == 2
    assert again.losses["guard/base"].bits.tolist() == first.losses["guard/base"].bits.tolist()


def test_devices_sum_gradients_once_a_step(at, keys, monkeypatch):
    from curation_lib.valuation import train
    from curation_lib.valuation.model import built
    from curation_lib.valuation.order import order_of

    class Several(torch.nn.Module):
        """A model as one of two processes has it, which notes when gradients are summed."""

        def __init__(self, inner):
            super().__init__()
            self.inner, self.alone, self.passes = inner, False, []

        def forward(self, **given):
            self.passes.append("alone" if self.alone else "summed")
            return self.inner(**given)

        @contextmanager
        def no_sync(self):
            self.alone = True
            yield
            self.alone = False

    monkeypatch.setattr(train, "world", lambda: 2)
    pieces = runs.OPTIMISATION.model_copy(update={"micro_sequences": 1})
    one, pool = runs.run(*keys, optimisation=pieces), opened(at.store, keys[0])
    model = Several(built(runs.MODEL, pool.vocabulary))
    train._step(model, torch.optim.SGD(model.parameters(), lr=0.1), one, order_of(one, [pool]), 0)
    assert model.passes == ["alone"] * 3 + ["summed"]


def test_a_loss_that_is_no_number_names_the_remedy(at, keys):
    wild = runs.OPTIMISATION.model_copy(update={"learning_rate": 1e12, "warmup_tokens": 0, "clip": 1e12})
    with pytest.raises(WinnowError, match=r"lower optimisation\.learning_rate"):
        carry_out([runs.run(*keys, optimisation=wild)], at)


def test_a_batch_that_sequences_do_not_divide_is_refused(at, keys):
    odd = runs.OPTIMISATION.model_copy(update={"batch_tokens": 100})
    with pytest.raises(ConfigError, match=r"batch_tokens 100 is no multiple"):
        carry_out([runs.run(*keys, optimisation=odd)], at)


def test_numbers_that_shape_nothing_do_not_name_a_run(keys):
    one = runs.run(*keys)
    marked = one.model_copy(update={"optimisation": one.optimisation.model_copy(update={"checkpoint_tokens": 5})})
    assert marked.print == one.print
    assert one.model_copy(update={"seed": 9}).print != one.print


def test_a_start_that_is_not_there_names_the_remedy(at, keys):
    with pytest.raises(WinnowError, match=r"training/0123/state.pt: the run that others start from is not there"):
        carry_out([runs.run(*keys, start="0123")], at)


def test_gpus_that_are_not_there_are_asked_for_in_a_sentence(at, keys):
    if torch.cuda.device_count() >= 64:
        pytest.skip("there are so many GPUs")
    many = runs.OPTIMISATION.model_copy(update={"device": "cuda", "devices": 64})
    with pytest.raises(ConfigError, match=r"this worker has \d+ of 64 GPUs .* or write device: cpu"):
        settle(runs.run(*keys, optimisation=many))


def test_what_is_measured_at_once_shapes_no_loss(at, keys, monkeypatch):
    one = runs.run(*keys, tokens=128)
    (whole,) = carry_out([one], at)
    monkeypatch.setattr(evaluate, "LOGITS", 1)
    at.store.remove(f"{key_of(one)}/result.json")
    (apart,) = carry_out([one], at)
    assert apart.losses["guard/base"].bits == pytest.approx(whole.losses["guard/base"].bits, rel=1e-5)


@pytest.mark.parametrize(("length", "vocabulary", "windows"), [(128, 2048, 16), (4096, 32_000, 2), (4096, 128_256, 1)])
def test_logits_of_one_pass_fit_in_memory(length, vocabulary, windows):
    assert evaluate.windows_of_a_pass(length, vocabulary) == windows
