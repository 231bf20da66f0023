"""The policy pack, as a folder with a `PulumiPolicy.yaml` starts it (`policy/`, docs/policy.md).

Only what Pulumi has to see of each policy. The policies are `baseten_tei.review.policies`, which the report asks as
well: what either says of a model is the same line. It needs the extra `policy`.
"""

import os
from functools import cache
from typing import Any

import pulumi

try:
    from pulumi_policy import (
        EnforcementLevel,
        Policy,
        PolicyConfigSchema,
        PolicyPack,
        ReportViolation,
        ResourceValidationArgs,
        ResourceValidationPolicy,
        StackValidationArgs,
        StackValidationPolicy,
    )
except ModuleNotFoundError as error:
    raise SystemExit(
        "the policy pack needs pulumi-policy: run `pip install 'baseten-tei[policy]'` in its virtual environment"
    ) from error

from baseten_tei.baseten.target import Target, parse_target
from baseten_tei.deployment.money.costs import LISTED, NOTHING, monthly
from baseten_tei.facts.hub.lockfile import Lock, parse_lock
from baseten_tei.project import generated_files
from baseten_tei.project.engine_project import engine_workspace
from baseten_tei.project.stack import Workspace
from baseten_tei.review.policies.engine_inputs import COMPONENTS, project_of, stack_of, subject_of
from baseten_tei.review.policies.evaluation import POLICIES, check_model, check_stack
from baseten_tei.review.policies.policy import ModelPolicy, PlannedModel, StackPolicy
from baseten_tei.review.policies.policy_config import LEVEL, SECTIONS, parse_section, policy_title

HANDED_ON = "PULUMI_DRY_RUN"
"""Set for a policy pack that has the stack's configuration from the engine."""

SEEN: dict[str, PlannedModel] = {}
"""This run's models by URN: the engine shows a stack's policies only a component's outputs, not its spec."""


def candidate(args: ResourceValidationArgs) -> PlannedModel | None:
    """Return the model that a resource is; `None` if it is not a model."""
    if args.resource_type not in COMPONENTS:
        return None
    stack = stack_of(args.urn)
    lock, real_account = surroundings(project_of(args.urn), stack)
    subject = subject_of(args.resource_type, args.name, args.props, lock)
    cost = monthly(subject.args, LISTED) if real_account else NOTHING
    SEEN[args.urn] = PlannedModel(stack, subject, cost, real_account)
    return SEEN[args.urn]


@cache
def surroundings(project: str, stack: str) -> tuple[Lock, bool]:
    """Return a stack's locked facts, and whether it is on a real account. Raises `UserError` if there are none."""
    workspace = engine_workspace(project, stack)
    lock = parse_lock(generated_files.read_lock(workspace.root, stack))
    return lock, not _target(workspace).loopback


def _target(workspace: Workspace) -> Target:
    """Return the target from the engine's configuration, or from the stack's file if it passes none."""
    if HANDED_ON not in os.environ:
        return workspace.target
    port = os.environ.get("BASETEN_EMULATOR_PORT")
    return parse_target(pulumi.Config("baseten").get("target"), port)


def of_models(policy: ModelPolicy) -> ResourceValidationPolicy:
    """Return a policy as the engine asks it, of each resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        model = candidate(args)
        section = parse_section(policy.id, args.get_config())
        if model and (found := check_model(policy, model, section)):
            report(found.line, None)

    return ResourceValidationPolicy(**describe(policy.id), validate=validate)


def of_stack(policy: StackPolicy) -> StackValidationPolicy:
    """Return a policy as the engine asks it, once all resources are known."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        urns = [it.urn for it in args.resources if it.resource_type in COMPONENTS]
        costs = {SEEN[urn].subject.name: SEEN[urn].cost for urn in urns if urn in SEEN}
        section = parse_section(policy.id, args.get_config())
        if not urns or not is_real(urns[0]):
            return  # nothing is billed there
        if len(costs) < len(urns):
            report(f"the stack: {policy.id} {UNSEEN}", None)
        elif found := check_stack(policy, stack_of(urns[0]), costs, section):
            report(found.line, None)

    return StackValidationPolicy(**describe(policy.id), validate=validate)


def is_real(urn: str) -> bool:
    """Return whether a resource's stack is on a real account."""
    return surroundings(project_of(urn), stack_of(urn))[1]


UNSEEN = (
    "cannot be judged, since no policy saw every model: enable one of those that judge single models, e.g. "
    '"unknown-price": "advisory", and leave out --target'
)


def describe(policy: str) -> dict[str, Any]:
    """Return name, description, level and keys, as Pulumi shows and checks them."""
    section = SECTIONS[policy]
    properties = dict(section.model_json_schema()["properties"])
    return {
        "name": policy,
        "description": policy_title(policy),
        "enforcement_level": EnforcementLevel(properties.pop(LEVEL)["default"]),
        "config_schema": PolicyConfigSchema(properties),
    }


def policies() -> list[Policy]:
    """Return every policy of the pack."""
    return [of_stack(it) if isinstance(it, StackPolicy) else of_models(it) for it in POLICIES]


def main() -> None:
    """Serve the policies to the engine that started this."""
    PolicyPack("baseten-tei", policies())
