"""Which fault of state befalls a deployment: one of its model, and where it says so only of those made since."""

from __future__ import annotations

from baseten_emulator.faults import faults
from baseten_emulator.world.records import Deployment, Fault
from baseten_emulator.world.world import World


def befalling(world: World, model_name: str, deployment: Deployment, kind: str) -> Fault | None:
    """The fault of this kind that befalls a deployment of this model, None when there is none."""
    fault = faults.live(world, model_name, kind)
    spared = fault is not None and deployment.created_at < fault.options.get("since", 0.0)
    return None if spared else fault
