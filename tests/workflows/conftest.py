"""The emulator of the end-to-end tests, and what a user has installed, made once for each process that runs tests."""

import pytest

from tests.e2e.conftest import emulator, shared_emulator, world
from tests.workflows.users_machine import UsersMachine, make_machine

__all__ = ["emulator", "shared_emulator", "users_machine", "world"]


@pytest.fixture(scope="session")
def users_machine(tmp_path_factory: pytest.TempPathFactory) -> UsersMachine:
    return make_machine(tmp_path_factory.mktemp("user"))
