"""Drift, as decisions: what differs, by field, as texts that can be shown to anyone."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.config.truss_config import build_config
from baseten_tei.deployment.differences import WIDTH, find_differences
from baseten_tei.provider.drift.config import MOST, config_drift
from baseten_tei.provider.drift.environment_drift import (
    environment_drift,
    settings_drift,
    settings_now,
)
from baseten_tei.spec.args import ModelArgs
from tests.support.fakes import AUTOSCALING, version
from tests.support.specs import spec, specs, texts

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
leaves = st.none() | st.booleans() | st.integers() | texts
names = st.sampled_from(["a", "b", "start_command", "hf_token", "weights"])
values = st.recursive(
    leaves, lambda it: st.lists(it, max_size=3) | st.dictionaries(names, it, max_size=3)
)
maps = st.dictionaries(names, values, max_size=4)

# --- differences


@given(maps)
def test_a_value_does_not_differ_from_itself(value: dict[str, Any]) -> None:
    assert find_differences(value, json.loads(json.dumps(value))) == {}


@given(maps, maps)
def test_what_differs_is_named_from_either_side(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert find_differences(one, other).keys() == find_differences(other, one).keys()


@given(maps, st.sampled_from([None, "", {}, []]))
def test_what_is_empty_is_not_there(value: dict[str, Any], nothing: Any) -> None:
    assert find_differences(value, {**value, "new": nothing}) == {}


@given(maps)
def test_one_changed_leaf_is_the_only_one_named(value: dict[str, Any]) -> None:
    before, after = {**value, "x": {"y": [1, 2]}}, {**value, "x": {"y": [1, 3]}}
    assert find_differences(before, after) == {"x.y[1]": "2 → 3"}


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (16384, 8192, "16384 → 8192"),
        (None, "x", "(none) → x"),
        (True, False, "true → false"),
        ("a", {"b": [1]}, 'a → {"b": [1]}'),
        ("one\nline", "one line", r'"one\nline" → one line'),
    ],
)
def test_values_are_shown_in_one_line(one: Any, other: Any, text: str) -> None:
    assert find_differences({"it": one}, {"it": other}) == {"it": text}


def test_a_long_value_is_cut_to_where_the_difference_begins() -> None:
    common = "x" * 500
    [text] = find_differences([common + "ONE" + common], [common + "TWO" + common]).values()
    one, other = text.split(" → ")
    assert one == f"…{'x' * 20}ONE{'x' * 37}…"
    assert other == one.replace("ONE", "TWO")
    assert len(one) == WIDTH + 2


@given(texts, texts)
def test_a_text_is_never_longer_than_two_windows(one: str, other: str) -> None:
    for text in find_differences([one], [other]).values():
        assert len(text) <= 2 * (WIDTH + 2) + len(" → ")


SECRET = "s3cr3t-0123456789"


@pytest.mark.parametrize(
    "config",
    [
        {"api_key": SECRET},
        {"auth": {"password": SECRET}},
        {"list": [{"HF_TOKEN": SECRET}]},
        {"build_commands": [f"export HF_TOKEN={SECRET} && run"]},
        {"build_commands": [f"run --hf-token {SECRET} --port 1"]},
        {"header": f"Authorization: Bearer {SECRET}"},
        {"docker_server": {"start_command": f"router --api-key={SECRET}"}},
        {"docker_server": {"start_command": f"router --api-key {SECRET}"}},
        {"docker_server": {"start_command": f"text-embeddings-router --api-key {SECRET}"}},
        {"docker_server": {"start_command": f"sh -c 'A={SECRET} text-embeddings-router'"}},
        {"docker_server": {"start_command": f"sh -c 'A={SECRET} run && text-embeddings-router'"}},
        {"docker_server": {"start_command": f"sh -c 'HF_TOKEN=\"{SECRET}\" exec router'"}},
        {"docker_server": {"start_command": f"sh -c 'not a shell\\'s --hf-token {SECRET}"}},
        {"environment_variables": {"ANY_NAME": SECRET}},
    ],
)
def test_no_secret_of_a_foreign_config_is_shown(config: dict[str, Any]) -> None:
    ours = build_config("bge", spec())
    changed = config_drift(ours, {**ours, **config})
    assert changed
    assert SECRET not in json.dumps(changed)
    assert SECRET not in json.dumps(config_drift(ours, config))


# --- config


@given(specs())
def test_a_config_has_not_drifted_from_itself(args: ModelArgs) -> None:
    config = build_config("bge", args)
    assert config_drift(config, json.loads(json.dumps(config))) == {}


def test_defaults_that_the_server_adds_to_both_are_no_drift() -> None:
    config = build_config("bge", spec())
    added = {"python_version": "py311", "runtime": {**config["runtime"], "is_websocket": False}}
    assert config_drift({**config, **added}, {**config, **added, "requirements": []}) == {}


def test_flags_of_the_router_are_compared_one_by_one() -> None:
    ours = build_config("bge", spec())
    theirs = build_config("bge", spec(max_batch_tokens=8192, dtype="float32"))
    command = "config.docker_server.start_command"
    assert config_drift(ours, theirs) == {
        f"{command} --max-batch-tokens": "16384 → 8192",
        f"{command} --dtype": "(none) → float32",
    }


ROUTER = "text-embeddings-router --model-id=/m --port=80 --json-output"


def started(command: str) -> dict[str, Any]:
    return {"docker_server": {"start_command": command}}


@pytest.mark.parametrize(
    "same",
    [
        "text-embeddings-router --port 80 --json-output --model-id /m",
        "text-embeddings-router --model-id=/m --json-output -p 80",
        "sh -c 'exec text-embeddings-router --json-output --port=80 --model-id \"/m\"'",
    ],
)
def test_order_and_quoting_of_flags_are_no_drift(same: str) -> None:
    assert config_drift(started(ROUTER), started(same)) == {}


def test_what_a_script_does_around_the_router_is_named() -> None:
    script = f"fetch && export A=1 && {ROUTER} --auto-truncate"
    command = "config.docker_server.start_command"
    assert config_drift(started(ROUTER), started(f"sh -c '{script}'")) == {
        f"{command} --auto-truncate": "(none) → set",
        f"{command} first": "(none) → fetch",
        f"{command} A": "(none) → another value",
    }


def test_another_program_is_named_as_the_start_command() -> None:
    assert config_drift(started("serve --port=80"), started("run --port=80")) == {
        "config.docker_server.start_command": "serve --port=80 → run --port=80",
    }


def test_environment_variables_are_named_and_foreign_values_kept_back() -> None:
    ours = {"environment_variables": {"A": "1", "B": "2"}}
    theirs = {"environment_variables": {"A": "9", "C": "3"}}
    assert config_drift(ours, theirs) == {
        "config.environment_variables.A": "1 → another value",
        "config.environment_variables.B": "2 → (none)",
        "config.environment_variables.C": "(none) → another value",
    }


def test_a_secret_that_is_not_read_any_more_is_named_and_its_placeholder_is_not() -> None:
    ours = build_config("bge", spec(gated=True))
    assert ours["secrets"] == {"hf_access_key": None}
    theirs = {**ours, "secrets": {"other": SECRET}}
    assert config_drift(ours, theirs) == {"config.secrets[0]": "hf_access_key → other"}


def test_fields_beyond_the_first_are_counted() -> None:
    many = {f"field{number}": number for number in range(MOST + 5)}
    told = config_drift({"x": 1}, {"x": 1, **many})
    assert len(told) == MOST + 1
    assert told["config"] == "5 more fields differ"


def test_a_config_that_baseten_does_not_have_is_no_drift() -> None:
    assert config_drift({}, {"x": 1}) == config_drift({"x": 1}, {}) == {}


# --- what serves

OURS = version("d1", digest="new", instance_type="L4:4x16")
STATE: dict[str, Any] = {
    "project": "proj",
    "stack": "dev",
    "digest": "new",
    "autoscaling": AUTOSCALING,
    "model_id": "m1",
    "deployment_id": "d1",
    "serving_digest": "new",
    "instance_type": "L4:4x16",
}
PINNED = {**STATE, "digest": "newer", "deployment": "d1"}


def serving(current: Any = OURS, **more: Any) -> Serving:
    return Serving("production", current, **({"autoscaling": AUTOSCALING} | more))


def drift(state: dict[str, Any], now: Serving, config: Any = None) -> dict[str, str]:
    return environment_drift(state, "m1", now, {} if config is None else config)


@pytest.mark.parametrize(
    "status", ["ACTIVE", "SCALED_TO_ZERO", "WAKING_UP", "UPDATING", "NEW_WORD"]
)
def test_what_was_released_serves(status: str) -> None:
    current = version("d1", status, instance_type="L4:4x16")
    assert drift(STATE, serving(current)) == {}


@pytest.mark.parametrize("status", ["INACTIVE", "FAILED", "DEPLOY_FAILED", "UNHEALTHY"])
def test_what_answers_nobody_is_drift(status: str) -> None:
    assert drift(STATE, serving(version("d1", status))) == {"status": status}


def test_a_copy_that_baseten_made_is_no_drift_unless_it_runs_elsewhere() -> None:
    assert drift(STATE, serving(version("d9", instance_type="L4:4x16"))) == {}
    assert drift(STATE, serving(version("d9", instance_type="A10Gx4x16"))) == {
        "instance_type": "L4:4x16 → A10Gx4x16"
    }


def test_another_region_is_drift_where_one_is_managed() -> None:
    moved = serving(replace(OURS, region="us"))
    assert drift(STATE, moved) == {}
    assert drift({**STATE, "region": "us"}, moved) == {}
    assert drift({**STATE, "region": "eu"}, moved) == {"region": "us, not eu"}
    assert drift({**STATE, "region": "eu"}, serving()) == {"region": "global, not eu"}
    assert drift({**STATE, "region": "global"}, moved) == {"region": "us, not global"}


def test_another_version_is_named_with_what_differs_in_its_config() -> None:
    other = version("d2", digest="other")
    differs = {"config.resources.memory": "16Gi → 8Gi"}
    assert drift(STATE, serving(other), differs) == {
        "deployment": "d2 serves, not d1",
        **differs,
    }


def test_a_forged_digest_does_not_hide_another_config() -> None:
    differs = {"config.docker_server.start_command --dtype": "float16 → float32"}
    forged = version("d2", digest="new", owner=None)
    assert drift(STATE, serving(forged), differs)["deployment"] == (
        "d2 (pushed by another) serves, not d1"
    )


def test_our_version_is_said_to_be_gone() -> None:
    told = environment_drift(STATE, "m1", serving(version("d2", digest="other")), None)
    assert told == {"deployment": "d2 serves, not d1 (deleted)"}


def test_an_environment_that_serves_nothing_is_drift() -> None:
    assert drift(STATE, serving(None)) == {"deployment": "nothing serves, not d1"}


@pytest.mark.parametrize("pin", ["d1", "new", "previous"])
def test_a_pinned_version_that_serves_is_no_drift_whatever_the_spec_would_push(pin: str) -> None:
    assert drift({**PINNED, "deployment": pin}, serving()) == {}
    told = drift({**PINNED, "deployment": pin}, serving(version("d2", digest="newer")))
    assert told == {"deployment": "d2 serves, not d1"}


def test_a_model_that_was_made_anew_under_the_name_is_drift() -> None:
    told = environment_drift(STATE, "m2", serving(version("d1")), {})
    assert told == {"model_id": "m2, not m1"}


def test_a_promotion_under_way_is_drift_unless_it_is_ours() -> None:
    def under_way(candidate: Any) -> dict[str, str]:
        return drift(STATE, serving(candidate=candidate, promotion_status="RAMPING_UP"))

    assert under_way(version("d2", digest="other")) == {
        "promotion": "d2 is being promoted (RAMPING_UP)"
    }
    assert under_way(version("d9", digest="new")) == {}
    ended = serving(candidate=version("d2", digest="other"), promotion_status="CANCELED")
    assert drift(STATE, ended) == {}


# --- settings

PROMOTION = {"rolling_deploy_config": {"max_surge_percent": 25}}


def test_only_managed_settings_are_compared_and_each_is_named() -> None:
    state = {**STATE, "promotion": PROMOTION, "request_backpressure": "REJECT_ON_FULL"}
    now = serving(
        autoscaling={**AUTOSCALING, "max_replica": 3, "max_scale_down_rate": 50},
        promotion={
            "rolling_deploy": True,
            "rolling_deploy_config": {"max_surge_percent": 50, "max_unavailable_percent": 0},
        },
    )
    live = settings_now(state, now, NOW)
    assert live == {
        "autoscaling": {**AUTOSCALING, "max_replica": 3},
        "promotion": {"rolling_deploy_config": {"max_surge_percent": 50}},
        "request_backpressure": None,
    }
    assert settings_drift(state, live) == {
        "autoscaling.max_replica": "1 → 3",
        "promotion.rolling_deploy_config.max_surge_percent": "25 → 50",
        "request_backpressure": "REJECT_ON_FULL → (none)",
    }


def test_what_is_not_managed_is_not_read() -> None:
    now = serving(promotion={"rolling_deploy": True}, request_backpressure="REJECT_ON_FULL")
    assert settings_now(STATE, now, NOW) == {"autoscaling": AUTOSCALING}


def test_a_setting_that_baseten_does_not_tell_is_as_it_was_set() -> None:
    state = {**STATE, "promotion": PROMOTION}
    live = settings_now(state, serving(autoscaling={"max_replica": 1}), NOW)
    assert settings_drift(state, live) == {}
