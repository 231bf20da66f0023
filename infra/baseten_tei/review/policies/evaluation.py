"""All policies, and the check of a stack by all of them."""

from collections.abc import Iterator, Mapping, Sequence

from baseten_tei.deployment.costs import Monthly
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.review.policies import budget_policies, model_policies
from baseten_tei.review.policies.policy import ModelPolicy, PlannedModel, StackPolicy, Violation
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.policies.sections import ModelSection, Section
from baseten_tei.rules.rule import Finding

__all__ = ["POLICIES", "Violation", "check_model", "check_stack", "find_violations"]

POLICIES: tuple[ModelPolicy | StackPolicy, ...] = (
    *budget_policies.POLICIES,
    *model_policies.POLICIES,
)


def find_violations(
    stack: str,
    subjects: Sequence[Subject],
    costs: Mapping[str, Monthly],
    real_account: bool,
    config: PolicyConfig,
) -> list[Violation]:
    """Return every violation in a stack, mandatory ones first; `costs` is by model, in US dollars a month."""
    found = list(_check_all(stack, subjects, costs, real_account, config))
    return sorted(found, key=lambda it: it.level != "mandatory")


def check_model(policy: ModelPolicy, it: PlannedModel, section: Section) -> Violation | None:
    """Return a model's violation of a policy; `None` if there is none, or the configuration excuses it."""
    if isinstance(section, ModelSection) and it.place in section.reasons:
        return None
    return _violation(policy.id, section, it.subject.name, policy.check(it, section))


def check_stack(
    policy: StackPolicy, stack: str, costs: Mapping[str, Monthly], section: Section
) -> Violation | None:
    """Return the stack's violation of a policy, or `None`."""
    return _violation(policy.id, section, None, policy.check(stack, costs, section))


def _check_all(
    stack: str,
    subjects: Sequence[Subject],
    costs: Mapping[str, Monthly],
    real_account: bool,
    config: PolicyConfig,
) -> Iterator[Violation]:
    candidates = [PlannedModel(stack, it, costs[it.name], real_account) for it in subjects]
    of_models = {it.name: costs[it.name] for it in subjects}
    for policy in POLICIES:
        section = config.section(policy.id)
        found = (
            [check_stack(policy, stack, of_models, section)]
            if isinstance(policy, StackPolicy)
            else [check_model(policy, it, section) for it in candidates]
        )
        yield from (it for it in found if it is not None)


def _violation(
    policy: str, section: Section, model: str | None, finding: Finding | None
) -> Violation | None:
    if finding is None or section.enforcementLevel == "disabled":
        return None
    return Violation(policy, section.enforcementLevel, model, finding.message, finding.fix)
