"""What somebody else changed: an environment as its last release left it, against what it is now.

`state` is what the last release recorded (outputs of `baseten:index:Environment`), `serving` is what Baseten
says. Settings are compared by key, and only those that the spec manages; all else that drifted is a text.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from baseten_tei.baseten.statuses import UNHEALTHY
from baseten_tei.baseten.versions import GLOBAL, Serving, Version, region_on_baseten
from baseten_tei.deployment.differences import Texts, find_differences
from baseten_tei.deployment.ownership import owner_of
from baseten_tei.provider.drift.schedule_drift import schedule_texts, schedules_now
from baseten_tei.spec.type_tokens import SCHEDULES

State = Mapping[str, Any]

SETTINGS = ("autoscaling", "promotion", "request_backpressure")
MOVED = frozenset({"model_id", "deployment", "instance_type"})
"""Drift after which what serves is not what was released."""


def settings_now(state: State, serving: Serving, now: datetime) -> dict[str, Any]:
    """Return every managed setting as it is now; one that Baseten does not return stays as it was set."""
    managed = {key: state[key] for key in SETTINGS if state.get(key) is not None}
    there = {key: getattr(serving, key) for key in SETTINGS}
    schedules = state.get(SCHEDULES)
    if schedules is None:
        return _now(managed, there)
    return {
        **_now(managed, there),
        SCHEDULES: schedules_now(schedules, serving.schedules, now),
    }


def settings_drift(state: State, live: State) -> Texts:
    """Return path of each setting that changed → `set → now`."""
    rest = {key: it for key, it in live.items() if key != SCHEDULES}
    schedules = schedule_texts(state[SCHEDULES], live[SCHEDULES]) if SCHEDULES in live else {}
    return {**find_differences({key: state[key] for key in rest}, rest), **schedules}


def environment_drift(state: State, model_id: str, serving: Serving, config: Texts | None) -> Texts:
    """Return field → what happened to it; empty where what was released serves and is well.

    `config` is how the config of what serves differs from our version's; `None` where ours is gone.
    """
    current = serving.current
    found = {
        "model_id": "" if state["model_id"] == model_id else f"{model_id}, not {state['model_id']}",
        "deployment": _version(state, current, config),
        "instance_type": _instance_type(state, current),
        "region": _region(state, current),
        "status": current.status if current and current.status in UNHEALTHY else "",
        "promotion": _promotion(state, serving),
        **(config or {}),
    }
    return {field: text for field, text in found.items() if text}


def serves(state: State, current: Version | None) -> bool:
    """Return whether it is the very deployment that was released, or that a pin names."""
    return current is not None and current.id in (state["deployment_id"], state.get("deployment"))


def _version(state: State, current: Version | None, config: Texts | None) -> str:
    ours = f"{state['deployment_id']}{' (deleted)' if config is None else ''}"
    if current is None:
        return f"nothing serves, not {ours}"
    # Baseten copies a deployment that serves elsewhere or starts anew: another id, the same version.
    copied = not config and current.digest in _digests(state)
    if serves(state, current) or copied:
        return ""
    return f"{current.id}{_pushed_by_another(state, current)} serves, not {ours}"


def _digests(state: State) -> set[str]:
    return {str(state.get(key)) for key in ("serving_digest", "deployment") if state.get(key)}


def _pushed_by_another(state: State, current: Version) -> str:
    owner = owner_of(state)
    known = owner.project and owner.stack and not owner.owns(current)
    return " (pushed by another)" if known else ""


def _instance_type(state: State, current: Version | None) -> str:
    recorded = state.get("instance_type")
    if not (recorded and current and current.instance_type):
        return ""
    return find_differences(recorded, current.instance_type).get("", "")


def _region(state: State, current: Version | None) -> str:
    """Return the region that it serves in, if another is asked for."""
    wanted = region_on_baseten(state.get("region"))
    if wanted is None or current is None or current.region == wanted:
        return ""
    return f"{current.region or GLOBAL}, not {state['region']}"


def _promotion(state: State, serving: Serving) -> str:
    """Return the promotion in progress; one that this stack began is not drift: it has the wanted version."""
    candidate = serving.candidate
    ours = {state.get(key) for key in ("deployment_id", "failed_deployment_id", "deployment")}
    wanted = {state.get("digest"), *_digests(state)}
    if not (candidate and serving.promoting) or candidate.id in ours or candidate.digest in wanted:
        return ""
    return f"{candidate.id} is being promoted ({serving.promotion_status})"


def _now(managed: State, there: State) -> dict[str, Any]:
    return {
        key: _now(value, there.get(key) or {})
        if isinstance(value, Mapping)
        else there.get(key, value)
        for key, value in managed.items()
    }
