"""Inputs that come from outputs of other resources: counts, which an update knows only once it has looked."""

from typing import Any

from baseten_tei.job import PREFIX
from baseten_tei.standing.state import State
from baseten_tei.standing.urns import MODEL

Resources = dict[str, dict[str, Any]]
"""URN → inputs, as the state would hold them; a component comes before what it holds."""

GENERATION = f"{PREFIX}GENERATION"
INTERPRETER = "interpreter"
"""It depends on where the project keeps its Python: whatever a state has is right (`push_python`)."""
SECRET_GENERATION = "secret_generation"  # noqa: S105  # an input's name


def filled(wanted: Resources, state: State, secret_generation: str) -> Resources:
    """With the generations that the update would find: a lost version makes its model's grow."""
    pushed = {state.resources[urn].get("parent"): _next(state, urn) for urn in state.of_kind(MODEL)}
    component = ""
    for urn, inputs in wanted.items():
        if "$" not in urn:
            component = urn
        if GENERATION in inputs.get("environment", ()):
            inputs["environment"][GENERATION] = pushed.get(component, "1")
        if INTERPRETER in inputs and urn in state.resources:
            inputs[INTERPRETER] = state.inputs(urn).get(INTERPRETER)
        if SECRET_GENERATION in inputs:
            inputs[SECRET_GENERATION] = secret_generation
    return wanted


def _next(state: State, urn: str) -> str:
    outputs = state.outputs(urn)
    return str((int(outputs.get("generation") or 0) or 1) + bool(outputs.get("drift")))
