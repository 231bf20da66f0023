"""Worlds to break: an emulator with its memory, a stack with its state, copied rather than made again.

Making a world is a first `up`; copying one is two folders. Each process that runs tests has a port for its copies,
which is written wherever the original's was. Ports lie below those that the machine gives away.
"""

import random
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests

from tests.support.harness import (
    API_KEY,
    BGE,
    GATED,
    Checked,
    Emulator,
    Stack,
    running_emulator,
)
from tests.support.made_once import made_once

MODEL = "bge"
PORT = "port"
"""The file that holds where a world's emulator listened as it was made."""
BEFORE = {MODEL: BGE}
AFTER = {MODEL: {**BGE, "max_batch_tokens": 8192}}
PAIR = {MODEL: {**BGE, "environments": {"staging": {}}}, "gem": GATED}
TOKEN = {"HF_ACCESS_KEY": "hf_canary"}
MODELS = {"before": BEFORE, "after": AFTER}


@dataclass
class World:
    """A running emulator and a stack on it."""

    emulator: Emulator
    stack: Stack

    def environment(self) -> dict[str, Any]:
        """The production environment as the platform shows it."""
        model = self.emulator.models()[MODEL]
        return dict(self.emulator.rest(f"/v1/models/{model}/environments/production"))

    def serving(self) -> str:
        """The digest that serves production."""
        return str(self.environment()["current_deployment"]["labels"]["config_digest"])

    def wanted(self) -> str:
        """The digest that the stack says serves."""
        return str(self.stack.outputs()["models"][MODEL]["config_digest"])

    def alive(self, digest: str) -> list[str]:
        """Deployments of a digest that have not failed."""
        return [
            deployment["id"]
            for deployment in self.emulator.deployments(MODEL)
            if deployment["labels"]["config_digest"] == digest
            and "FAILED" not in deployment["status"]
        ]


def free_port() -> int:
    """A port that no client of this machine is given by chance (those start at 32768)."""
    while True:
        port = random.randint(20000, 32000)  # noqa: S311  # a port, not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


@dataclass
class Worlds:
    """Prepared worlds by name, each made once for all processes, on first use; copied below a folder of this one's."""

    shared: Path
    folder: Path
    port: int = field(default_factory=free_port)
    _copies: int = 0

    @contextmanager
    def copy(self, name: str) -> Iterator[World]:
        """A world of its own to break: `empty`, `serving`, `pair` or `unpromoted`."""
        original = made_once(self.shared / f"world-{name}", partial(self._make, name))
        self._copies += 1
        place = self.folder / f"copy-{self._copies}"
        shutil.copytree(original, place, symlinks=True)
        _move_port(place, self.port)
        with self._running(place) as world:
            world.emulator.forget_calls()
            yield world
        shutil.rmtree(place)

    def _make(self, name: str, place: Path) -> None:
        with self._running(place) as world:
            _MAKERS[name](world)
        (place / PORT).write_text(str(self.port))

    @contextmanager
    def _running(self, place: Path) -> Iterator[World]:
        with running_emulator(place / "emulator", self.port) as emulator:
            yield World(emulator, Stack(place / "project", emulator.url))


def _move_port(place: Path, port: int) -> None:
    """Write another port into a copy, wherever the original's is: the emulator's memory, the stack's state."""
    old, new = f":{(place / PORT).read_text()}".encode(), f":{port}".encode()
    for path in place.rglob("*"):
        if path.is_file() and not path.is_symlink() and old in (content := path.read_bytes()):
            path.write_bytes(content.replace(old, new))


def _empty(world: World) -> None:
    world.stack.configure(BEFORE)


def _serving(world: World) -> None:
    _empty(world)
    world.stack.up().check()


def _pair(world: World) -> None:
    """One model with two environments, and a gated one, whose token each command needs."""
    world.stack.configure(PAIR)
    world.stack.up(**TOKEN).check()


def _unpromoted(world: World) -> None:
    """A second version is pushed and ready, and was refused once; the next `up` only promotes."""
    _serving(world)
    world.emulator.fault(MODEL, "wrong_model")
    world.stack.configure(AFTER)
    world.stack.up().refused()
    world.emulator.no_faults()


_MAKERS: dict[str, Callable[[World], None]] = {
    "empty": _empty,
    "serving": _serving,
    "pair": _pair,
    "unpromoted": _unpromoted,
}


@dataclass
class Client:
    """A client that calls production again and again; `failures` holds every answer that was no 200."""

    url: str
    calls: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def _loop(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {API_KEY}"
            while not self._stop.is_set():
                self._call(session)
                self._stop.wait(0.1)

    def _call(self, session: requests.Session) -> None:
        self.calls += 1
        try:
            answer = session.post(self.url, json={"input": "does it answer?"}, timeout=30)
        except requests.RequestException as error:
            self.failures.append(repr(error))
            return
        if answer.status_code != 200:
            self.failures.append(f"{answer.status_code} {answer.text[:200]}")


@contextmanager
def client_of(world: World) -> Iterator[Client]:
    """Call the production environment of the world's model for the length of a `with`."""
    model = world.emulator.models()[MODEL]
    client = Client(f"{world.emulator.url}/hosts/model-{model}/production/predict")
    thread = threading.Thread(target=client._loop)
    thread.start()
    try:
        yield client
    finally:
        client._stop.set()
        thread.join()


def start_pulumi(stack: Stack, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A `pulumi` that runs beside the test, in a process group of its own."""
    command = ["pulumi", *arguments, "--non-interactive", "--stack", stack.name]
    return subprocess.Popen(
        command, cwd=stack.folder, env={**stack.env(), **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def wait_for_end(process: subprocess.Popen[str]) -> Checked:
    """How a started `pulumi` ended."""
    text = process.communicate(timeout=300)[0]
    return Checked(process.returncode, text, "")


def wait_until_waiting(world: World, running: subprocess.Popen[str]) -> None:
    """Wait until it has asked the same four times in a row, or has ended."""
    while running.poll() is None and not _asks_again(world):
        time.sleep(0.1)


def _asks_again(world: World) -> bool:
    asked = [f"{call['method']} {call['path']}" for call in world.emulator.calls()]
    last = [call for call in asked if " /v1/" in call][-4:]
    return len(last) == 4 and len(set(last)) == 1
