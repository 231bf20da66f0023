"""Prepared worlds, made once for all processes that run tests, whichever suite asks first."""

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dealing import deal

if TYPE_CHECKING:
    from tests.support.worlds import Worlds

# The tests start a thousand Pythons: each would compile the project anew, and each run all tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Engines live for two seconds: cleaning up would cost them a twentieth of that.
os.environ.setdefault("GOGC", "400")
# At Python's own 700 objects a fifth of collecting ten thousand tests is collecting garbage that is not there.
gc.set_threshold(100_000, 20, 100)
# What a shell runs in the background, or under nohup, is deaf to these, and so would be all that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

USERS = ("Pulumi.dev.yaml", "locks", "truss_configs", "golden")
_PLACES = tuple(str(Path(__file__).parents[1] / name) for name in USERS)


def _refuse_users_files(event: str, arguments: tuple[object, ...]) -> None:
    """Let no test read what a user edits: adding a model must not break one. Theirs is `tests/support/dev_stack`."""
    if event in ("open", "os.listdir", "os.scandir") and isinstance(
        arguments[0], str | os.PathLike
    ):
        path = os.fspath(arguments[0])
        if isinstance(path, str) and path.startswith(_PLACES):
            raise AssertionError(f"a test reads {path}: let it read tests/support/dev_stack")


sys.addaudithook(_refuse_users_files)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one more than there are cores: while one process waits for an engine, another one works."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let no test be named by an address: each process would know it by another name, and none would run."""
    if named := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"give these parameters ids that stay: {named}")
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes > 1:
        items[:] = [items[index] for index in deal([item.nodeid for item in items], processes)]


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> "Worlds":
    from tests.support.made_once import shared_folder
    from tests.support.worlds import Worlds

    return Worlds(shared_folder(tmp_path_factory), tmp_path_factory.mktemp("worlds"))
