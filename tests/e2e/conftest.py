"""One emulator per module, reset before each test; one stack per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Emulator, Stack, running_emulator


@pytest.fixture(scope="module")
def shared_emulator() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    shared_emulator.admin("POST", "reset")
    return shared_emulator


@pytest.fixture
def stack(tmp_path: Path, emulator: Emulator) -> Stack:
    return Stack(tmp_path / "project", emulator.url)
