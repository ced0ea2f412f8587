"""Settings of the model that is trained and of its training: from 0.8M parameters on a CPU to billions on GPUs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from curation_lib.core.recipe import Section


class ModelSettings(Section):
    """A Llama-style transformer (RMSNorm, rotary positions, SwiGLU; Touvron et al. 2023, arXiv 2302.13971), embeddings
    tied. hidden: width; intermediate: of the SwiGLU, null is 8/3 of the width, rounded up to 32. sequence_length: in
    tokens. seed: of the first weights."""

    hidden: int = Field(default=128, ge=16)
    layers: int = Field(default=4, ge=1)
    heads: int = Field(default=4, ge=1)
    key_value_heads: int | None = Field(default=None, ge=1)
    intermediate: int | None = Field(default=None, ge=16)
    sequence_length: int = Field(default=256, ge=16)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelSettings:
        if self.hidden % self.heads or (self.hidden // self.heads) % 2:
            raise ValueError(f"hidden {self.hidden} does not divide into {self.heads} heads of an even width")
        if self.heads % (self.key_value_heads or self.heads):
            raise ValueError(f"heads {self.heads} is no multiple of key_value_heads {self.key_value_heads}")
        return self

    @property
    def inner(self) -> int:
        """Width of the SwiGLU."""
        return self.intermediate or -(-self.hidden * 8 // 3 // 32) * 32

    def body_parameters(self) -> int:
        """Parameters without embeddings: projections of attention and SwiGLU, and norms."""
        head = self.hidden // self.heads
        attention = 2 * self.hidden * (self.hidden + head * (self.key_value_heads or self.heads))
        return self.layers * (attention + 3 * self.hidden * self.inner + 2 * self.hidden) + self.hidden

    def parameters(self, vocabulary: int) -> int:
        """All parameters of the model."""
        return self.body_parameters() + vocabulary * self.hidden

    def flops_per_token(self, vocabulary: int) -> float:
        """Of training: 6 per parameter (the tied embedding counted once, as the output), and attention's
        12 * layers * hidden * sequence_length (Chowdhery et al. 2022, arXiv 2204.02311, appendix B)."""
        return 6.0 * self.parameters(vocabulary) + 12.0 * self.layers * self.hidden * self.sequence_length


class Optimisation(Section):
    """AdamW and what it runs on. learning_rate: peak, and constant until a decay. warmup_tokens: linear, only where a
    run begins from scratch. batch_tokens: per step over all devices; a multiple of the sequence length.
    micro_sequences: of one forward pass, for less memory; null takes all of a device's at once. precision:
    bfloat16 is autocast, weights stay float32. devices: processes of one run, started by torchrun where more than one.
    threads: of each process on a CPU. checkpoint_tokens: a killed run resumes from the last such mark; null: none."""

    learning_rate: float = Field(default=2e-3, gt=0)
    warmup_tokens: int = Field(default=100_000, ge=0)
    batch_tokens: int = Field(default=4096, ge=16)
    micro_sequences: int | None = Field(default=None, ge=1)
    weight_decay: float = Field(default=0.1, ge=0)
    beta2: float = Field(default=0.95, gt=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False
    device: Literal["cpu", "cuda"] = "cpu"
    devices: int = Field(default=1, ge=1)
    threads: int = Field(default=1, ge=1)
    checkpoint_tokens: int | None = Field(default=None, ge=1)

    def steps(self, tokens: int) -> int:
        """How many steps train on so many tokens, rounded; one at least where there are any."""
        return max(1, round(tokens / self.batch_tokens)) if tokens else 0


def uneven(model: ModelSettings, optimisation: Optimisation) -> str:
    """What is wrong where a step does not hold whole sequences, the same number on each device; else nothing."""
    length, devices = model.sequence_length, optimisation.devices
    if optimisation.batch_tokens % (length * devices) == 0:
        return ""
    return (
        f"optimisation.batch_tokens {optimisation.batch_tokens} is no multiple of sequence_length {length} times "
        f"devices {devices}; change one of them"
    )


def require_trainable(model: ModelSettings, optimisation: Optimisation, tokens: int, name: str) -> None:
    """Raises ValueError where a run from scratch of `tokens`, called `name`, cannot be or never reaches its peak."""
    if told := uneven(model, optimisation):
        raise ValueError(told)
    require_a_step(optimisation, tokens, name)
    if optimisation.warmup_tokens >= tokens:
        raise ValueError(
            f"optimisation.warmup_tokens {optimisation.warmup_tokens:,} are all of {name} {tokens:,}, so that it never "
            "trains at learning_rate; lower one or raise the other"
        )


def require_a_step(optimisation: Optimisation, tokens: int, name: str) -> None:
    """Raises ValueError where a run of `tokens`, called `name`, is less than one step, which would train on more."""
    if tokens < optimisation.batch_tokens:
        raise ValueError(
            f"{name} {tokens:,} are less than the optimisation.batch_tokens {optimisation.batch_tokens:,} of one step; "
            "raise one or lower the other"
        )
