"""One emulator per module, reset before each test; one stack per test.

A test that is marked `serving` begins where a first `up` of one model ended: in a copy of a world that was made
once for each process that runs tests.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import Emulator, Stack, running_emulator
from tests.support.worlds import World, Worlds


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def serving_world(worlds: Worlds) -> Iterator[World]:
    with worlds.copy("serving") as world:
        yield world


@pytest.fixture
def emulator(request: pytest.FixtureRequest) -> Emulator:
    if request.node.get_closest_marker("serving"):
        world: World = request.getfixturevalue("serving_world")
        return world.emulator
    shared: Emulator = request.getfixturevalue("shared_emulator")
    shared.admin("POST", "reset")
    return shared


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path, emulator: Emulator) -> Stack:
    if request.node.get_closest_marker("serving"):
        world: World = request.getfixturevalue("serving_world")
        return world.stack
    return Stack(tmp_path / "project", emulator.url)
