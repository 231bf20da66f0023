"""Prepared worlds, made once for all processes that run tests, whichever suite asks first."""

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.worlds import Worlds

# The tests start a thousand Pythons: each would compile the project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# What a shell runs in the background, or under nohup, is deaf to these, and so would be all that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> "Worlds":
    from tests.support.made_once import shared_folder
    from tests.support.worlds import Worlds

    return Worlds(shared_folder(tmp_path_factory), tmp_path_factory.mktemp("worlds"))
