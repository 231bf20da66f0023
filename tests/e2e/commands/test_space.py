"""A model is replaced by one beside it, under a client that calls it, with the real engine: no push, no other URL."""

from collections.abc import Mapping
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei_client import SpaceMismatchError, connect
from tests.support.harness import API_KEY, BGE, Emulator, Stack, status
from tests.support.worlds import MODEL, World, client_of

pytestmark = pytest.mark.e2e
FOLLOWING = {"default_prompt": "Represent this sentence: ", "autoscaling": {"max_replica": 2}}
"""The same weights behind a prompt are another space."""
READS = {"GET", "HEAD"}


def told(stack: Stack) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stack.outputs()["models"][MODEL]
    return found


def writes(emulator: Emulator) -> list[str]:
    """What was changed on Baseten since the calls were forgotten."""
    return [
        f"{it['method']} {it['path']}"
        for it in emulator.calls()
        if it["method"] not in READS and it["path"].startswith(("/v1/", "/graphql"))
    ]


def move(stack: Stack, where: str) -> None:
    words = ["space", where, MODEL, "--yes", "--root", str(stack.folder), "--stack", stack.name]
    assert main(words) == 0


def serves(stack: Stack, space: Mapping[str, Any]) -> tuple[str, str]:
    """Which model a client of an index gets, and what it is now; it answers."""
    with connect(MODEL, outputs=stack.outputs(), api_key=API_KEY, expect_space=space) as model:
        assert len(model.embed(["a note"]).vectors) == 1
        return repr(model), model.role


@pytest.mark.serving
def test_a_model_advances_and_goes_back_without_a_push_and_each_index_keeps_its_model(
    stack: Stack, emulator: Emulator, world: World
) -> None:
    before, pushes = told(stack), emulator.pushes()
    with client_of(world) as client:
        stack.configure({MODEL: {**BGE, "next": FOLLOWING}})
        stack.up().check()
        assert emulator.pushes() == pushes + 1
        both = told(stack)
        assert {key: both[key] for key in before} == before, "what serves is not touched"
        old, new = both["spaces"]["current"]["space"], both["spaces"]["next"]["space"]
        assert old["fingerprint"] != new["fingerprint"]
        gets_old, gets_new = serves(stack, old), serves(stack, new)
        assert [role for _, role in (gets_old, gets_new)] == ["current", "next"]
        assert gets_old[0] != gets_new[0]

        for where, roles in (
            ("advance", ("previous", "current")),
            ("back", ("current", "next")),
            ("advance", ("previous", "current")),
        ):
            move(stack, where)
            emulator.forget_calls()
            assert (
                "previous"
                in stack.pulumi("up", "--yes", "--diff", "--stack", stack.name).check().text
            )
            assert (writes(emulator), emulator.pushes()) == ([], 0)
            assert serves(stack, old) == (gets_old[0], roles[0])
            assert serves(stack, new) == (gets_new[0], roles[1])
        assert status(stack).code == 0
        assert told(stack)["space"] == new

    assert client.calls > 0
    assert client.failures == []

    stack.configure({MODEL: {**BGE, **FOLLOWING, "edition": 2}})  # without previous
    stack.up().check()
    assert list(emulator.models()) == [f"{MODEL}-2"]
    with pytest.raises(SpaceMismatchError, match="a different embedding space"):
        connect(MODEL, outputs=stack.outputs(), api_key=API_KEY, expect_space=old)
