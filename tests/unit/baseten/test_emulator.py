"""The project's own emulator outlives whoever starts it: it gets the variables that it needs, and no other."""

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseten_tei.baseten import emulator
from baseten_tei.baseten.child_environment import emulator_environment
from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.private_emulator import private_emulator
from baseten_tei.errors import UserError

CANARY = "canary-0123456789"
PLANTED = (
    "BASETEN_API_KEY", "HF_TOKEN", "HF_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE", "GITHUB_TOKEN", "https_proxy", "HTTPS_PROXY", "ALL_PROXY",
    "SSH_AUTH_SOCK", "LESSCHARSET", "ANYTHING_ELSE",
)  # fmt: skip
NEEDED = {
    "PATH": "/bin",
    "HOME": "/h",
    "LC_TIME": "C",
    "BASETEN_EMULATOR_TEAMS": "a",
    "TMPDIR": "/t",
}

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")


@pytest.mark.parametrize("missing", ["baseten_emulator", "graphql"])
def test_an_emulator_that_is_not_installed_is_refused_with_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a process is started and a folder made; nothing answers at this address."""
    monkeypatch.setattr(emulator, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(UserError, match=r"run pip install 'baseten-tei\[emulator\]'"):
        ensure_running(f"http://127.0.0.1:{free_port()}", tmp_path)
    with pytest.raises(UserError, match="is not installed"), private_emulator({}):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PLANTED:
        monkeypatch.setenv(name, f"{name}-{CANARY}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def address() -> Iterator[str]:
    """Of a port that is free; whatever runs there afterwards is ended."""
    port = free_port()
    yield f"http://127.0.0.1:{port}"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/_emulator/shutdown", method="POST", data=b"{}",
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()


def environments_of(word: str) -> list[bytes]:
    """Of each process with this word among its arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (process / "cmdline").read_bytes():
                found.append((process / "environ").read_bytes())
        except OSError:  # it ended, or is somebody else's
            continue
    return found


def test_only_what_an_emulator_needs_is_handed_on() -> None:
    given = {**NEEDED, **dict.fromkeys(PLANTED, CANARY)}
    assert emulator_environment(given) == NEEDED


@needs_proc
@pytest.mark.usefixtures("planted")
def test_the_embedded_emulator_keeps_no_credential_of_whoever_started_it(
    address: str, tmp_path: Path
) -> None:
    ensure_running(address, tmp_path)
    [environment] = environments_of(str(tmp_path / ".state"))
    assert CANARY.encode() not in environment
    assert b"PATH=" in environment


@needs_proc
def test_a_private_emulator_gets_no_more() -> None:
    mark = {"BASETEN_EMULATOR_TEAMS": "default,private-one"}
    planted = {name: f"{name}-{CANARY}" for name in PLANTED}
    with private_emulator({**planted, **mark}):
        found = [
            it
            for it in environments_of("baseten_emulator")
            if b"BASETEN_EMULATOR_TEAMS=default,private-one" in it
        ]
    assert len(found) == 1
    assert CANARY.encode() not in found[0]
