"""The inputs of what is deleted: the engine sends them (proto/pulumi/provider.proto), the SDK drops them (3.272.0).

They hold what the last `up` asked for, even where nothing changed: the id of the state, which the outputs of a
resource that an earlier release made get with their next change only.
"""

from contextvars import ContextVar
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from baseten_tei.provider.protocol.resource import Values
from baseten_tei.provider.protocol.values import plain

_STATE_ID: ContextVar[Values] = ContextVar("state_id_of_the_deleted", default={})  # noqa: B039  # never changed


def remember_old_inputs(request: Any) -> None:
    """Keep what a delete's request says of the old inputs, for this call of gRPC's."""
    inputs = plain(PropertyValue.unmarshal_map(request.old_inputs))
    _STATE_ID.set({key: it for key, it in inputs.items() if key == "state_id"})


def old_state_id() -> Values:
    """Return `state_id` as the last `up` gave it; empty where it gave none."""
    return _STATE_ID.get()
