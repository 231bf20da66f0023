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


def test_a_third_stack_reads_the_models_of_two_of_which_each_is_left_alone_until_a_model_moves(
    stacks: dict[str, Stack], emulator: Emulator
) -> None:
    """It moves while it serves, and nothing is pushed."""
    search, moderation = stacks.values()
    bge = {**BGE, "on_removal": "retain"}
    search.configure({"bge": bge})
    moderation.configure({"emotions": EMOTIONS})
    for stack in stacks.values():
        stack.up().check()
    ids = emulator.models()
    assert sorted(ids) == ["bge", "emotions"]
    assert {name: it["baseten_id"] for name, it in read_by_reference(search, stacks).items()} == ids
    before = [it["id"] for it in emulator.deployments("bge")]
    emulator.forget_calls()
    search.configure({"bge": {**bge, "autoscaling": {"max_replica": 2}}})
    search.up().check()
    paths = [call["path"] for call in emulator.calls()]
    assert [path for path in paths if ids["bge"] in path]
    assert not [path for path in paths if ids["emotions"] in path]

    search.configure({})
    search.up().check()
    moderation.configure({"emotions": EMOTIONS, "bge": {**BGE, "adopt": True}})
    moderation.up().check()
    assert moderation.outputs()["models"]["bge"]["deployment_id"] == before[0]
    assert [it["id"] for it in emulator.deployments("bge")] == before
    assert emulator.pushes() == 0
    # Its labels are the old stack's until the next push, and it was taken over with them.
    moderation.destroy().check()
    assert emulator.models() == {}
