"""What a gate raises when it cannot even judge; a contract that was judged and failed is a GateResult."""

from __future__ import annotations

from curation_lib.core.errors import ContractError


class GateError(ContractError):
    """A contract does not fit its data: unknown column or frame, nothing to check. Names the remedy."""
