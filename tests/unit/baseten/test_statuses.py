"""One table says what Baseten's words mean, and everything that judges a deployment judges by it."""

from datetime import UTC, datetime

import pytest

from baseten_emulator.world.records import STATUSES
from baseten_tei.baseten.statuses import DEAD, MEANINGS, READY, UNHEALTHY
from baseten_tei.baseten.versions import Serving, Version
from baseten_tei.deployment.ownership import Owner
from baseten_tei.operations.diagnosis import LiveModel, find_disorder
from baseten_tei.operations.status.live_environments import live_environment
from baseten_tei.project.state import State
from baseten_tei.provider.drift.environment_drift import environment_drift

STATE = {"model": "bge", "environment": "production", "model_id": "m1", "deployment_id": "d1"}
OWNER = Owner("project", "dev")


def serving(status: str) -> Serving:
    return Serving("production", Version("d1", status, {}), {})


def test_every_word_that_the_emulator_has_means_something() -> None:
    assert set(STATUSES) <= set(MEANINGS)


@pytest.mark.parametrize("status", [*MEANINGS, "A_WORD_OF_TOMORROW"])
def test_drift_status_and_doctor_say_the_same_of_a_status(status: str) -> None:
    there = serving(status)
    row = live_environment(STATE, "m1", there, None, datetime.now(UTC))
    assert row.is_healthy == (status not in UNHEALTHY)
    assert ("status" in environment_drift(STATE, "m1", there, {})) == (status in UNHEALTHY)
    model = LiveModel("m1", "bge", None, [], [there])
    found = find_disorder(State({(None, "bge"): ""}, frozenset(), ()), [model], OWNER)
    assert [it.kind for it in found] == (["dead environment"] if status in DEAD else [])


def test_what_can_serve_is_healthy_and_what_is_dead_is_not() -> None:
    assert not READY & UNHEALTHY
    assert DEAD < UNHEALTHY
