"""What a component tells of each environment, and of its model: each value by itself.

So URLs stay known in a preview while a new version's id is not.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi

from baseten_tei.baseten.endpoints import deployment_url, endpoint_templates
from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.plan import ModelPlan
from baseten_tei.deployment.schedules.sentences import describe_schedules
from baseten_tei.deployment.schedules.spec_schedules import read_schedules
from baseten_tei.outputs.serving import AutoscalingOutputs
from baseten_tei.program.context import context
from baseten_tei.program.outputs.pinned_outputs import describe, describe_pinned
from baseten_tei.program.resources import Environment

Outputs = dict[str, Any]

_DEVELOPMENT = "development_predict_url"
_ONCE = ("model_id", "task", _DEVELOPMENT, "environments", "spaces")
"""What a model's outputs have once, and not again for each that is beside it under its name."""
_MEASURED = {
    "limits": ("max_input_length",),
    "space": ("dimensions", "max_input_length", "fingerprint"),
}
"""What only the router can say, of limits and of an embedding's space."""


def tell_model(
    plan: ModelPlan,
    environments: Mapping[str, Environment],
    subject: Subject,
    digest: pulumi.Output[str],
) -> Outputs:
    """Return a model's outputs as docs/outputs.md lists them: its own environment's, and all by name.

    `digest` is that of the version that is wanted.
    """
    by_spec = {**describe(subject), "config_digest": digest}
    told = {
        name: _tell_environment(plan, name, environment, subject, by_spec)
        for name, environment in environments.items()
    }
    own = plan.args.environment
    model_id = environments[own].model_id
    urls = endpoint_templates(context().target, own, plan.args.task)
    return {
        "baseten_id": model_id,
        "model_id": model_id,  # of an earlier version's readers
        **plan.known_outputs,
        **{key: it for key, it in told[own].items() if key != "autoscaling"},
        **_fill_urls(model_id, {_DEVELOPMENT: urls[_DEVELOPMENT]}),
        "environments": told,
    }


def tell_served(outputs: Outputs) -> Outputs:
    """Return what a model's outputs say of where it serves, as `spaces` has it of each under the name."""
    own = outputs["environments"][outputs["environment"]]
    served = {key: it for key, it in outputs.items() if key not in _ONCE}
    return {**served, "autoscaling": own["autoscaling"]}


def _tell_environment(
    plan: ModelPlan, name: str, environment: Environment, subject: Subject, by_spec: Outputs
) -> Outputs:
    """Return what is called in an environment: what the model's spec says, or the version that it is pinned to."""
    target, args = context().target, all_environments(plan.args)[name]
    schedules = read_schedules(args.autoscaling)
    urls = endpoint_templates(target, name, plan.args.task)
    del urls[_DEVELOPMENT]  # of the model, whatever serves where
    if args.deployment:
        by_spec = describe_pinned(subject, name, environment, context().lock)
    else:
        limits = {**by_spec["limits"], "max_replica": args.autoscaling.max_replica}
        by_spec = {**by_spec, "limits": limits}
    ids = pulumi.Output.all(environment.model_id, environment.deployment_id)
    version_url = ids.apply(lambda it: f"{deployment_url(target, *it)}/predict")
    return {
        "deployment_id": environment.deployment_id,
        "deployment_predict_url": version_url,
        **_fill_urls(environment.model_id, urls),
        **by_spec,
        **_measured(by_spec, environment),
        "autoscaling": {
            **dict.fromkeys(AutoscalingOutputs.model_fields),  # null is not managed
            **plan.environment_inputs[name]["autoscaling"],
            "schedules": schedules and describe_schedules(schedules),
        },
    }


def _fill_urls(model_id: pulumi.Output[str], templates: Mapping[str, str]) -> Outputs:
    return {key: model_id.apply(partial(_fill, it)) for key, it in templates.items()}


def _fill(template: str, model_id: str) -> str:
    return template.format(model_id=model_id)


def _measured(by_spec: Outputs, environment: Environment) -> Outputs:
    return {
        name: {**by_spec[name], **{key: getattr(environment, key) for key in keys}}
        for name, keys in _MEASURED.items()
        if name in by_spec
    }
