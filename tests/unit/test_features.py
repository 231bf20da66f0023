"""docs/features.md: every field of Baseten's requests is in it, and what it calls managed is sent."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import pytest
from pydantic import BaseModel, RootModel
from scripts.features import WAYS, load_features

from baseten_tei.baseten.remote_keys import WantedKey
from baseten_tei.baseten.versions import EnvironmentSettings
from baseten_tei.deployment.schedules.baseten_schedules import schedule_changes
from baseten_tei.deployment.schedules.spec_schedules import read_schedules
from baseten_tei.deployment.schedules.windows import Schedules
from baseten_tei.push.truss_cli import push_arguments
from baseten_tei.spec import args, schedules
from tests.unit.baseten.emulated_api import Emulated

DATA = load_features()
REQUESTS: dict[str, Any] = DATA["requests"]
FIELDS = [
    (name, field, it)
    for name, request in REQUESTS.items()
    for field, it in request["fields"].items()
]
ABOUT = re.compile(r"/v1/(teams/\{\}/)?(models|secrets|api_keys|prepare_model_upload)(/|$)")
"""Paths of what this project is about."""
SPEC: dict[str, type[BaseModel]] = {
    "autoscaling": args.Autoscaling,
    "promotion": args.Promotion,
    "promotion.rolling_deploy_config": args.RollingDeploy,
    "autoscaling.schedules.NAME": schedules.Schedule,
}


def sdk() -> Any:
    """Return the SDK's client, which takes half a second to import."""
    return import_module("baseten.client.managementapi")


def bodies() -> Iterator[type[BaseModel]]:
    """The model of each request with a body that is about what this project manages."""
    client, models = sdk().ApiClient, vars(sdk()._models)
    for _, call in inspect.getmembers(client, inspect.isfunction):
        path = re.search(r'path_fmt="([^"]+)"', inspect.getsource(call))
        if path and ABOUT.match(path[1]):
            body = get_type_hints(call, {**vars(sdk()), **models}).get("request")
            if body:
                yield body


def inside(kind: Any) -> Iterator[type[BaseModel]]:
    """A model and all that are in it."""
    for part in get_args(kind):
        yield from inside(part)
    if inspect.isclass(kind) and issubclass(kind, BaseModel) and not issubclass(kind, RootModel):
        yield kind
        for field in kind.model_fields.values():
            yield from inside(field.annotation)


def test_every_request_of_the_sdk_is_on_the_page_or_named_as_one_about_something_else() -> None:
    elsewhere = set(DATA["elsewhere"])
    every = {body.__name__: body for body in bodies()}
    assert elsewhere <= every.keys()
    ours = [every[name] for name in every.keys() - elsewhere]
    assert {it.__name__ for body in ours for it in inside(body)} == REQUESTS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_every_field_of_a_request_is_on_the_page_and_no_other(name: str) -> None:
    assert REQUESTS[name]["fields"].keys() == getattr(sdk()._models, name).model_fields.keys()


def test_a_field_says_by_which_key_it_is_managed_or_why_it_is_not() -> None:
    for name, field, it in FIELDS:
        assert it["how"] in WAYS, (name, field)
        assert ("word" in it, "why" in it) == (it["how"] == "managed", it["how"] != "managed")
        assert it.keys() <= {"how", "word", "why", "terraform", "cli"}, (name, field)


def test_a_key_on_the_page_is_one_of_the_spec() -> None:
    words = [it["word"] for _, _, it in FIELDS if "word" in it]
    paths = [word for word in words if re.fullmatch(r"[\w.]+\.[\w.]+", word)]
    for path in paths:
        block, _, key = path.rpartition(".")
        known = SPEC[block].model_fields if block in SPEC else {}
        assert key in known or path in SPEC, path
    assert paths


def fields_of(body: BaseModel) -> Iterator[tuple[str, str]]:
    """Each field that has a value, by its model."""
    for field in body.model_fields_set:
        value = getattr(body, field)
        if value is not None:
            yield type(body).__name__, field
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel) and not isinstance(part, RootModel):
                yield from fields_of(part)


def body_of(method: str, path: str, body: Any) -> BaseModel:
    """A request that was sent, as the SDK's model of it."""
    client, models = sdk().ApiClient, vars(sdk()._models)
    for _, call in inspect.getmembers(client, inspect.isfunction):
        found = re.search(r'method="(\w+)",\s*path_fmt="([^"]+)"', inspect.getsource(call))
        if found and found[1] == method and re.fullmatch(found[2].replace("{}", "[^/]+"), path):
            kind = get_type_hints(call, {**vars(sdk()), **models})["request"]
            return cast("BaseModel", kind.model_validate(body))
    raise AssertionError(f"the SDK has no {method} {path}")


SETTINGS = EnvironmentSettings(
    {
        "min_replica": 1, "max_replica": 3, "autoscaling_window": 60, "scale_down_delay": 60,
        "concurrency_target": 8, "target_utilization_percentage": 70,
        "target_in_flight_tokens": 4000, "max_scale_down_rate": 20,
    },
    {
        "redeploy_on_promotion": False, "rolling_deploy": True, "promotion_cleanup_strategy": "KEEP",
        "rolling_deploy_config": {
            "max_surge_percent": 25, "max_unavailable_percent": 0,
            "stabilization_time_seconds": 10, "replica_overhead_percent": 5,
        },
    },
    "REJECT_ON_FULL",
)  # fmt: skip
WINDOWS: dict[str, dict[str, Any]] = {
    "office": {"days": "mon-fri", "hours": "08:00-18:00", "timezone": "Europe/Berlin"},
    "batch": {"days": "sat", "hours": "08:00-18:00", "minutes": "5-20", "enabled": False},
    "sale": {"start": "2030-12-01T08:00", "end": "2030-12-01T09:00"},
}
EARLIER: dict[str, dict[str, Any]] = {
    "office": {"hours": "09:00-10:00", "timezone": "UTC"},
    "sale": {"start": "2030-12-01T12:00", "end": "2030-12-01T13:00"},
    "old": {"hours": "20:00-21:00"},
}


def wish(windows: dict[str, dict[str, Any]]) -> Schedules:
    """Schedules of a spec, each with every setting."""
    every = SETTINGS.autoscaling
    words = {name: {**when, **every} for name, when in windows.items()}
    found = read_schedules(args.Autoscaling.model_validate({**every, "schedules": words}))
    assert found
    return found


def test_what_the_page_calls_managed_is_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    emulated = Emulated(monkeypatch)
    api = emulated.api
    api.create_environment(emulated.model, "staging", SETTINGS)
    api.update_environment(emulated.model, "production", SETTINGS)
    for windows in (EARLIER, WINDOWS):  # created; then replaced, added to and deleted
        change = partial(schedule_changes, wish(windows), now=datetime(2027, 1, 20, tzinfo=UTC))
        api.change_schedules(emulated.model, "production", change)
    api.promote(emulated.model, "production", emulated.second, SETTINGS, redeploy=True, region="us")
    api.rename_model(emulated.model, "renamed", None)
    api.upsert_secret("hf_access_key", "hf_0", None)
    api.create_api_key(WantedKey("search", "WORKSPACE_INVOKE", (emulated.model,)))
    requests = [body_of(*call) for call in emulated.sent]
    managed = {
        (name, field)
        for name, field, it in FIELDS
        if it["how"] == "managed" and REQUESTS[name]["sent"].startswith("sent ")
    }
    assert {found for request in requests for found in fields_of(request)} == managed


def test_what_truss_is_told_of_a_push_is_what_the_page_calls_managed() -> None:
    arguments = push_arguments(Path("model"), {"a": 1}, 60, "search")
    options = {
        ("DeploymentArchivePayload", "labels"): "--labels",
        ("DeploymentArchivePayload", "deploy_timeout_minutes"): "--deploy-timeout-minutes",
        ("PrepareModelUploadRequest", "team_id"): "--team",
    }
    form = {"--no-wait", "--non-interactive", "--output"}
    assert {it for it in arguments if it.startswith("--")} == {*options.values(), *form}
    how = {(name, field): it["how"] for name, field, it in FIELDS}
    assert {how[field] for field in options} == {"managed"}
