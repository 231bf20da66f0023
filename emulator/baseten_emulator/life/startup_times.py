"""How long the phases of a model's startups last, where a test has said so."""

from baseten_emulator.world.records import StartupTimes
from baseten_emulator.world.world import World


def find_seconds(world: World, model_name: str) -> dict[str, float]:
    """Return the seconds of each phase that was set for a model, else for all; what begins now has them."""
    found = world.store.get(StartupTimes, model_name) or world.store.get(StartupTimes, "*")
    return dict(found.seconds) if found else {}
