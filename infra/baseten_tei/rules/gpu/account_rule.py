"""What only the account knows: asked once for all models, by `check --account`."""

from collections.abc import Collection, Sequence

from baseten_tei.deployment import instances
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.rules.gpu.subject_hardware import accelerator_of
from baseten_tei.rules.rule import Finding, Reported, Rule

LACKING = Rule(
    "TEI-ACCOUNT-001",
    "error",
    "The organization has instances with this GPU (`baseten-tei check --account`)",
    "Baseten management API: GET /v1/instance_types; otherwise reported only by the push",
    lambda _: None,
)


def find_missing_gpus(subjects: Sequence[Subject], available: Sequence[str]) -> list[Reported]:
    """Return models with a GPU, or one in their list, that none of the account's instance types has."""
    return [
        Reported(subject.name, LACKING, finding)
        for subject in subjects
        for turn in subject.turns
        if (accelerator := accelerator_of(turn)) and accelerator != CPU
        if (finding := organization_lacks_gpu(accelerator, available))
    ]


def organization_lacks_gpu(accelerator: str, available_skus: Collection[str]) -> Finding | None:
    """Return whether none of the account's instance types (`GET /v1/instance_types`) has this GPU.

    Baseten tells it at the push: "The GPU type 'A10G' is not supported for your organization".
    """
    found = {it.accelerator for name in available_skus if (it := instances.parse_instance(name))}
    if not found or accelerator in found:
        return None
    return Finding(
        f"none of this organization's instance types has accelerator {accelerator}",
        f"write accelerator: {' or '.join(sorted(found))}; or ask Baseten's support for {accelerator}",
    )
