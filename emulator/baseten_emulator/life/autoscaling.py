"""Autoscaling, promotion and backpressure settings: defaults, bounds, and updates.

Source of defaults and bounds: Baseten docs, deployment/autoscaling/overview and rolling deployments.
An update field that is null changes nothing: there is no way back to a default.
"""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.world.bodies import Fields, check_fields
from baseten_emulator.world.wire import bad_request

DEFAULTS: dict[str, Any] = {
    "min_replica": 0,
    "max_replica": 1,
    "autoscaling_window": 60,
    "scale_down_delay": 900,
    "concurrency_target": 1,
    "target_utilization_percentage": 70,
    "max_scale_down_rate": 50,
    "target_in_flight_tokens": None,
}
_NO_LIMIT = 2**31 - 1
BOUNDS: dict[str, tuple[int, int]] = {
    "min_replica": (0, _NO_LIMIT),
    "max_replica": (1, _NO_LIMIT),
    "autoscaling_window": (10, 3600),
    "scale_down_delay": (0, 3600),
    "concurrency_target": (1, _NO_LIMIT),
    "target_utilization_percentage": (1, 100),
    "max_scale_down_rate": (1, 50),
    "target_in_flight_tokens": (1, _NO_LIMIT),
}
PROMOTION_DEFAULTS: dict[str, Any] = {
    "redeploy_on_promotion": False,
    "rolling_deploy": True,
    "promotion_cleanup_strategy": "SCALE_TO_ZERO",
    "rolling_deploy_config": {
        "rolling_deploy_strategy": "REPLICA",
        "max_surge_percent": 25,
        "max_unavailable_percent": 0,
        "stabilization_time_seconds": 0,
        "replica_overhead_percent": 0,
    },
    "ramp_up_while_promoting": False,
    "ramp_up_duration_seconds": 600,
}
_PROMOTION_FIELDS: Fields = {name: type(value) for name, value in PROMOTION_DEFAULTS.items()}
_ROLLING_FIELDS: Fields = {
    name: type(value) for name, value in PROMOTION_DEFAULTS["rolling_deploy_config"].items()
}
_CLEANUP = ("KEEP", "SCALE_TO_ZERO", "DEACTIVATE")
_POLICIES = ("QUEUE_ON_FULL", "REJECT_ON_FULL")


def apply_autoscaling(
    current: Mapping[str, Any], update: Mapping[str, Any], is_development: bool = False
) -> dict[str, Any]:
    """Return the autoscaling settings after an update. Raises ApiError 400 that names field and bounds."""
    changes = check_fields(update, dict.fromkeys(BOUNDS, int))
    for name, value in changes.items():
        low, high = BOUNDS[name]
        if not low <= value <= high:
            wanted = f"at least {low}" if high == _NO_LIMIT else f"between {low} and {high}"
            raise bad_request(f"autoscaling_settings.{name} must be {wanted}, not {value}")
    settings = {**current, **changes}
    if settings["min_replica"] > settings["max_replica"]:
        raise bad_request(
            f"autoscaling_settings.min_replica ({settings['min_replica']}) must not exceed"
            f" max_replica ({settings['max_replica']})"
        )
    if is_development and settings["max_replica"] > 1:
        raise bad_request("a development deployment has at most 1 replica: max_replica must be 1")
    return settings


def apply_promotion_settings(
    current: Mapping[str, Any], update: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the promotion settings after an update. Raises ApiError 400."""
    changes = check_fields(update, _PROMOTION_FIELDS)
    if changes.get("ramp_up_while_promoting"):
        raise bad_request(
            "promotion_settings.ramp_up_while_promoting: canary promotions no longer exist"
        )
    strategy = changes.get("promotion_cleanup_strategy", _CLEANUP[0])
    if strategy not in _CLEANUP:
        raise bad_request(
            f"promotion_settings.promotion_cleanup_strategy must be one of {_CLEANUP}"
        )
    rolling = {
        **(current["rolling_deploy_config"] or {}),
        **check_fields(changes.get("rolling_deploy_config", {}), _ROLLING_FIELDS),
    }
    _check_rolling(rolling)
    return {**current, **changes, "rolling_deploy_config": rolling}


def _check_rolling(rolling: Mapping[str, Any]) -> None:
    if rolling["rolling_deploy_strategy"] != "REPLICA":
        raise bad_request("rolling_deploy_strategy must be REPLICA")
    surge, unavailable = rolling["max_surge_percent"], rolling["max_unavailable_percent"]
    if not (0 <= surge <= 50 and 0 <= unavailable <= 50):
        raise bad_request("max_surge_percent and max_unavailable_percent must be between 0 and 50")
    if (surge == 0) == (unavailable == 0):
        raise bad_request(
            "exactly one of max_surge_percent and max_unavailable_percent must be non-zero"
        )
    if not 0 <= rolling["stabilization_time_seconds"] <= 3600:
        raise bad_request("stabilization_time_seconds must be between 0 and 3600")
    if not 0 <= rolling["replica_overhead_percent"] <= 500:
        raise bad_request("replica_overhead_percent must be between 0 and 500")


def parse_backpressure(update: Mapping[str, Any]) -> str | None:
    """Return the backpressure policy an update sets; null clears it. Raises ApiError 400."""
    policy = check_fields(update, {"policy": str}).get("policy")
    if policy is not None and policy not in _POLICIES:
        raise bad_request(
            f"request_backpressure_settings.policy must be one of {_POLICIES} or null"
        )
    return policy
