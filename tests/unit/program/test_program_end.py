"""How a program ends in Pulumi's host: a process that is started with the host's script, here one of our own."""

import subprocess
import sys
from pathlib import Path

import pulumi
import pytest

from baseten_tei.errors import UserError
from baseten_tei.program.program_end import EXECUTOR, end_program

INTERRUPTED = "\nimport os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
COMPONENT = "from baseten_tei import Embedding\n"


def ended(folder: Path, program: str, script: str = EXECUTOR) -> tuple[int, str]:
    """The exit code of a program, and all that it showed."""
    path = folder / script
    path.write_text(program)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_an_interrupt_shows_nothing_where_a_component_is_imported(tmp_path: Path) -> None:
    assert ended(tmp_path, COMPONENT + INTERRUPTED) == (32, "")


def test_an_engine_that_ended_before_the_program_is_no_error_of_the_programs(
    tmp_path: Path,
) -> None:
    """The host shows what the SDK raises (`runtime/settings.py`); the engine has shown the failure itself (3.276.0)."""
    logged = (
        "import grpc, pulumi\nfrom pulumi.runtime.settings import grpc_error_to_exception\n"
        "class Gone(grpc.RpcError):\n    code = lambda self: grpc.StatusCode.UNAVAILABLE\n"
        "pulumi.log.error(str(grpc_error_to_exception(Gone())))\npulumi.log.error('of the program')\n"
    )
    code, shown = ended(tmp_path, COMPONENT + logged)
    assert (code, shown) == (0, "error: of the program\n")


def test_an_interrupt_is_still_one_to_the_program(tmp_path: Path) -> None:
    cleaning = (
        "import atexit, os, signal, time\natexit.register(print, 'at exit')\n"
        "try:\n    os.kill(os.getpid(), signal.SIGINT); time.sleep(60)\nfinally:\n    print('cleaned')\n"
    )
    assert ended(tmp_path, COMPONENT + cleaning) == (32, "cleaned\nat exit\n")


def test_nothing_undone_is_warned_of_after_an_interrupt(tmp_path: Path) -> None:
    undone = "async def undone(): ...\ntry:\n    pass\nfinally:\n    left = [undone()]\n"
    assert ended(tmp_path, COMPONENT + undone + INTERRUPTED) == (32, "")


@pytest.mark.parametrize("first", ["handler", "component"])
def test_a_handler_of_the_programs_own_is_left_alone(tmp_path: Path, first: str) -> None:
    handler = "import signal, sys\nsignal.signal(signal.SIGINT, lambda *_: sys.exit('my own'))\n"
    parts = (handler, COMPONENT) if first == "handler" else (COMPONENT, handler)
    assert ended(tmp_path, "".join(parts) + INTERRUPTED) == (1, "my own\n")


def test_another_error_keeps_its_traceback(tmp_path: Path) -> None:
    code, shown = ended(tmp_path, COMPONENT + "raise ValueError('of the program')")
    assert code == 1
    assert shown.startswith("Traceback")
    assert shown.endswith("ValueError: of the program\n")


def test_a_process_that_is_not_the_hosts_is_left_alone(tmp_path: Path) -> None:
    _, shown = ended(tmp_path, COMPONENT + INTERRUPTED, "service.py")
    assert "KeyboardInterrupt" in shown


def test_each_problem_is_one_line_and_the_host_adds_none(tmp_path: Path) -> None:
    program = (
        "from baseten_tei.errors import UserError\nfrom baseten_tei.program.program_end import end_program\n"
        "end_program(UserError('first', 'second'))"
    )
    assert ended(tmp_path, program) == (32, "error: first\nerror: second\n")


def test_in_a_test_or_the_automation_api_a_problem_is_an_exception() -> None:
    with pytest.raises(pulumi.RunError, match="first\nsecond"):
        end_program(UserError("first", "second"))
