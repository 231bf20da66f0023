"""Starting the project's own emulator when a stack needs it and it does not run yet.

Like an embedded database: `baseten:target: emulator` works without a step of its own. The emulator outlives
the operation that started it; `make emulator-stop` ends it, and it keeps its state on disk.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from baseten_tei.baseten import machine_locks
from baseten_tei.baseten.child_environment import emulator_environment
from baseten_tei.errors import UserError
from baseten_tei.facts.network.bounds import MIB, Bounds
from baseten_tei.facts.network.network_errors import NoAnswerError
from baseten_tei.facts.network.requests_client import Session

BOUNDS = Bounds(seconds=5.0, size=MIB)
"""Of the answer to "are you there?", which is a few words."""

_running: set[str] = set()


def require_emulator() -> None:
    """Raise `UserError` where the embedded emulator, or what it needs, is not installed beside this program."""
    if find_spec("baseten_emulator") is None or find_spec("graphql") is None:
        raise UserError(
            "the embedded emulator is not installed beside this program: run pip install 'baseten-tei[emulator]' in "
            "its virtual environment, or name another Baseten with `pulumi config set baseten:target`"
        )


def ensure_running(address: str, folder: Path) -> None:
    """Return once an emulator answers at `address`; its state is kept in the project that holds `folder`.

    Raises `UserError` where none can be started.
    """
    if address in _running:
        return
    with machine_locks.one_at_a_time(
        f"emulator {address}"
    ):  # several pushes may find it down at once
        if not _answers(address):
            _start(address, _project(folder) / ".state")
    _running.add(address)


def _project(folder: Path) -> Path:
    """Providers run in the program's folder (`main:` in Pulumi.yaml), state belongs beside Pulumi.yaml."""
    above = [folder, *folder.parents]
    return next((path for path in above if (path / "Pulumi.yaml").is_file()), folder)


def _answers(address: str) -> bool:
    with Session(BOUNDS) as session:
        session.trust_env = False
        try:
            answer = session.get(f"{address}/_emulator/health")
        except NoAnswerError as error:
            if error.why.unsent:
                return False
            raise _foreign(address, error.why.what) from error
    if answer.status_code != 200:
        raise _foreign(address, str(answer.status_code))
    return True


def _foreign(address: str, what: str) -> UserError:
    return UserError(
        f"something else answers at {address} ({what}): stop it, or type "
        "export BASETEN_EMULATOR_PORT=<a free port>"
    )


def _start(address: str, state: Path) -> None:
    require_emulator()
    state.mkdir(mode=0o700, exist_ok=True)
    port = str(urlsplit(address).port)
    log = (state / "emulator.log").open("ab")
    command = [sys.executable, "-m", "baseten_emulator", "--port", port]
    process = subprocess.Popen(  # noqa: S603  # our own module, fixed words
        [*command, "--state", str(state / "emulator")],
        env=emulator_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101  # PIPE was asked for
    line = process.stdout.readline()
    if not line or "url" not in json.loads(line):
        raise UserError(
            f"the emulator did not start at {address}: look into {log.name}, "
            f"or run python -m baseten_emulator --port {port} to see why"
        )
