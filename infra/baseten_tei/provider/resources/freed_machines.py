"""GPUs that became free after a release gave up: with what a refresh finds ready, the next `up` goes on."""

from collections.abc import Callable

from baseten_tei.baseten.statuses import READY
from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.resources.refresh_calls import Reads


def forget_lacks(api: Reads, state: Values, warn: Callable[[str], None]) -> Values:
    """Return the state without the records of releases whose deployment got its machine in the meantime."""
    waiting = {
        it["deployment_id"]: it for it in state.get("no_capacity") or () if it.get("deployment_id")
    }
    model_id = api.find_model(state["model"], state.get("team")) if waiting else None
    if model_id is None:
        return state
    freed = [it for it in api.versions(model_id) if it.id in waiting and it.status in READY]
    for version in freed:
        warn(
            f"model {state['model']!r}: deployment {version.id} got its {waiting[version.id]['accelerator']} after all "
            f"and is {version.status}, so the next `pulumi up` goes on with it"
        )
    ids = {it.id for it in freed}
    kept = [it for it in state["no_capacity"] if it.get("deployment_id") not in ids]
    return {**state, "no_capacity": kept} if freed else state
