"""The resources that a program registers for a model, as data: what `components` makes, with no engine there."""

import json
from collections.abc import Iterator
from typing import Any

from baseten_tei.deployment.ownership import Owner
from baseten_tei.deployment.plan import ModelPlan
from baseten_tei.deployment.push_job import write_job
from baseten_tei.operations.status.generations import SECRET_GENERATION, Resources
from baseten_tei.project.urns import Values, urn_of
from baseten_tei.spec.type_tokens import ENVIRONMENT, MODEL, PUSH, component_type


def model_resources(name: str, plan: ModelPlan, owner: Owner, command: Values) -> Resources:
    """Return a model's component and what it holds; `command` is what the inputs of every push have in common."""
    return {
        urn_of(owner.project, owner.stack, kinds, child): _as_stored(inputs)
        for kinds, child, inputs in _children(name, plan, command)
    }


def _children(name: str, plan: ModelPlan, command: Values) -> Iterator[tuple[str, str, Values]]:
    component = component_type(plan.args.task)
    yield component, name, plan.component_inputs
    yield f"{component}${MODEL}", f"{name}-model", plan.model_inputs
    if plan.pushed:
        told = {"stdin": plan.job.config, "environment": write_job(plan.job, "")}
        yield f"{component}${PUSH}", f"{name}-push", {**command, **told}
    restarting = plan.args.gated and plan.args.redeploy_on_rotation
    more = {SECRET_GENERATION: ""} if restarting else {}
    for environment, inputs in plan.environment_inputs.items():
        yield f"{component}${ENVIRONMENT}", f"{name}-{environment}", {**inputs, **more}


def _as_stored(inputs: Values) -> dict[str, Any]:
    """Return inputs as JSON, with lists for tuples; Pulumi leaves out an input that is null."""
    stored: dict[str, Any] = json.loads(json.dumps(dict(inputs)))
    return {key: value for key, value in stored.items() if value is not None}
