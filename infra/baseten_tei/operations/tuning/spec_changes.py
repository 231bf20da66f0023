"""What a tuning writes into a model's spec: what changed, and nothing that is as it was."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.operations.tuning.settings_point import SettingsPoint
from baseten_tei.spec.args import Autoscaling, ModelArgs

DERIVED = (
    "concurrency_target",
    "target_utilization_percentage",
    "min_replica",
    "max_replica",
)


def values_to_write(
    args: ModelArgs, before: SettingsPoint, best: SettingsPoint, autoscaling: Autoscaling | None
) -> dict[str, Any]:
    """By the spec's keys. Texts in flight, where the spec has them, have to go with the requests."""
    values: dict[str, Any] = dict(before.changed(best))
    if args.max_concurrent_requests is not None and values:
        values["max_concurrent_requests"] = best.predict_concurrency * best.max_client_batch_size
    if autoscaling is not None and (scaling := _changed_settings(args.autoscaling, autoscaling)):
        values["autoscaling"] = scaling
    return values


def _changed_settings(before: Autoscaling, after: Autoscaling) -> Mapping[str, int]:
    return {
        name: getattr(after, name)
        for name in DERIVED
        if getattr(after, name) != getattr(before, name)
    }
