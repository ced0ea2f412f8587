"""Asks a person whether a model's new version is to be used: Airflow's own approval, with the numbers side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from curation_lib.core.errors import ConfigError
from winnow_airflow.model_docs import review_doc
from winnow_airflow.operators.model import REPLACES, ModelOperator


class ReviewModelOperator(ModelOperator, ApprovalOperator):
    """Waits for Approve or Reject. After a rejection `use` is skipped, the run ends well, and the version stays in the
    store without being current."""

    template_fields: Sequence[str] = ("subject", "body", "store")

    def execute(self, context: Context) -> Any:
        """Ask. The question is written from the store as it is now, and so is the version that would be replaced."""
        from curation_lib.runner.model_review import review

        try:
            store, fingerprint = self.open_store(), self.trained(context)
            compared = review(store, self.model, fingerprint)
        except ConfigError as e:
            raise AirflowFailException(str(e)) from None
        if compared.in_use:
            raise AirflowSkipException(f"{self.model}: version {fingerprint} has become current meanwhile")
        replaces = compared.current.manifest.fingerprint if compared.current else ""
        context["ti"].xcom_push(key=REPLACES, value=replaces)
        self.body = review_doc(compared, self.page(store, fingerprint))
        self.log.info("waiting for a person: %s\n%s", self.subject, self.body)
        return super().execute(context)
