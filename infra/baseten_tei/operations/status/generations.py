"""Inputs that come from outputs of other resources: counts, which an update knows only once it has looked."""

from typing import Any

from baseten_tei.deployment.ownership import owner_after
from baseten_tei.deployment.push_job import (
    PREFIX,
    Stamp,
    read_job,
    stamp_environment,
    write_job,
)
from baseten_tei.deployment.renaming.wanted_push import as_pushed_after
from baseten_tei.operations.status.stored_resources import StoredResources
from baseten_tei.project.urns import Values, kind_of
from baseten_tei.spec.type_tokens import ENVIRONMENT, MODEL

Resources = dict[str, dict[str, Any]]
"""URN → inputs, as the state would hold them; a component comes before what it holds."""

GENERATION = f"{PREFIX}GENERATION"
INTERPRETER = "interpreter"
"""It depends on where the project keeps its Python: whatever a state has is right (`push_python`)."""
SECRET_GENERATION = "secret_generation"  # noqa: S105  # an input's name


def fill_generations(
    wanted: Resources, state: StoredResources, secret_generation: str
) -> Resources:
    """Return the resources with the generations that the update would find: a lost version increments its model's."""
    held = {state.resources[it].get("parent"): state.outputs(it) for it in state.of_kind(MODEL)}
    component, model, digest = "", {}, ""
    for urn, inputs in wanted.items():
        if "$" not in urn:
            component = urn
        known = held.get(component, {})
        if kind_of(urn) == MODEL:
            model, digest = inputs, inputs["digest"]
        if GENERATION in inputs.get("environment", ()):
            job = as_pushed_after(read_job(inputs["environment"], inputs["stdin"]), known, model)
            inputs["stdin"], digest = job.config, job.digest
            inputs["environment"] = _push_environment(write_job(job, ""), known, model)
        if kind_of(urn) == ENVIRONMENT and inputs["digest"]:
            inputs["digest"] = digest
        if INTERPRETER in inputs and urn in state.resources:
            inputs[INTERPRETER] = state.inputs(urn).get(INTERPRETER)
        if SECRET_GENERATION in inputs:
            inputs[SECRET_GENERATION] = secret_generation
    return wanted


def _push_environment(environment: Values, state: Values, inputs: Values) -> dict[str, str]:
    """Return the push's environment: its generation, and the owner that the model's update would record."""
    count = (int(state.get("generation") or 0) or 1) + bool(state.get("drift"))
    owner = owner_after(state, inputs)
    stamp = Stamp(
        owner.get("project"),
        owner.get("stack"),
        owner.get("stamp"),
        tuple(owner.get("known_as") or ()),
        adopted=bool(state.get("adopted")),
    )
    return stamp_environment({**environment, GENERATION: str(count)}, stamp)
