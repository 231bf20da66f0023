"""An emulator for one purpose: on a free port, in memory, gone afterwards. The project's own is `embedded`."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from baseten_tei.baseten.child_environment import emulator_environment
from baseten_tei.baseten.emulator import require_emulator
from baseten_tei.baseten.processes.keeper_client import kept_group
from baseten_tei.errors import UserError

STEP_SECONDS = "0.05"
"""How long BUILDING, DEPLOYING and LOADING_MODEL last each."""
END_SECONDS = 10


@contextmanager
def private_emulator(environment: Mapping[str, str]) -> Iterator[str]:
    """Run an emulator for the length of a `with`, and yield its address. Raises `UserError` if it does not start.

    An interrupt from the terminal does not reach it: what it serves is to be taken down first.
    """
    require_emulator()
    command = [sys.executable, "-m", "baseten_emulator", "--port", "0"]
    process = subprocess.Popen(  # noqa: S603  # our own module, fixed words
        [*command, "--step-seconds", STEP_SECONDS],
        env=emulator_environment(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0,
    )  # fmt: skip
    with kept_group(process.pid):
        try:
            yield _address(process)
        finally:
            _end(process)


def _address(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None  # noqa: S101  # PIPE was asked for
    line = process.stdout.readline()
    if not line:
        raise UserError(
            "the emulator did not start: run `python -m baseten_emulator --port 0` to see why"
        )
    return str(json.loads(line)["url"])


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
