"""One emulator per module, reset before each test; one stack per test.

A test that is marked `serving` begins where a first `up` of one model ended, and one that is marked `pair` where one of
two models did: in a copy of a world that was made once for all processes that run tests.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.harness import Emulator, Stack, running_emulator
from tests.support.worlds import TOKEN, World, Worlds

WORLDS = ("serving", "pair")


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def world(request: pytest.FixtureRequest, worlds: Worlds) -> Iterator[World | None]:
    """The prepared world that a test is marked with."""
    marked = [name for name in WORLDS if request.node.get_closest_marker(name)]
    if not marked:
        yield None
        return
    with worlds.copy(*marked) as world:
        world.stack.environment.update(TOKEN if marked == ["pair"] else {})
        yield world


@pytest.fixture
def emulator(request: pytest.FixtureRequest, world: World | None) -> Emulator:
    if world:
        return world.emulator
    shared: Emulator = request.getfixturevalue("shared_emulator")
    shared.admin("POST", "reset")
    return shared


@pytest.fixture
def stack(tmp_path: Path, emulator: Emulator, world: World | None) -> Stack:
    return world.stack if world else Stack(tmp_path / "project", emulator.url)
