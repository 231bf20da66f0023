"""Calls of Baseten by the size of the fleet: none where nothing changed, and one a model in a refresh."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.worlds.fleet import make_locked_fleet, write_lock
from benchmarks.worlds.grown import TEMPLATE, grow

from tests.support.harness import Emulator, Stack, running_emulator

pytestmark = pytest.mark.e2e

SIZE = 20
UNCHANGED = f"{4 * SIZE + 2} unchanged"
"""Four resources a model, and the stack."""


@pytest.fixture(scope="module")
def emulator_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("emulator")


@pytest.fixture(scope="module")
def emulator(emulator_state: Path) -> Iterator[Emulator]:
    with running_emulator(emulator_state) as running:
        yield running


@pytest.fixture(scope="module")
def fleet(
    tmp_path_factory: pytest.TempPathFactory, emulator: Emulator, emulator_state: Path
) -> Stack:
    """Three models that were released, and seventeen copies."""
    stack = Stack(tmp_path_factory.mktemp("stack") / "project", emulator.url)
    write_lock(stack)
    stack.configure(make_locked_fleet(TEMPLATE))
    stack.up().check()
    grow(stack, emulator_state, SIZE)
    return stack


def asked(emulator: Emulator) -> Counter[str]:
    """What was called, the models' ids left out."""
    calls = [f"{call['method']} {call['path']}" for call in emulator.calls()]
    return Counter(re.sub(r"/models/\w+/", "/models/ID/", call) for call in calls)


def test_an_up_that_changes_nothing_calls_nothing(fleet: Stack, emulator: Emulator) -> None:
    emulator.forget_calls()
    assert UNCHANGED in fleet.up().check().text
    assert emulator.calls() == []


def test_a_refresh_asks_once_for_all_models_and_once_for_each(
    fleet: Stack, emulator: Emulator
) -> None:
    emulator.forget_calls()
    assert UNCHANGED in fleet.refresh().check().text
    assert asked(emulator) == {"GET /v1/models": 1, "GET /v1/models/ID/environments": SIZE}


def test_an_up_that_refreshes_sees_what_it_did_itself(fleet: Stack, emulator: Emulator) -> None:
    first = emulator.models()["model-000"]
    path = f"/v1/models/{first}/environments/production"
    emulator.rest(path, "PATCH", {"autoscaling_settings": {"max_replica": 7}})
    arguments = ("--yes", "--skip-preview", "--refresh", "--stack", fleet.name)
    assert "1 updated" in fleet.pulumi("up", *arguments).check().text
    assert emulator.rest(path)["autoscaling_settings"]["max_replica"] == 1
    assert UNCHANGED in fleet.refresh().check().text
