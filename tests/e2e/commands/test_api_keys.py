"""A consumer's key on the real engine: what it opens, how it is rotated, and that it is nowhere in clear."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from tests.e2e.test_canary import nowhere, said, watching
from tests.e2e.test_own_program import write_program
from tests.support.control_client import CONFIG
from tests.support.harness import Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

PROGRAM = """
from baseten_tei import ApiKey, export_models
bge = embedding("bge")
export_models({"bge": bge})
key = ApiKey("consumer", {"models": [bge], "rotate_when": "ROTATED", "keep_previous_hours": HOURS})
pulumi.export("consumer_key", key.value)
"""


def write(stack: Stack, rotated: str = "1", hours: int = 24) -> None:
    text = PROGRAM.replace("ROTATED", rotated).replace("HOURS", str(hours))
    if (stack.folder / "program").exists():
        (stack.folder / "program" / "__main__.py").unlink()
        (stack.folder / "Pulumi.yaml").unlink()
        (stack.folder / "Pulumi.yaml").touch()
    write_program(stack, text)


def other_model(emulator: Emulator) -> str:
    """A model of somebody else's."""
    source = {"kind": "model_archive", "name": "other", "deployment": {"config": CONFIG}}
    return str(emulator.rest("/v1/models", "POST", {"source": source})["model"]["id"])


def ask(emulator: Emulator, key: str, path: str) -> int:
    body = {"input": "hello"} if "/hosts/" in path else None
    headers = {"Authorization": f"Bearer {key}"}
    method = "POST" if body else "GET"
    url = f"{emulator.url}{path}"
    return requests.request(method, url, json=body, headers=headers, timeout=30).status_code


def command(stack: Stack, *arguments: str) -> Checked:
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei", "outputs", "--stack", stack.name, *arguments],
        cwd=stack.folder, env=stack.env(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def test_a_consumers_key_calls_its_model_alone_is_rotated_and_is_nowhere_in_clear(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    stack.environment |= {"TMPDIR": str(temporary), "PULUMI_DEBUG_COMMANDS": "true"}
    events = tmp_path / "events.json"
    up = ("up", "--yes", "--skip-preview", "--stack", "test", "--event-log", str(events))
    secret = tmp_path / "consumer.yaml"
    other = f"/hosts/model-{other_model(emulator)}/production/predict"
    seen: dict[str, bytes] = {}

    def current() -> str:
        """The key as its consumer gets it: this answer is not searched."""
        command(
            stack, "--format", "kubernetes", "--key", "consumer_key", "--output", str(secret)
        ).check()
        manifests = list(yaml.safe_load_all(secret.read_text()))
        return str(manifests[1]["stringData"]["BASETEN_API_KEY"])

    with watching(str(tmp_path), temporary, seen):
        write(stack)
        seen["preview"] = said(stack.preview("--diff").check())
        seen["up"] = said(stack.pulumi(*up).check())
        seen["events"] = events.read_bytes()
        ours = f"/hosts/model-{emulator.models()['bge']}/production/predict"
        first = current()
        asked = [ask(emulator, first, path) for path in (ours, other, "/v1/models", "/v1/api_keys")]
        assert asked == [200, 403, 403, 403]
        assert secret.stat().st_mode & 0o777 == 0o600
        seen["told"] = said(command(stack, "--key", "consumer_key").refused())
        assert "json has no place for a secret" in seen["told"].decode()

        write(stack, rotated="2")
        seen["rotation, previewed"] = said(stack.preview("--diff").check())
        seen["rotation"] = said(stack.pulumi(*up).check())
        seen["rotation's events"] = events.read_bytes()
        second = current()
        assert [ask(emulator, key, ours) for key in (first, second)] == [200, 200]

        write(stack, rotated="2", hours=0)  # its time is over
        stack.pulumi(*up).check()
        assert [ask(emulator, key, ours) for key in (first, second)] == [401, 200]

        emulator.rest(f"/v1/api_keys/{second.partition('.')[0]}", "DELETE")
        seen["refresh"] = said(stack.refresh().check())
        assert "was deleted on Baseten: `pulumi up` makes a new key" in seen["refresh"].decode()
        stack.pulumi(*up).check()
        third = current()
        assert ask(emulator, third, ours) == 200

        seen["outputs"] = json.dumps(dict(stack.outputs())).encode()
        seen["export"] = said(stack.pulumi("stack", "export", "--stack", "test").check())
        seen["call log"] = json.dumps(emulator.calls()).encode()
        seen["destroy"] = said(stack.destroy().check())
    assert [it["prefix"] for it in emulator.rest("/v1/api_keys")["keys"]] == ["emulator"]
    for path in stack.folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            seen[f"file {path.relative_to(stack.folder)}"] = path.read_bytes()
    assert any("stacks" in name for name in seen), "no state was searched"
    assert any(name.startswith("argv") for name in seen), "the watch saw no process"
    for key in (first, second, third):
        nowhere(seen, key, key.partition(".")[2])
