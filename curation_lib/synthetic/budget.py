"""Budgets that hold for the whole build, whoever works on it: each request knows its place among all of them.

A request of rank r (0..) is made only if r + 1 requests of the greatest size fit. So no worker needs to know what
the others have spent, and the same requests are made whatever the number of workers, batches or tries.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from curation_lib.synthetic.asking import Request, longest
from curation_lib.synthetic.forms import Form
from curation_lib.synthetic.settings import GenerateConfig

AROUND_PROMPT = 64
"""Tokens that a chat template and a tokenizer's own marks may add to a prompt."""


class Budget:
    """What the settings let through. `tokens` and `money` are the most that one request can take, all tries that a
    server may bill included."""

    def __init__(self, config: GenerateConfig, forms: Iterable[Form]) -> None:
        self._config = config
        tries = 1 + config.retry_unanswered
        given = math.ceil(config.max_prompt_bytes / config.prompt_bytes_per_token) + AROUND_PROMPT
        made = max(longest(form, config) for form in forms)
        self.tokens = tries * (given + made)
        self.money = tries * (given * config.price_in + made * config.price_out) / 1e6

    @property
    def needs_rank(self) -> bool:
        return self._config.budget_tokens is not None or self._config.budget_money is not None

    def refusal(self, request: Request, rank: int) -> str:
        """Why the request of rank `rank` is not made; "" where it is."""
        config = self._config
        if request.prompt_bytes > config.max_prompt_bytes:
            return f"a prompt of {request.prompt_bytes} bytes, more than max_prompt_bytes {config.max_prompt_bytes}"
        if config.budget_tokens is not None and (rank + 1) * self.tokens > config.budget_tokens:
            return f"budget_tokens {config.budget_tokens} is for {config.budget_tokens // self.tokens} requests"
        if config.budget_money is not None and (rank + 1) * self.money > config.budget_money:
            return f"budget_money {config.budget_money:g} is for {int(config.budget_money / self.money)} requests"
        return ""
