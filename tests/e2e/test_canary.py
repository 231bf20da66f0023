"""No secret in clear, anywhere: known bytes are searched for in everything an operation leaves or shows."""

import base64
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.support.harness import API_KEY, BGE, GATED, Emulator, Stack, status

pytestmark = pytest.mark.e2e

OTHER = "another-canary-0123456789abcdef"
"""A credential that is none of ours: of a cloud, of a forge, of a proxy."""
TOKEN = "hf_canaryCANARYcanaryCANARY0123456789"
MODELS = {
    "gemma": GATED,
    "baked": {**GATED, "weights": "baked"},
    "late": {**GATED, "weights": "download"},
}


def test_a_token_and_a_key_appear_nowhere_in_clear(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    stack.environment |= {"HF_ACCESS_KEY": TOKEN, "TMPDIR": str(temporary), **FOREIGN}
    stack.environment["PULUMI_DEBUG_COMMANDS"] = "true"  # the event log is one of them
    seen: dict[str, bytes] = {}
    with watching(str(tmp_path), temporary, seen), embedded_emulator(stack):
        stack.configure(MODELS)
        seen["preview"] = said(stack.pulumi("preview", "--diff", "--stack", "test").check())
        events = tmp_path / "events.json"
        up = ("up", "--yes", "--skip-preview", "--stack", "test", "--event-log", str(events))
        seen["up"] = said(stack.pulumi(*up).check())
        seen["events"] = events.read_bytes()
        emulator.fault("gemma", "build_failed")
        stack.configure({**MODELS, "gemma": {**GATED, "max_batch_tokens": 1024}, "bge": BGE})
        seen["failing up"] = said(stack.pulumi(*up).refused())
        seen["failing events"] = events.read_bytes()
        emulator.no_faults()
        stack.environment["HF_ACCESS_KEY"] = TOKEN[::-1]
        seen["rotation"] = said(stack.preview().check())
        stack.environment["HF_ACCESS_KEY"] = TOKEN
        seen["refresh"] = said(stack.refresh().check())
        shown = ("stack", "output", "--json", "--show-secrets", "--stack", "test")
        seen["outputs, decrypted"] = said(stack.pulumi(*shown).check())
        seen["export"] = said(stack.pulumi("stack", "export", "--stack", "test").check())
        seen["call log"] = json.dumps(emulator.calls()).encode()
        told = [
            f"{call['method']} {call.get('operation') or call['path']}" for call in emulator.calls()
        ]
        assert told.index("POST /v1/secrets") < min(
            n for n, it in enumerate(told) if " create_model" in it
        )
        seen["destroy"] = said(stack.destroy().check())
        assert (emulator.models(), emulator.secrets()) == ({}, [])
    for path in stack.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            seen[f"file {path.relative_to(stack.folder)}"] = path.read_bytes()

    for call in json.loads(
        seen["call log"]
    ):  # what the log struck out is the secret's own value alone
        struck = [place for place in call["redacted"] if "secret_to_path_mapping" not in place]
        assert struck == (
            ["body.value"] if call["path"] == "/v1/secrets" and call["body"] else []
        ), call
    assert any(name.startswith("argv") for name in seen), "the watch saw no process"
    assert any("truss" in name and name.startswith("tmp") for name in seen), "the watch saw no push"
    assert any("stacks" in name for name in seen), "no state was searched"
    for process in ("baseten_tei.push.server", "baseten_emulator"):
        assert any(name.startswith(f"environ {process}") for name in seen), f"no {process} was seen"
    nowhere(seen, TOKEN, TOKEN[::-1], API_KEY, OTHER)


PLANTED = ("s3cret-canary-CANARY", TOKEN)
"""What Pulumi encrypts inside the models, and hands to the program in clear."""
PLACES = (
    'baseten-tei:models.gemma.env.FOO', 'baseten-tei:models.gemma.extra_flags[0]',
    'baseten-tei:models.gemma.labels["a.b"]', "baseten-tei:models.gemma.environments.staging.deployment",
)  # fmt: skip


def test_a_secret_that_pulumi_encrypted_inside_the_models_is_written_nowhere(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    stack.environment |= {"HF_ACCESS_KEY": TOKEN, "TMPDIR": str(temporary)}
    stack.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    events = tmp_path / "events.json"
    seen: dict[str, bytes] = {}
    with watching(str(tmp_path), temporary, seen):
        stack.configure({"gemma": GATED})
        for number, place in enumerate(PLACES):
            encrypted(stack, place, PLANTED[number % len(PLANTED)])
        for name in ("preview", "up"):
            ran = ("up", "--yes", "--skip-preview") if name == "up" else ("preview", "--diff")
            run = stack.pulumi(*ran, "--stack", "test", "--event-log", str(events)).refused()
            assert "model 'gemma': TEI-SEC-004 env.FOO is an encrypted value" in run.text
            assert "model 'gemma': TEI-SEC-004 labels.a.b is an encrypted value" in run.text
            seen[name], seen[f"{name} events"] = said(run), events.read_bytes()
        ran = status(stack)
        assert (
            "model 'gemma': TEI-SEC-004 extra_flags[0] is an encrypted value" in ran.refused().text
        )
        seen["status"] = said(ran)
        seen["export"] = said(stack.pulumi("stack", "export", "--stack", "test").check())
    for path in stack.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            seen[f"file {path.relative_to(stack.folder)}"] = path.read_bytes()
    assert any("stacks" in name for name in seen), "no state was searched"
    assert not (stack.folder / "truss_configs").exists()
    assert emulator.calls() == []
    nowhere(seen, *PLANTED)


FOREIGN = {
    "AWS_SECRET_ACCESS_KEY": OTHER, "GITHUB_TOKEN": OTHER, "PULUMI_ACCESS_TOKEN": OTHER,
    "FTP_PROXY": f"http://user:{OTHER}@127.0.0.1:1",
}  # fmt: skip


def nowhere(seen: dict[str, bytes], *secrets: str) -> None:
    """As it is, as JSON and the shell would write it, and in base64."""
    for secret in secrets:
        encoded = base64.b64encode(secret.encode()).rstrip(b"=")[:-1]
        for form in (secret.encode(), json.dumps(secret)[1:-1].encode(), encoded):
            assert [name for name, found in seen.items() if form in found] == []


def encrypted(stack: Stack, place: str, secret: str) -> None:
    """`pulumi config set --secret --path`, the value on stdin: never an argument."""
    command = ["pulumi", "config", "set", "--secret", "--path", place, "--stack", stack.name]
    subprocess.run(command, cwd=stack.folder, env=stack.env(), input=secret, text=True, check=True)


@contextmanager
def embedded_emulator(stack: Stack) -> Iterator[None]:
    """The project's own emulator, started as a stack starts it, in the same environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    start = f"ensure_running({address!r}, Path.cwd())"
    program = f"from pathlib import Path; from baseten_tei.baseten.emulator import ensure_running; {start}"
    subprocess.run([sys.executable, "-c", program], cwd=stack.folder, env=stack.env(), check=True)
    try:
        yield
    finally:
        requests.post(f"{address}/_emulator/shutdown", json={}, timeout=30)


def said(run) -> bytes:  # type: ignore[no-untyped-def]  # a Run of the harness
    return run.text.encode()


@contextmanager
def watching(mark: str, temporary: Path, seen: dict[str, bytes]) -> Iterator[None]:
    """Keep the arguments of every process of this stack, every temporary file it makes, and what lives on with what."""
    done = threading.Event()
    before = processes()

    def look() -> None:
        while not done.wait(0.05):  # each look reads what every process was started with
            for process in processes() - before:
                keep(seen, f"argv {process.name}", process / "cmdline", process / "environ", mark)
                for name in LONG_LIVED:
                    if name in running(process):
                        keep(
                            seen, f"environ {name}", process / "environ", process / "environ", mark
                        )
            for folder, _, names in os.walk(temporary):  # it goes on where a folder has vanished
                for name in names:
                    path = Path(folder, name)
                    keep(seen, f"tmp {path.relative_to(temporary)}", path)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def processes() -> set[Path]:
    return set(Path("/proc").glob("[0-9]*"))


LONG_LIVED = ("baseten_tei.push.server", "baseten_emulator")


def running(process: Path) -> str:
    """Its arguments; empty where it has ended."""
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def keep(
    seen: dict[str, bytes], name: str, path: Path, owner: Path | None = None, mark: str = ""
) -> None:
    try:
        if owner and mark.encode() not in owner.read_bytes():
            return
        if path.is_file():
            found = path.read_bytes()
            seen[f"{name} {hash(found)}"] = found
    except OSError:
        return  # it ended, or was removed, while we looked
