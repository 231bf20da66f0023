"""An environment's live settings as a spec's keys, so that a preview finds nothing to change."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.schedules.baseten_schedules import read_remote
from baseten_tei.deployment.schedules.schedule_words import write_window
from baseten_tei.deployment.sizes.permits import DEFAULT_PREDICT_CONCURRENCY
from baseten_tei.provider.resources.imports import without_defaults
from baseten_tei.spec.args import Autoscaling, Promotion, RollingDeploy
from baseten_tei.spec.schedules import Schedule

PROMOTION_DEFAULTS: Mapping[str, Any] = {
    "redeploy_on_promotion": False,
    "rolling_deploy": True,
    "rolling_deploy_config": {
        "max_surge_percent": 25, "max_unavailable_percent": 0, "stabilization_time_seconds": 0,
        "replica_overhead_percent": 0,
    },
    "promotion_cleanup_strategy": "SCALE_TO_ZERO",
}  # fmt: skip
"""How Baseten sets a new environment (Baseten docs: rolling deployments)."""


UNMANAGED_DEFAULTS: Mapping[str, Any] = {
    "ramp_up_duration_seconds": 600, "rolling_deploy_strategy": "REPLICA",
}  # fmt: skip
"""How Baseten sets what a spec does not manage (Baseten docs: autoscaling; baseten 0.13.1)."""


def settings_entry(serving: Serving, predict_concurrency: int) -> dict[str, Any]:
    """Return `autoscaling`, `promotion`, `request_backpressure` and `region`, without what is the default of a spec.

    Promotion settings are all of them or none: what a spec does not mention it does not manage.
    """
    promotion = _promotion(serving.promotion)
    policy = serving.request_backpressure
    schedules = _schedules(serving)
    found = {
        "autoscaling": {
            **_autoscaling(serving.autoscaling, predict_concurrency),
            **({"schedules": schedules} if schedules else {}),
        },
        "promotion": {} if promotion == PROMOTION_DEFAULTS else promotion,
        "request_backpressure": policy,
        "region": serving.current.region if serving.current else None,
    }
    return {key: value for key, value in found.items() if value}


def list_unmanaged(serving: Serving) -> Iterator[str]:
    """Yield the live settings that a spec has no word for and that are not Baseten's own: they stay as they are."""
    groups: dict[str, tuple[Mapping[str, Any], type[BaseModel]]] = {
        "autoscaling": (serving.autoscaling, Autoscaling),
        "promotion": (serving.promotion, Promotion),
        "promotion.rolling_deploy_config": (
            serving.promotion.get("rolling_deploy_config") or {},
            RollingDeploy,
        ),
    }
    for group, (live, words) in groups.items():
        for key, value in live.items():
            if key not in words.model_fields and value and value != UNMANAGED_DEFAULTS.get(key):
                yield f"{group}.{key}: {value}"
    yield from (f"{key}: {value}" for key, value in serving.further.items())
    if serving.schedules.schedules and not _schedules(serving):
        names = (str(it.get("name")) for it in serving.schedules.schedules)
        yield f"autoscaling.schedules: {', '.join(names)}"


def _schedules(serving: Serving) -> dict[str, Any]:
    """Return the schedules as a spec writes them: all of them or none, for those it leaves out would be deleted."""
    there = read_remote(serving.schedules)
    if there.unreadable:
        return {}
    timezone = {"timezone": there.timezone} if there.timezone else {}
    return {it.name: {**_when_first(write_window(it)), **timezone} for it in there.windows}


def _when_first(words: Mapping[str, Any]) -> dict[str, Any]:
    return {key: words[key] for key in Schedule.model_fields if key in words}


def _autoscaling(live: Mapping[str, int], predict_concurrency: int) -> dict[str, int]:
    usual = {
        **Autoscaling().model_dump(),
        "concurrency_target": min(DEFAULT_PREDICT_CONCURRENCY, predict_concurrency),
    }
    known = without_defaults(_pick_settings(live, Autoscaling))
    return {key: value for key, value in known.items() if value != usual[key]}


def _promotion(live: Mapping[str, Any]) -> dict[str, Any]:
    steps = _pick_settings(live.get("rolling_deploy_config") or {}, RollingDeploy)
    settings = _pick_settings(live, Promotion)
    return {**settings, "rolling_deploy_config": steps} if steps else settings


def _pick_settings(live: Mapping[str, Any], words: type[BaseModel]) -> dict[str, Any]:
    """Return the settings that the spec has a word for, in its order."""
    return {key: live[key] for key in words.model_fields if live.get(key) is not None}
