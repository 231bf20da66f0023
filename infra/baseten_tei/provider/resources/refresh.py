"""What `read` of `Model` and of `Environment` finds. An import comes with an empty state: see `importing`.

A refresh puts live settings where the state has its own, so that Pulumi's diff names them; all else that
drifted goes into the output `drift`, by field. Each is a warning line too, for a plain `pulumi refresh` shows
no fields. `up` repairs all of it. Nothing is written here.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from baseten_tei.baseten.api import NotFoundError
from baseten_tei.baseten.versions import Serving, Version, pushed_version
from baseten_tei.deployment.differences import Texts
from baseten_tei.deployment.read_back.pinned_spec import read_pinned_spec
from baseten_tei.provider.drift.config import config_drift
from baseten_tei.provider.drift.environment_drift import (
    MOVED,
    SETTINGS,
    environment_drift,
    serves,
    settings_drift,
    settings_now,
)
from baseten_tei.provider.protocol.resource import Live, Values
from baseten_tei.provider.resources.freed_machines import forget_lacks
from baseten_tei.provider.resources.imports import import_environment, import_model
from baseten_tei.provider.resources.refresh_calls import Reads, environment_of
from baseten_tei.provider.resources.renames import find_renamed
from baseten_tei.spec.type_tokens import SCHEDULES

Warn = Callable[[str], None]

_WITH_A_CHANGE = frozenset({"state_id", "adopt"})
"""Inputs that alone change nothing, and did not exist in earlier releases: a refresh does not bring them."""
_APPLIED = frozenset(
    {*SETTINGS, SCHEDULES, "digest", "deployment", "secret_generation", *_WITH_A_CHANGE}
)
"""Inputs that are in the state only once a release has brought them to Baseten."""


def read_model(api: Reads, resource_id: str, inputs: Values, state: Values, warn: Warn) -> Live:
    """Record a lost version or model as `drift`, so that the push runs again."""
    if not state:
        return import_model(api, resource_id)
    # What an import could not know came with the first `up` after it.
    state = {**{key: it for key, it in inputs.items() if key not in _WITH_A_CHANGE}, **state}
    known = {key: it for key, it in state.items() if key != "renamed_to"}
    if moved := _renamed_by_hand(api, state):
        warn(f"model {state['name']!r} drifted: {by_hand(moved)}")
        return Live(resource_id, inputs, {**known, "drift": "", "renamed_to": moved})
    drift = _model_drift(api, state)
    if drift:
        warn(f"model {state['name']!r} drifted: {drift}")
    return Live(resource_id, inputs, {**known, "drift": drift})


def read_environment(
    api: Reads, resource_id: str, inputs: Values, state: Values, warn: Warn
) -> Live:
    """Return the environment as it is now, or nothing if it or its model is gone: the next `up` creates it."""
    if not state:
        return import_environment(api, resource_id)
    state = forget_lacks(api, state, warn)
    if "deployment_id" not in state:
        return Live(resource_id, inputs, state)  # never released: nothing there can have drifted
    state = {**{key: it for key, it in inputs.items() if key not in _APPLIED}, **state}
    model_id = api.find_model(state["model"], state.get("team"))
    moved = "" if model_id else _name_of(api, state)
    if moved:
        model_id = state["model_id"]
    serving = environment_of(api, model_id, state["environment"]) if model_id else None
    if model_id and serving:
        more = {"model": by_hand(moved)} if moved else {}
        return _compare(api, Live(resource_id, inputs, state), model_id, serving, warn, more)
    warn(f"{_environment_name(state)} is gone: {_loss(model_id)}")
    return Live()


def by_hand(name: str) -> str:
    """Return what is said of a model that somebody renamed on Baseten."""
    return f"renamed to {name!r} by hand"


def _renamed_by_hand(api: Reads, state: Values) -> str:
    """The name of this model that somebody gave it; empty where it has its own, or is gone."""
    if api.find_model(state["name"], state.get("team")):
        return ""
    moved = find_renamed(api, state)
    return moved.name if moved else ""


def _compare(
    api: Reads, known: Live, model_id: str, serving: Serving, warn: Warn, more: Texts
) -> Live:
    """What is known, with live settings in it, and all else that drifted by field."""
    state = known.state
    # An import reads more settings than its program may manage: the inputs say which.
    managed = {key: value for key, value in state.items() if key in known.inputs}
    settings = settings_now(managed, serving, datetime.now(UTC))
    config = _config(api, model_id, state, serving)
    drift = {**more, **environment_drift(state, model_id, serving, config)}
    for field, text in {**settings_drift(state, settings), **drift}.items():
        warn(f"{_environment_name(state)} drifted: {field} {text}")
    if routing := serving.further.get("traffic_routing"):
        warn(f"{_environment_name(state)}: {routing}; no stack manages that, and `up` leaves it")
    ids = {} if MOVED & drift.keys() else _ids(serving.current)
    pinned = _pinned_spec(api, state, model_id, serving, warn)
    found = {**state, **settings, **ids, **pinned, "drift": drift}
    return Live(known.id, {**known.inputs, **settings}, found)


def _pinned_spec(api: Reads, state: Values, model_id: str, serving: Serving, warn: Warn) -> Values:
    """What a version that an earlier release pinned was pushed with: such a state does not say it."""
    current = serving.current
    if not state.get("deployment") or "pinned_spec" in state or not current:
        return {}
    if not serves(state, current):
        return {}
    read = partial(api.config, model_id, current.id)
    return {"pinned_spec": read_pinned_spec(state["model"], current.id, current.labels, read, warn)}


def _model_drift(api: Reads, state: Values) -> str:
    model_id = api.find_model(state["name"], state.get("team"))
    if model_id is None:
        return "the model was deleted"
    # Of a renamed model, what was pushed under its earlier name is as good. None where every environment is pinned.
    digests = [it for it in (state.get("digest"), state.get("pushed_digest")) if it]
    if not digests or _is_pushed(_in_environments(api, model_id), digests):
        return ""
    if not _is_pushed(api.versions(model_id), digests):
        return f"no deployment of {digests[0]} is left"
    return ""


def _is_pushed(versions: Sequence[Version], digests: Sequence[str]) -> bool:
    return any(pushed_version(versions, it) for it in digests)


def _in_environments(api: Reads, model_id: str) -> list[Version]:
    """The versions that serve, or are on their way to: no call of their own, and nearly always what is sought."""
    environments = api.environments(model_id)
    return [it for each in environments for it in (each.current, each.candidate) if it]


def _config(api: Reads, model_id: str, state: Values, serving: Serving) -> Texts | None:
    """Asked for only where another deployment serves: a deployment's own config never changes."""
    current = serving.current
    if serves(state, current):
        return {}
    try:
        ours = api.config(model_id, state["deployment_id"])
    except NotFoundError:
        return None
    return config_drift(ours, api.config(model_id, current.id)) if current else {}


def _name_of(api: Reads, state: Values) -> str:
    """What the model with the state's id is called now; empty where it is gone."""
    named = (it.name for it in api.models(state.get("team")) if it.id == state["model_id"])
    return next(named, "")


def _loss(model_id: str | None) -> str:
    if model_id is not None:
        return "the environment was deleted"
    return "the model was deleted"


def _ids(current: Version | None) -> Values:
    return {"deployment_id": current.id, "serving_digest": current.digest} if current else {}


def _environment_name(state: Values) -> str:
    return f"environment {state['environment']!r} of model {state['model']!r}"
