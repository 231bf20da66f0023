"""The components as a program in another language has them: one plugin constructs them, and is the provider within."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from baseten_tei.outputs.parsing import parse_outputs
from baseten_tei.program.plugin.component_schema import component_schema
from tests.support.harness import ROOT, Emulator, Stack

pytestmark = pytest.mark.e2e

REMOTE = """
import pulumi


class Embedding(pulumi.ComponentResource):
    outputs: pulumi.Output[dict]

    def __init__(self, name, props, opts=None):
        super().__init__("baseten-tei:index:Embedding", name, {"outputs": None, **props}, opts, remote=True)


in_turn = {"accelerators": ["L4", "A10G"], "on_no_capacity": "next"}
search = Embedding("search", {"model_id": "BAAI/bge-small-en-v1.5", "max_batch_tokens": 8192.0, **in_turn})
pulumi.export("schema_version", 1)
pulumi.export("models", {"search": search.outputs})
"""
"""What an SDK of any language does: it knows nothing of what is in a component."""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The plugin's executable, and not that of the resources, in a folder of its own."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    executable = folder / "pulumi-resource-baseten-tei"
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} -m baseten_tei.program.plugin "$@"\n')
    executable.chmod(0o755)
    return folder


def write_project(stack: Stack, plugin: Path, **project: object) -> None:
    """A project that names this one plugin; that of the resources is not to be found."""
    (stack.folder / "Pulumi.yaml").unlink()
    plugins = {"providers": [{"name": "baseten-tei", "path": str(plugin)}]}
    (stack.folder / "Pulumi.yaml").write_text(
        yaml.safe_dump({**project, "name": "baseten-tei", "plugins": plugins})
    )


def test_one_plugin_brings_up_a_model_whose_outputs_are_those_of_python_and_takes_it_away(
    stack: Stack, emulator: Emulator, plugin: Path
) -> None:
    folder = stack.folder / "program"
    folder.mkdir()
    (folder / "__main__.py").write_text(REMOTE)
    runtime = {"name": "python", "options": {"virtualenv": str(ROOT / ".venv")}}
    write_project(stack, plugin, runtime=runtime, main="program/")

    stack.up().check()

    (deployment,) = emulator.deployments("search")
    search = parse_outputs(json.dumps(stack.outputs())).models["search"]
    assert search.deployment_id == deployment["id"]
    assert search.limits.max_batch_tokens == 8192
    assert (stack.folder / "truss_configs" / stack.name / "search" / "config.yaml").is_file()
    assert not (folder / "truss_configs").exists()
    state = stack.pulumi("stack", "export", "--stack", stack.name).check().stdout
    assert "pulumi:providers:baseten::" not in state
    stack.pulumi("preview", "--expect-no-changes", "--stack", stack.name).check()
    stack.pulumi("destroy", "--yes", "--stack", stack.name).check()
    assert emulator.models() == {}


def test_the_engine_reads_the_components_schema_and_finds_nothing_wrong_with_it(
    stack: Stack, plugin: Path, tmp_path: Path
) -> None:
    executable = str(plugin / "pulumi-resource-baseten-tei")
    told = stack.pulumi("package", "get-schema", executable).check().stdout
    read, ours = json.loads(told), component_schema()
    assert read["resources"].keys() == ours["resources"].keys()
    (tmp_path / "schema.json").write_text(told)
    checked = stack.pulumi("schema", "check", str(tmp_path / "schema.json")).check()
    assert "warning" not in checked.text.lower()


@pytest.mark.skipif(
    shutil.which("pulumi-language-yaml") is None,
    reason="pulumi-language-yaml comes with the official bundle only, and is not on PATH",
)
def test_the_example_in_yaml_comes_up(stack: Stack, emulator: Emulator, plugin: Path) -> None:
    write_project(stack, plugin, **yaml.safe_load((ROOT / "examples/yaml/Pulumi.yaml").read_text()))
    stack.up().check()
    assert len(emulator.deployments("search")) == 1
