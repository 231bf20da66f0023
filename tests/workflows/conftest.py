"""The emulator of the end-to-end tests, and what a user has installed, made once for all processes of a run."""

import pytest

from tests.e2e.conftest import emulator, shared_emulator, world
from tests.support.made_once import made_once, shared_folder
from tests.workflows.users_machine import UsersMachine, make_machine, read_machine

__all__ = ["emulator", "shared_emulator", "users_machine", "world"]


@pytest.fixture(scope="session")
def users_machine(tmp_path_factory: pytest.TempPathFactory) -> UsersMachine:
    return read_machine(made_once(shared_folder(tmp_path_factory) / "user", make_machine))
