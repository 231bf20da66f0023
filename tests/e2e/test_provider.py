"""The native provider as the real engine sees it: schema, checks, secrets, interrupts, a refused key."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from baseten_tei.provider.protocol.package_schema import package_schema
from tests.support.harness import BGE, ROOT, Checked, Emulator, Stack

pytestmark = pytest.mark.e2e

PLUGIN = ROOT / ".venv" / "bin" / "pulumi-resource-baseten"
SECRET = "baseten:index:Secret"
VALUE = "canary-value-5e8b"


def test_the_engine_reads_the_schema_and_finds_nothing_wrong_with_it(
    stack: Stack, tmp_path: Path
) -> None:
    told = stack.pulumi("package", "get-schema", str(PLUGIN)).check().stdout
    read, ours = json.loads(told), package_schema()
    for part in ("resources", "types"):
        assert set(read[part]) == set(ours[part])
    for token, resource in ours["resources"].items():
        assert read["resources"][token]["inputProperties"] == resource["inputProperties"]
    (tmp_path / "schema.json").write_text(told)
    stack.pulumi("schema", "check", str(tmp_path / "schema.json")).check()


# --- Without a Python program: `pulumi do` takes each property by the schema alone


def do(stack: Stack, *arguments: str, kind: str = SECRET, target: str | None = None) -> Checked:
    """An operation on one resource, outside of any project."""
    folder = stack.folder.parent / "nowhere"
    folder.mkdir(exist_ok=True)
    at = ("--stateless", "--package", str(PLUGIN), "--baseten:target", target or stack.target)
    return stack.pulumi("-C", str(folder), "do", *at, kind, *arguments)


def test_a_secret_is_made_and_read_by_the_schema_alone_and_stays_secret(
    stack: Stack, emulator: Emulator
) -> None:
    made = do(stack, "create", "--yes", "--name", "hf_access_key", "--value", VALUE).check()
    assert emulator.secrets() == ["hf_access_key"]
    assert VALUE not in made.text
    assert "hf_access_key" in do(stack, "read", "hf_access_key").check().text


def test_inputs_in_pulumis_own_language_are_checked_each_at_its_property(
    stack: Stack, emulator: Emulator
) -> None:
    written = stack.folder / "environment.pcl"
    written.write_text(
        'model = "bge"\nenvironment = "Prod"\ndigest = ""\nproject = "p"\nstack = "s"\n'
        'keep_deployments = 3\ndeploy_timeout_minutes = 30\nautoscaling = { max_replica = 0 }\n'
        'expected = { task = "embedding", model_id = "a/b", tei_version = "1.9.3", gpu = true }\n'
    )  # fmt: skip
    emulator.forget_calls()
    inputs = ("--input", "pcl", "--input-file", str(written))
    refused = do(stack, "create", "--yes", *inputs, kind="baseten:index:Environment").refused()
    for said in (
        "autoscaling.max_replica must be at least 1, not 0: write autoscaling.max_replica: 1",
        "environment 'Prod' must be lower-case letters",
    ):
        assert said in refused.text
    assert emulator.calls() == []


def test_a_target_that_is_none_is_refused_at_its_key(stack: Stack) -> None:
    refused = do(stack, "read", "x", target="http://example.com").refused()
    assert "neither Baseten nor an emulator on this machine" in refused.text
    assert "Traceback" not in refused.text


# --- Long waits and fatal refusals


def test_a_refused_key_is_told_by_each_model_and_costs_one_call(
    stack: Stack, emulator: Emulator
) -> None:
    stack.configure({name: {**BGE, "model_name": name} for name in ("one", "two", "three")})
    refused = stack.up(BASETEN_API_KEY="wrong-key").refused()
    for name in ("one", "two", "three"):
        assert f"baseten:index:Model ({name}-model)" in refused.text
    assert "Baseten refused the API key (401): check BASETEN_API_KEY" in refused.text
    assert [call["status"] for call in emulator.calls()] == [401]


# --- From a program in another language

YAML_PROGRAM = {
    "name": "in-yaml",
    "runtime": "yaml",
    "plugins": {"providers": [{"name": "baseten", "path": str(PLUGIN.parent)}]},
    "resources": {
        "token": {
            "type": SECRET,
            "properties": {"name": "hf_access_key", "value": VALUE},
        }
    },
    "outputs": {"generation": "${token.generation}"},
}


@pytest.mark.skipif(
    shutil.which("pulumi-language-yaml") is None,
    reason="pulumi-language-yaml comes with the official bundle only, and is not on PATH",
)
def test_a_program_in_yaml_uses_the_provider(stack: Stack, emulator: Emulator) -> None:
    (stack.folder / "Pulumi.yaml").unlink()
    (stack.folder / "Pulumi.yaml").write_text(yaml.safe_dump(YAML_PROGRAM))
    (stack.folder / "Pulumi.yml.yaml").write_text(
        yaml.safe_dump({"config": {"baseten:target": stack.target}})
    )
    stack.pulumi("stack", "init", "yml").check()
    stack.pulumi("up", "--yes", "--skip-preview", "--stack", "yml").check()
    assert emulator.secrets() == ["hf_access_key"]
    state = stack.pulumi("stack", "export", "--stack", "yml").check().stdout
    assert VALUE not in state
