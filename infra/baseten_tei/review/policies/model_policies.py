"""Policies on a single model: GPU, replicas, revision, image, protection, labels, licence."""

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.provider.release.deletion_guards import PRODUCTION
from baseten_tei.review.policies import sections
from baseten_tei.review.policies.image_references import (
    mutability_problem,
    repository_of,
)
from baseten_tei.review.policies.policy import ModelPolicy, PlannedModel
from baseten_tei.rules.rule import Finding
from baseten_tei.spec.args import Autoscaling
from baseten_tei.spec.names import is_commit


def _check_gpu(it: PlannedModel, section: sections.AllowedGpus) -> Finding | None:
    planned = it.subject.instance.accelerator
    every = (planned, *(it.subject.args.accelerators or ()))  # the next `up` may take any of a list
    refused = next((gpu for gpu in every if gpu not in section.gpus), None)
    if refused is None:
        return None
    return Finding(
        f"accelerator {refused} is not allowed",
        f"write accelerator: {', '.join(section.gpus) or '(none is allowed)'}",
    )


def _check_replicas(it: PlannedModel, _section: sections.ProductionReplicas) -> Finding | None:
    args = it.subject.args
    production = all_environments(args).get(PRODUCTION)
    asleep = _asleep(production.autoscaling) if production else None
    if asleep is None:
        return None
    path = "" if args.environment == PRODUCTION else f"environments.{PRODUCTION}."
    return Finding(
        f"{path}autoscaling.{asleep} is 0: after an idle time the next request in production waits for a cold start",
        f"write {path}autoscaling.{asleep}: 1, {_or_reason('production-replicas', it)}",
    )


def _asleep(autoscaling: Autoscaling) -> str | None:
    """Return which `min_replica` lets the environment sleep: its own, or that of a schedule; `None` if none does."""
    if autoscaling.min_replica == 0:
        return "min_replica"
    written = (autoscaling.schedules or {}).items()
    there = (name for name, it in written if it.enabled and it.min_replica == 0)
    return next((f"schedules.{name}.min_replica" for name in there), None)


def _check_revision(it: PlannedModel, _section: sections.PinnedRevision) -> Finding | None:
    args, facts = it.subject.args, it.subject.facts
    if is_commit(args.revision):
        return None
    kept = facts is not None and facts.pushed_unlocked
    return Finding(
        f"revision {args.revision!r} of {args.model_id} is neither a commit nor locked to one, and can move",
        "remove pushed_unlocked from its entry in locks/, or write the commit: either pushes it once"
        if kept
        else "run `baseten-tei lock`, or write the commit",
    )


def _check_image(it: PlannedModel, section: sections.NoMutableImages) -> Finding | None:
    image = it.subject.image
    if why := mutability_problem(image):
        return Finding(f"image {image} can change: {why}", "name a full release, or a digest")
    where = repository_of(image)
    if "@" in image or where in section.trusted:
        return None
    return Finding(
        f"image {image} has no digest, and releases of {where} are not trusted to stay as they are",
        'write a tei_version of another repository, or add it to "trusted" in no-mutable-images',
    )


def _check_protection(it: PlannedModel, _section: sections.Protected) -> Finding | None:
    args = it.subject.args
    if args.protect is not False or args.on_removal == "retain":
        return None
    more = ", with other environments and foreign deployments" if args.force_delete else ""
    return Finding(
        f"protect is false on a real account: dropping the model deletes it{more}",
        f"leave protect out, or write on_removal: retain, {_or_reason('protected', it)}",
    )


def _check_labels(it: PlannedModel, section: sections.RequiredLabels) -> Finding | None:
    labels = it.subject.args.labels
    missing = [key for key in section.labels if not labels.get(key, "").strip()]
    if not missing:
        return None
    wanted = ", ".join(f"{key}: …" for key in missing)
    return Finding(f"labels lack {', '.join(missing)}", f"write labels: {{{wanted}}}")


def _check_licence(it: PlannedModel, section: sections.AllowedLicences) -> Finding | None:
    facts, model_id = it.subject.facts, it.subject.args.model_id
    allowed = {name.lower() for name in section.licences}
    if facts is not None and facts.license:
        if facts.license.lower() in allowed:
            return None
        return Finding(
            f"licence {facts.license} of {model_id} is not allowed",
            f"write another model_id, {_or_reason('allowed-licences', it)}",
        )
    if section.unknown == "allow":
        return None
    if facts is None:
        return Finding(
            f"licence of {model_id} is unknown: it is not locked", "run `baseten-tei lock`"
        )
    return Finding(
        f"licence of {model_id} is unknown: its repository does not name one",
        f"write another model_id, {_or_reason('allowed-licences', it)}",
    )


def _or_reason(policy: str, it: PlannedModel) -> str:
    return f'or "reasons": {{"{it.place}": "…"}} in {policy}'


POLICIES: tuple[ModelPolicy, ...] = (
    ModelPolicy("allowed-gpus", _check_gpu),
    ModelPolicy("production-replicas", _check_replicas, of_real_accounts=True),
    ModelPolicy("pinned-revision", _check_revision),
    ModelPolicy("no-mutable-images", _check_image),
    ModelPolicy("protected", _check_protection, of_real_accounts=True),
    ModelPolicy("required-labels", _check_labels),
    ModelPolicy("allowed-licences", _check_licence),
)
