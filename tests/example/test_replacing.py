"""The embedding model is replaced as docs/spaces.md says, with the real engine, while all its users search."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.sections.spaces import judge, replace_model, require_good
from benchmarks.worlds.replaced import NAME, NEXT, Replacement

from baseten_tei_client import SpaceMismatchError, connect
from tests.support.harness import API_KEY, Stack, running_emulator, status

pytestmark = pytest.mark.e2e
NOTES, SEARCHES_A_SECOND, KILLS = 500, 20, 1


@pytest.fixture
def replaced(_environments: None, tmp_path: Path) -> Iterator[Replacement]:
    """What is left after it; `python -m benchmarks spaces` does the same with many more notes and searches."""
    with running_emulator() as emulator:
        world = Replacement(Stack(tmp_path / "project", emulator.url), emulator, NOTES)
        replace_model(world, SEARCHES_A_SECOND, KILLS)
        yield world


def test_no_search_fails_or_is_of_another_space_while_the_model_is_replaced_and_goes_back(
    replaced: Replacement,
) -> None:
    require_good(
        replaced
    )  # each step had searches, all were right, and no move changed anything on Baseten
    assert sum(it.searches for it in judge(replaced)) > 0
    filled = [
        next((it["documents"] for it in about["spaces"] if it["role"] == "next"), None)
        for about in replaced.service.shown
    ]
    assert any(it is not None and 0 < it < NOTES for it in filled), "the page shows the index fill"
    roles = [[it["role"] for it in about["spaces"]] for about in replaced.service.shown]
    assert roles[0] == roles[-1] == []
    assert ["current", "next"] in roles
    assert ["current", "previous"] in roles

    assert status(replaced.stack).code == 0
    assert f"{NAME}-2" in replaced.emulator.models()
    assert NAME not in replaced.emulator.models()
    told = replaced.outputs()
    assert told["models"][NAME]["space"]["model_id"] == NEXT["model_id"]
    with pytest.raises(SpaceMismatchError, match="a different embedding space"):
        connect(NAME, outputs=told, api_key=API_KEY, expect_space=replaced.old_space)
