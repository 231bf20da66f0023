"""Push steps that share a process with truss loaded: the same answers as alone, and no key but in its own job."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from baseten_tei.deployment.push_job import Job, write_job
from baseten_tei.push.client import ALONE
from tests.faults.killing import left_folders, left_running
from tests.support.harness import API_KEY, ROOT, Emulator
from tests.support.sampling import pick

pytestmark = pytest.mark.e2e

OTHER_KEY = "other-api-key-9876543210fedcba"
TOKEN = "canaryPassphrase0123456789"
CONFIG = yaml.safe_load((ROOT / "tests/golden/embedding.config.yaml").read_text())
SECONDS = 60.0


@dataclass
class Steps:
    """Push steps as pulumi-command runs them, with a TMPDIR, and so a server, of their own."""

    folder: Path
    emulator: Emulator
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(
        self, model: str, below: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[str]:
        labels = {"pulumi_project": "p", "pulumi_stack": "s", "config_digest": model}
        job = Job(model, model, labels, 30, None, self.emulator.url, "")
        step = subprocess.Popen(
            [*below, sys.executable, "-m", "baseten_tei.push"],
            env={
                **os.environ, **write_job(job, "1"), "TMPDIR": str(self.folder),
                "XDG_STATE_HOME": str(self.folder / "logs"), "PULUMI_CONFIG_PASSPHRASE": TOKEN,
                "BASETEN_API_KEY": API_KEY, **environment,
            },
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert step.stdin is not None
        with step.stdin as stdin:
            stdin.write(json.dumps({**CONFIG, "model_name": model}))
        step.stdin = None
        self.running.append(step)
        return step

    def ended(self, step: subprocess.Popen[str]) -> tuple[int, str, str]:
        stdout, stderr = step.communicate(timeout=SECONDS)
        return step.returncode, stdout, stderr

    def push(self, model: str, **environment: str) -> tuple[int, str, str]:
        return self.ended(self.start(model, **environment))

    def processes(self) -> dict[int, int]:
        """The server and its forks, each with its parent: known by their TMPDIR."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (
                    f"TMPDIR={self.folder}\0".encode() in (process / "environ").read_bytes()
                    and b"baseten_tei.push.server" in (process / "cmdline").read_bytes()
                ):
                    status = (process / "stat").read_text().rsplit(")", 1)[1].split()
                    found[int(process.name)] = int(status[1])
            except OSError:
                continue  # it ended while we looked
        return found

    def servers(self) -> list[int]:
        found = self.processes()
        return [process for process, parent in found.items() if parent not in found]

    def forks(self) -> list[int]:
        found = self.processes()
        return [process for process, parent in found.items() if parent in found]


@pytest.fixture
def steps(tmp_path: Path, emulator: Emulator) -> Iterator[Steps]:
    folder = tmp_path / "tmp"
    folder.mkdir()
    steps = Steps(folder, emulator)
    yield steps
    for step in steps.running:
        step.kill()
        step.wait()
    for process in steps.processes():  # one ends by itself when it has been idle for some seconds
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def test_pushes_at_once_share_one_server_and_each_has_its_own_key(
    steps: Steps, emulator: Emulator
) -> None:
    keys = [API_KEY, OTHER_KEY, API_KEY, OTHER_KEY]
    started = [steps.start(f"m{n}", BASETEN_API_KEY=key) for n, key in enumerate(keys)]
    ended = [steps.ended(step) for step in started]
    assert [code for code, _, _ in ended] == [0, 1, 0, 1]
    assert "refused the API key (401)" in ended[1][2]
    assert set(emulator.models()) == {"m0", "m2"}
    assert len(steps.servers()) == 1


FAULTS: dict[str, tuple[str, dict[str, str]] | None] = {
    "works": None,
    "is refused": ("gpu_forbidden", {}),
    "gets a 500 from GraphQL": ("server_error", {"on": "graphql"}),
    "gets a 403 for its upload": ("upload_refused", {}),
    "may not look": ("forbidden", {"on": "management"}),
}


CHANCE = re.compile(
    r"baseten-tei-push-\w+|tmp\w+\.tgz|models/\w+/truss\.tgz|\"deployment_id\": \"\w+\""
)
"""What is another at each push."""


@pytest.mark.parametrize("fault", pick(list(FAULTS), 3))
def test_a_push_calls_ends_and_says_the_same_as_alone(
    steps: Steps, emulator: Emulator, fault: str
) -> None:
    told = []
    for alone in ("", "1"):
        emulator.admin("POST", "reset")
        if trouble := FAULTS[fault]:
            emulator.fault("*", trouble[0], **trouble[1])
        code, *said = steps.push("bge", **{ALONE: alone})
        assert alone or steps.servers(), "it did not go through a server"
        called = [(it["method"], it.get("operation") or it["path"]) for it in emulator.calls()]
        told.append((code, CHANCE.sub("", str(said)), CHANCE.sub("", str(called))))
    assert told[0] == told[1]
    assert told[0][0] == bool(FAULTS[fault])


def test_a_second_push_of_the_same_config_pushes_nothing_and_the_server_ends(
    steps: Steps, emulator: Emulator
) -> None:
    first = json.loads(steps.push("bge")[1])
    assert json.loads(steps.push("bge")[1]) == {**first, "pushed": False}
    assert emulator.pushes() == 1
    until(lambda: not steps.processes())


def test_a_step_that_is_killed_ends_its_truss(steps: Steps, emulator: Emulator) -> None:
    emulator.fault("*", "hold", on="graphql", path="create_model_from_truss")
    step = steps.start("bge")
    until(lambda: any(it.get("held") for it in emulator.admin("GET", "faults")["faults"]))
    assert len(steps.forks()) == 2, "the job, and the truss that it forked"
    step.send_signal(signal.SIGKILL)
    until(lambda: not steps.forks())
    emulator.no_faults()
    assert steps.push("bge")[0] == 0
    assert len(emulator.deployments("bge")) == 1


ABOVE = """
import subprocess, sys, time
subprocess.Popen(sys.argv[1:])
time.sleep(600)
"""
"""Starts something, and waits: the engine above a plugin, and the plugin above a step."""


@pytest.mark.parametrize("alone", ["", "1"])
def test_a_step_ends_with_the_engine_although_the_plugin_between_them_lives_on(
    steps: Steps, emulator: Emulator, alone: str
) -> None:
    emulator.fault("*", "hold", on="graphql", path="create_model_from_truss")
    above = [sys.executable, "-c", ABOVE]
    engine = steps.start("bge", [*above, *above], **{ALONE: alone})
    until(lambda: any(it.get("held") for it in emulator.admin("GET", "faults")["faults"]))
    assert list(steps.folder.glob("baseten-tei-push-*"))
    engine.kill()
    engine.wait()
    until(lambda: len(left_running(steps.folder)) == 1)
    until(lambda: not left_folders(steps.folder))
    [(plugin, line)] = left_running(steps.folder).items()
    assert ABOVE in line
    os.kill(plugin, signal.SIGKILL)


def test_what_a_step_that_is_killed_with_its_truss_left_in_a_folder_goes_with_the_next(
    steps: Steps, emulator: Emulator
) -> None:
    emulator.fault("*", "hold", on="graphql", path="create_model_from_truss")
    steps.start("bge", **{ALONE: "1"})
    until(lambda: any(it.get("held") for it in emulator.admin("GET", "faults")["faults"]))
    for process in left_running(steps.folder):
        os.kill(process, signal.SIGSTOP)  # so that none of them sees another one's end
    for process in left_running(steps.folder):
        os.kill(process, signal.SIGKILL)
    until(lambda: not left_running(steps.folder))
    assert list(steps.folder.glob("baseten-tei-push-*"))
    emulator.no_faults()
    assert steps.push("another", **{ALONE: "1"})[0] == 0
    assert not list(steps.folder.glob("baseten-tei-push-*"))


@pytest.mark.parametrize("who", pick(["the server", "the job"], 1))
def test_a_push_whose_server_or_job_is_killed_is_done_by_its_step(
    steps: Steps, emulator: Emulator, who: str
) -> None:
    emulator.fault("*", "hold", on="graphql", path="truss_validation", calls=1)
    step = steps.start("bge")
    until(lambda: any(it.get("held") for it in emulator.admin("GET", "faults")["faults"]))
    [server] = steps.servers()
    found = steps.processes()
    [job] = [process for process, parent in found.items() if parent == server]
    os.kill(server if who == "the server" else job, signal.SIGKILL)
    emulator.no_faults()
    assert steps.ended(step)[0] == 0
    assert len(emulator.deployments("bge")) == 1


def test_no_key_is_in_the_servers_memory_environment_arguments_or_files(
    steps: Steps, emulator: Emulator
) -> None:
    emulator.fault("*", "hold", on="graphql", path="create_model_from_truss")
    step = steps.start("bge")
    until(lambda: any(it.get("held") for it in emulator.admin("GET", "faults")["faults"]))
    [server] = steps.servers()
    held = {
        **{f"a temporary file {path.name}": path.read_bytes() for path in files(steps.folder)},
        **{name: Path(f"/proc/{server}/{name}").read_bytes() for name in ("environ", "cmdline")},
        **{
            f"{name} of a fork": Path(f"/proc/{fork}/{name}").read_bytes()
            for fork in steps.forks()
            for name in ("environ", "cmdline")
        },
        "memory": memory(server),
    }
    assert b"baseten_tei.push.server" in held["memory"], "the memory was not read"
    assert API_KEY.encode() in memory(max(steps.forks())), "a key would not be found in memory"
    for secret in (API_KEY, TOKEN):
        assert [name for name, found in held.items() if secret.encode() in found] == []
    emulator.no_faults()
    assert steps.ended(step)[0] == 0
    assert API_KEY.encode() not in memory(server)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def memory(process: int) -> bytes:
    """All that a process can write to: its heaps, its stack, its libraries' data."""
    found = bytearray()
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as mem:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            start, end = (int(it, 16) for it in place.split("-"))
            if rights.startswith("rw"):
                mem.seek(start)
                found += mem.read(end - start) or b""
    return bytes(found)
