"""No secret in clear, anywhere: known bytes are searched for in everything an operation leaves or shows."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.harness import API_KEY, BGE, GATED, Emulator, Stack

pytestmark = pytest.mark.e2e

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
    stack.environment |= {"HF_ACCESS_KEY": TOKEN, "TMPDIR": str(temporary)}
    stack.environment["PULUMI_DEBUG_COMMANDS"] = "true"  # the event log is one of them
    seen: dict[str, bytes] = {}
    with watching(str(stack.folder), temporary, seen):
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
        seen["destroy"] = said(stack.destroy().check())
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
    for secret in (TOKEN, TOKEN[::-1], API_KEY):
        assert [name for name, found in seen.items() if secret.encode() in found] == []


def said(run) -> bytes:  # type: ignore[no-untyped-def]  # a Run of the harness
    return run.text.encode()


@contextmanager
def watching(mark: str, temporary: Path, seen: dict[str, bytes]) -> Iterator[None]:
    """Keep the arguments of every process of this stack, and every temporary file it makes."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                keep(seen, f"argv {process.name}", process / "cmdline", process / "environ", mark)
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
