"""One emulated Baseten for each test, reached in process or over HTTP, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.control_client import Baseten, in_process, new_world, served


@pytest.fixture(params=["in process", "over HTTP"])
def baseten(request: pytest.FixtureRequest) -> Iterator[Baseten]:
    """An empty Baseten; every test with it runs in process and over HTTP."""
    world = new_world()
    if request.param == "in process":
        yield Baseten(world, in_process(world))
        return
    with served(world) as send:
        yield Baseten(world, send)


@pytest.fixture
def local() -> Baseten:
    """An empty Baseten, in process only: for what no transport can change."""
    world = new_world()
    return Baseten(world, in_process(world))
