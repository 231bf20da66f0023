"""What is set for a running router: how long its answers take, and faults that change its numbers.

    {"model": "bge", "fault": "wrong_pooling", "value": "mean", "deployments": "new"}

`value` is the wrong pooling, precision, prompt or revision (absent: one that differs from the right one).
`deployments` "new" leaves alone what was created before the fault was set: the version that serves stays well.
"""

from typing import Any

from baseten_emulator.world.records import Deployment, Fault, Model, PaceSet
from baseten_emulator.world.world import RunningRouter, World

KINDS = frozenset({"wrong_pooling", "wrong_dtype", "wrong_prompt", "wrong_revision", "batch_noise"})


def keep_pace(world: World, model: Model, deployment: Deployment, router: Any) -> None:
    """Let a running router take the time that was set for its model; a test's own data plane takes none."""
    if not hasattr(router, "keep_pace"):
        return
    # Imported with the first model, as the data plane is.
    from baseten_emulator.tei.pace.service_time import ServiceTime

    with world.store.transaction():
        pace = world.store.get(PaceSet, model.name) or world.store.get(PaceSet, "*")
    repo_id = router.settings.facts.repo_id
    service = ServiceTime.draw(pace.seed, repo_id, pace.numbers) if pace else None
    runtime = deployment.archive_config.get("runtime") or {}
    router.keep_pace(service, int(runtime.get("predict_concurrency", 1)))


def apply_wrong_answers(
    world: World, model: Model, deployment: Deployment, router: RunningRouter
) -> Any:
    """Return a deployment's router with its faults applied; a test's own data plane has none of them."""
    with world.store.transaction():
        live_faults = [
            fault for fault in world.store.all(Fault) if _concerns(fault, model, deployment)
        ]
    if not live_faults or not hasattr(router, "copy_with_faults"):
        return router
    return router.copy_with_faults(
        {fault.kind: fault.options.get("value") for fault in live_faults}
    )


def _concerns(fault: Fault, model: Model, deployment: Deployment) -> bool:
    is_new = deployment.created_at >= fault.options.get("since", 0)
    return fault.kind in KINDS and fault.owner in ("*", model.name) and is_new
