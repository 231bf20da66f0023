"""Two stacks of one project, and a third program that reads the models of both by reference to them."""

from pathlib import Path

import pytest

from tests.support.harness import BGE, EMOTIONS, Emulator, Stack, read_by_reference

pytestmark = pytest.mark.e2e


@pytest.fixture
def stacks(tmp_path: Path, emulator: Emulator) -> dict[str, Stack]:
    """`search` and `moderation`: one folder, one backend."""
    folder = tmp_path / "project"
    found = {name: Stack(folder, emulator.url, name) for name in ("search", "moderation")}
    found["moderation"].pulumi("stack", "init", "moderation").check()
    return found


def test_a_third_stack_reads_the_models_of_two_and_a_change_of_one_leaves_the_other_alone(
    stacks: dict[str, Stack], emulator: Emulator
) -> None:
    stacks["search"].configure({"bge": BGE})
    stacks["moderation"].configure({"emotions": EMOTIONS})
    for stack in stacks.values():
        stack.up().check()
    ids = emulator.models()
    assert sorted(ids) == ["bge", "emotions"]
    assert {
        name: it["baseten_id"] for name, it in read_by_reference(stacks["search"], stacks).items()
    } == ids
    emulator.forget_calls()
    stacks["search"].configure({"bge": {**BGE, "autoscaling": {"max_replica": 2}}})
    stacks["search"].up().check()
    paths = [call["path"] for call in emulator.calls()]
    assert [path for path in paths if ids["bge"] in path]
    assert not [path for path in paths if ids["emotions"] in path]


@pytest.mark.serving
def test_a_model_moves_from_one_stack_to_the_other_while_it_serves_and_nothing_is_pushed(
    stack: Stack, emulator: Emulator
) -> None:
    moderation = Stack(stack.folder, emulator.url, "moderation")
    moderation.pulumi("stack", "init", "moderation").check()
    stack.configure({"bge": {**BGE, "on_removal": "retain"}})
    stack.up().check()
    before = emulator.deployments("bge")
    stack.configure({})
    stack.up().check()
    moderation.configure({"bge": {**BGE, "adopt": True}})
    moderation.up().check()
    assert moderation.outputs()["models"]["bge"]["deployment_id"] == before[0]["id"]
    assert [it["id"] for it in emulator.deployments("bge")] == [it["id"] for it in before]
    assert emulator.pushes() == 0
    # Its labels are the old stack's until the next push, and it was taken over with them.
    moderation.destroy().check()
    assert emulator.models() == {}
