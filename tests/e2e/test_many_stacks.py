"""Two stacks of one project, and a third program that reads the models of both by reference to them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.harness import BGE, EMOTIONS, ROOT, Emulator, Stack

pytestmark = pytest.mark.e2e

READER = Path("examples") / "many-stacks"


@pytest.fixture
def stacks(tmp_path: Path, emulator: Emulator) -> dict[str, Stack]:
    """`search` and `moderation`: one folder, one backend."""
    folder = tmp_path / "project"
    found = {name: Stack(folder, emulator.url, name) for name in ("search", "moderation")}
    found["moderation"].pulumi("stack", "init", "moderation").check()
    return found


def read(stacks: dict[str, Stack]) -> dict[str, Any]:
    """The models that the program in examples/many-stacks exports, beside these stacks."""
    beside = stacks["search"]
    folder = shutil.copytree(ROOT / READER, beside.folder / READER)
    names = [f"organization/baseten-tei/{name}" for name in stacks]
    config = {"config": {"many-stacks:stacks": names}}
    (folder / "Pulumi.all.yaml").write_text(yaml.safe_dump(config))
    here = ("--cwd", str(folder))
    beside.pulumi("stack", "init", "all", *here).check()
    beside.pulumi("up", "--yes", "--skip-preview", "--stack", "all", *here).check()
    told = beside.pulumi("stack", "output", "models", "--json", "--stack", "all", *here).check()
    return dict(json.loads(told.stdout))


def test_a_third_stack_reads_the_models_of_two_and_a_change_of_one_leaves_the_other_alone(
    stacks: dict[str, Stack], emulator: Emulator
) -> None:
    stacks["search"].configure({"bge": BGE})
    stacks["moderation"].configure({"emotions": EMOTIONS})
    for stack in stacks.values():
        stack.up().check()
    ids = emulator.models()
    assert sorted(ids) == ["bge", "emotions"]
    assert {name: it["model_id"] for name, it in read(stacks).items()} == ids
    emulator.forget_calls()
    stacks["search"].configure({"bge": {**BGE, "autoscaling": {"max_replica": 2}}})
    stacks["search"].up().check()
    paths = [call["path"] for call in emulator.calls()]
    assert [path for path in paths if ids["bge"] in path]
    assert not [path for path in paths if ids["emotions"] in path]


def test_a_model_moves_from_one_stack_to_the_other_while_it_serves_and_nothing_is_pushed(
    stacks: dict[str, Stack], emulator: Emulator
) -> None:
    search, moderation = stacks["search"], stacks["moderation"]
    search.configure({"bge": {**BGE, "on_removal": "retain"}})
    search.up().check()
    before = emulator.deployments("bge")
    search.configure({})
    search.up().check()
    moderation.configure({"bge": {**BGE, "adopt": True}})
    moderation.up().check()
    assert moderation.outputs()["models"]["bge"]["deployment_id"] == before[0]["id"]
    assert [it["id"] for it in emulator.deployments("bge")] == [it["id"] for it in before]
    assert emulator.pushes() == 1
    # Its labels are the old stack's until the next push.
    assert "which another pushed" in moderation.destroy().refused().text
