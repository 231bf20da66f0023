"""What the provider refuses of its resources' inputs, each at its property and in one line."""

import subprocess
import sys
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from baseten_tei.deployment.schedules.schedule_words import SETTINGS
from baseten_tei.deployment.schedules.spec_schedules import BESIDES
from baseten_tei.provider.protocol import inputs
from baseten_tei.provider.protocol.input_checks import input_failures
from baseten_tei.provider.protocol.resource import UNKNOWN
from baseten_tei.provider.protocol.schedule_inputs import AutoscalingSchedule
from baseten_tei.provider.protocol.typed_fields import bare
from baseten_tei.spec import args
from baseten_tei.spec.schedules import Schedule

MODEL = {"name": "bge", "digest": "d1", "project": "proj", "stack": "dev"}
EXPECTED = {"task": "embedding", "model_id": "a/b", "tei_version": "1.9.3", "gpu": True}
ENVIRONMENT: dict[str, Any] = {
    "model": "bge",
    "environment": "production",
    "project": "proj",
    "stack": "dev",
    "digest": "d1",
    "autoscaling": {"max_replica": 2},
    "expected": EXPECTED,
    "keep_deployments": 3,
    "deploy_timeout_minutes": 30,
}
SECRET = {"name": "hf_access_key", "value": "hf_s3cret"}
GOOD = {"Model": MODEL, "Environment": ENVIRONMENT, "Secret": SECRET}


def told(kind: str, given: dict[str, Any], *hidden: str) -> dict[str, str]:
    """Property → reason."""
    failures = input_failures(f"baseten:index:{kind}", given, hidden)
    return {it.property: it.reason for it in failures}


@pytest.mark.parametrize("kind", GOOD)
def test_good_inputs_pass(kind: str) -> None:
    assert told(kind, GOOD[kind]) == {}


@pytest.mark.parametrize(
    ("more", "where", "said"),
    [
        ({"modle": "x"}, "modle", "unknown key 'modle'. Perhaps you meant 'model'?"),
        ({"model": None}, "model", "model must be a text, not None"),
        ({"model": ""}, "model", "model is empty: write model: …, or leave it out"),
        ({"digest": 7}, "digest", "digest must be a text, not 7"),
        ({"new_space": "yes"}, "new_space", "new_space must be true or false, not 'yes'"),
        ({"autoscaling": 3}, "autoscaling", "autoscaling must be a map, not 3"),
        (
            {"autoscaling": {"max_replica": 0}},
            "autoscaling.max_replica",
            "autoscaling.max_replica must be at least 1, not 0: write autoscaling.max_replica: 1",
        ),
        (
            {"autoscaling": {"max_replicas": 1}},
            "autoscaling.max_replicas",
            "unknown key 'autoscaling.max_replicas'. Perhaps you meant 'max_replica'?",
        ),
        (
            {"promotion": {"rolling_deploy_config": {"max_surge_percent": 51}}},
            "promotion.rolling_deploy_config.max_surge_percent",
            "must be at most 50, not 51",
        ),
        (
            {"promotion": {"max-surge percent": 1}},
            'promotion["max-surge percent"]',
            "unknown key 'promotion.max-surge percent'.",
        ),
        (
            {"on_refusal": "drop"},
            "on_refusal",
            "on_refusal must be 'keep' or 'delete', not 'drop'",
        ),
        ({"environment": "Prod"}, "environment", "environment 'Prod' must be lower-case"),
        ({"environment": "development"}, "environment", "Baseten's own slot"),
        ({"golden": []}, "golden", "golden must be a map, not a list"),
    ],
)
def test_what_is_wrong_is_told_at_its_property(more: dict[str, Any], where: str, said: str) -> None:
    failures = told("Environment", {**ENVIRONMENT, **more})
    assert set(failures) == {where}
    assert said in failures[where]
    assert "\n" not in failures[where]


def test_what_is_missing_is_told_by_name_each_on_its_own() -> None:
    failures = told("Environment", {"model": "bge", "environment": "production"})
    assert set(failures) == {"digest", "autoscaling"}
    assert failures["digest"] == "digest is missing: write digest: …"


@pytest.mark.parametrize("sources", [{}, {"value": "v", "from_env": "HF_TOKEN"}])
def test_a_secret_has_exactly_one_source(sources: dict[str, str]) -> None:
    failures = told("Secret", {"name": "hf", **sources})
    assert set(failures) == {"value"}
    assert "write one of them" in failures["value"]


@pytest.mark.parametrize("kind", GOOD)
def test_what_only_the_update_will_know_passes_at_every_property(kind: str) -> None:
    assert told(kind, dict.fromkeys(GOOD[kind], UNKNOWN)) == {}


def test_what_is_unknown_passes_within_maps_too() -> None:
    settings = {"max_replica": UNKNOWN, "min_replica": -1}
    assert set(told("Environment", {**ENVIRONMENT, "autoscaling": settings})) == {
        "autoscaling.min_replica"
    }


def test_nothing_is_filled_in() -> None:
    given = {**ENVIRONMENT, "autoscaling": {}}
    told("Environment", given)
    assert given == {**ENVIRONMENT, "autoscaling": {}}


def test_a_hidden_value_is_in_no_reason() -> None:
    for key in SECRET:
        failures = told("Secret", {**SECRET, key: 31337}, key)
        assert failures == {key: f"{key} must be a text"}


def bounds(model: type[BaseModel]) -> dict[str, tuple[Any, ...]]:
    """Each setting's type and bounds."""
    return {
        name: (bare(field.annotation), *field.metadata, *_inner(field.annotation))
        for name, field in model.model_fields.items()
    }


def _inner(annotation: Any) -> list[Any]:
    """The bounds within `Annotated[int, Field(ge=0)] | None`."""
    arms = [arm for arm in get_args(annotation) if hasattr(arm, "__metadata__")]
    return [bound for arm in arms for it in arm.__metadata__ for bound in it.metadata]


def test_the_provider_takes_the_settings_that_the_spec_writes() -> None:
    spec = bounds(args.Autoscaling)
    assert bounds(inputs.Autoscaling) == {key: spec[key] for key in spec if key not in BESIDES}
    schedule = bounds(Schedule)
    for key, settings in bounds(AutoscalingSchedule).items():
        assert key in schedule
        assert key not in SETTINGS or settings == schedule[key]


DAYTIME = {"days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2, "max_replica": 4}


@pytest.mark.parametrize(
    ("schedules", "failures"),
    [
        ({"timezone": "Europe/Berlin", "schedules": {"day": DAYTIME}}, {}),
        ({"schedules": {}}, {}),
        (
            {"schedules": {"day": DAYTIME}},
            {"autoscaling_schedules": "timezone is missing: write timezone: Europe/Berlin"},
        ),
        (
            {"timezone": "UTC", "schedules": {"day": {**DAYTIME, "hours": "8"}}},
            {
                "autoscaling_schedules.schedules.day": "hours '8' is not a range of times: write hours: 08:00-18:00"
            },
        ),
        (
            {"timezone": "UTC", "schedules": {"the day": {**DAYTIME, "min_replica": 5}}},
            {
                'autoscaling_schedules.schedules["the day"]': "min_replica 5 is above max_replica 4: write "
                "max_replica: 5 or more"
            },
        ),
        (
            {"timezone": "UTC", "schedules": {"day": {**DAYTIME, "max_replica": "4"}}},
            {
                "autoscaling_schedules.schedules.day.max_replica": "autoscaling_schedules.schedules.day.max_replica "
                "must be a whole number, not '4'"
            },
        ),
        (
            {"timezone": "UTC", "schedules": {"day": {**DAYTIME, "enable": True}}},
            {
                "autoscaling_schedules.schedules.day.enable": "unknown key "
                "'autoscaling_schedules.schedules.day.enable'. Perhaps you meant 'enabled'?"
            },
        ),
        (
            {"timezone": "UTC", "schedules": {"a": DAYTIME, "b": {**DAYTIME, "hours": "17-19"}}},
            {
                "autoscaling_schedules": "schedules a and b overlap (Mon 17:00\N{EN DASH}18:00): write hours of "
                "which only one has each"
            },
        ),
    ],
)
def test_a_schedule_is_checked_at_its_own_property(
    schedules: dict[str, Any], failures: dict[str, str]
) -> None:
    assert told("Environment", {**ENVIRONMENT, "autoscaling_schedules": schedules}) == failures


def test_pydantic_is_not_imported_until_inputs_changed() -> None:
    """A preview without changes does without: it takes 0.1 s and more (measured, pydantic 2.14.3)."""
    program = "import sys, baseten_tei.provider.__main__; print(*{'pydantic', 'baseten'} & {*sys.modules})"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
