"""What has to be true when all is well, and what an error has to be like."""

import re

from tests.support.harness import Checked
from tests.support.worlds import MODEL, World

ENGINES_OWN = frozenset({"update failed", "refresh failed", "destroy failed"})
"""What the engine adds under every error of a resource's."""


def assert_whole(world: World) -> None:
    """One model, one living deployment of the wanted digest, which serves, and nothing under way."""
    assert list(world.emulator.models()) == [MODEL]
    wanted, environment = world.wanted(), world.environment()
    assert world.serving() == wanted
    assert environment["candidate_deployment"] is None
    assert environment["in_progress_promotion"] is None
    assert world.alive(wanted) == [environment["current_deployment"]["id"]]


def assert_one_clear_error(told: Checked, text: str) -> None:
    """It failed; the text stands in one error, and nothing of how our code works is shown."""
    told.refused()
    assert "Traceback" not in told.text
    errors = set(re.findall(r"error: (.*)", told.text)) - ENGINES_OWN
    assert len(errors) == 1, told.text
    assert text in told.text, told.text
