"""All policies, and the check of a stack by all of them."""

from collections.abc import Mapping, Sequence

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.money.costs import Monthly
from baseten_tei.review.policies import budget_policies, model_policies
from baseten_tei.review.policies.policy import ModelPolicy, PlannedModel, StackPolicy, Violation
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.policies.sections import ModelSection, Section
from baseten_tei.rules.rule import Finding

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
    models = [PlannedModel(stack, it, costs[it.name], real_account) for it in subjects]
    of_models = {it.name: costs[it.name] for it in subjects}
    found: list[Violation | None] = []
    for policy in POLICIES:
        section = config.section(policy.id)
        if isinstance(policy, StackPolicy):
            found.append(check_stack(policy, stack, of_models, section) if real_account else None)
        else:
            found += [check_model(policy, it, section) for it in models]
    return sorted((it for it in found if it), key=lambda it: it.level != "mandatory")


def check_model(policy: ModelPolicy, it: PlannedModel, section: Section) -> Violation | None:
    """Return a model's violation of a policy; `None` if there is none, or the policy does not hold there."""
    if policy.of_real_accounts and not it.real_account:
        return None
    if isinstance(section, ModelSection) and it.place in section.reasons:
        return None
    return _violation(policy.id, section, it.subject.name, policy.check(it, section))


def check_stack(
    policy: StackPolicy, stack: str, costs: Mapping[str, Monthly], section: Section
) -> Violation | None:
    """Return the violation of a policy by a stack on a real account, or `None`."""
    return _violation(policy.id, section, None, policy.check(stack, costs, section))


def _violation(
    policy: str, section: Section, model: str | None, finding: Finding | None
) -> Violation | None:
    if finding is None or section.enforcementLevel == "disabled":
        return None
    return Violation(policy, section.enforcementLevel, model, finding.message, finding.fix)
