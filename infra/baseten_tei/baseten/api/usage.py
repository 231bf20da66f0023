"""What was used: the bill and the metrics."""

from datetime import datetime
from typing import TYPE_CHECKING

from baseten_tei.baseten.api.calls import Calls
from baseten_tei.baseten.usage import Billed, Series

if TYPE_CHECKING:
    from baseten.client.managementapi import DedicatedItem

_REPLICAS = "baseten_replicas_active"


class Usage(Calls):
    """Calls about what was used."""

    def billed(self, start: datetime, end: datetime) -> list[Billed]:
        """Return the model deployments on the bill of at most 31 days, from 2026 on."""
        from baseten.client.managementapi import GetBillingUsageSummaryParams as Params

        params = Params.model_validate({"start_date": start, "end_date": end})
        found = self._call(lambda: self._sdk.get_billing_usage_summary(params=params))
        every = (found.dedicated_usage.breakdown or []) if found.dedicated_usage else []
        return [_billed(it) for it in every if it.billable_resource.kind == "MODEL_DEPLOYMENT"]

    def replica_series(
        self, model_id: str, environment: str, start: datetime, end: datetime
    ) -> Series:
        """Return an environment's replicas in at most 7 days."""
        from baseten.client.managementapi import GetModelsEnvironmentsMetricsParams as Params

        window = {"start_epoch_millis": _millis(start), "end_epoch_millis": _millis(end)}
        params = Params.model_validate({"mode": "SERIES", "metrics": [_REPLICAS], **window})
        found = self._call(
            lambda: self._sdk.get_models_environments_metrics(
                model_id=model_id, env_name=environment, params=params
            )
        )
        values = [it.values[0][0] for it in found.metric_values if it.values and it.values[0]]
        return Series(found.step_seconds or 0, tuple(values))


def _billed(item: "DedicatedItem") -> Billed:
    resource = item.billable_resource
    return Billed(
        deployment_id=resource.id,
        model_id=resource.model_id or "",
        model=resource.model_name or "",
        environment=resource.environment_name,
        instance_type=resource.instance_type or "",
        minutes=item.minutes,
    )


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
