"""What is out of order between a stack's state and Baseten, and what to run about each.

An orphan is a deployment with the stack's labels that no environment serves and the state does not know: a push
was cut off, and its configuration was changed or taken back before the next one.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from baseten_tei.baseten.statuses import DEAD, PROMOTION_FAILED
from baseten_tei.baseten.versions import Serving, Version
from baseten_tei.deployment.ownership import Owner
from baseten_tei.operations.scaling.raised_replicas import (
    RaisedReplicas,
    bounds_of,
    describe_bounds,
)
from baseten_tei.operations.tuning.scratch_names import LABEL as SCRATCH
from baseten_tei.project.state import State
from baseten_tei.provider.release.version_choice import version_of_digest

ORPHAN = "orphan"
"""The one kind of finding that is fixed by deleting."""
REFRESH = "run `pulumi refresh`, then `pulumi up`"


@dataclass(frozen=True)
class LiveModel:
    """A model as Baseten has it; `team` is the stack's own, where it says one."""

    id: str
    name: str
    team: str | None
    versions: Sequence[Version]
    environments: Sequence[Serving]


@dataclass(frozen=True)
class Disorder:
    """One thing out of order: `fix` is what to run. An orphan says which deployment it is."""

    kind: str
    model: str
    message: str
    fix: str
    model_id: str = ""
    deployment_id: str = ""

    @property
    def line(self) -> str:
        """Return one line for the reader."""
        return f"{self.kind}: {self.message}: {self.fix}"


def find_disorder(state: State, models: Sequence[LiveModel], owner: Owner) -> list[Disorder]:
    """Return everything that is out of order, operations that were cut off first."""
    found = [*_find_pending(state), *_find_lost(state, models)]
    for model in models:
        if (model.team, model.name) in state.models:
            found += [
                *_find_dead(model),
                *_find_failed_promotions(model),
                *_find_orphans(model, state, owner),
            ]
        elif model.versions and all(map(owner.owns, model.versions)):
            found.append(_find_forgotten(model, owner))
        else:
            found += _find_orphans(model, state, owner.by_id())  # many stacks have one name
    return found


def find_raised(left: Iterable[RaisedReplicas], models: Sequence[LiveModel]) -> Iterator[Disorder]:
    """Yield the environments that still have the replicas of a backfill that was killed."""
    there = {(model.id, it.name): it.autoscaling for model in models for it in model.environments}
    for it in left:
        settings = there.get((it.model_id, it.environment))
        if settings is not None and bounds_of(settings) == it.raised:
            raised, before = describe_bounds(it.raised), describe_bounds(it.before)
            message = f"{it.place} still has {raised} replicas for a backfill that was cut off, instead of {before}"
            fix = f"run that backfill again, or {REFRESH.removeprefix('run ')}"
            yield Disorder("raised replicas", it.model, message, fix, it.model_id)


def _find_pending(state: State) -> Iterator[Disorder]:
    for operation in state.pending:
        message = f"{operation} was cut off, and the state does not know how it ended"
        fix = "run `pulumi refresh --clear-pending-creates`, then `pulumi up`"
        yield Disorder("pending operation", operation.rpartition(" ")[2], message, fix)


def _find_lost(state: State, models: Sequence[LiveModel]) -> Iterator[Disorder]:
    there = {(model.team, model.name) for model in models}
    for team, name in state.models:
        if (team, name) not in there:
            message = f"model {name!r} is in the state and not on Baseten"
            yield Disorder("lost model", name, message, REFRESH)


def _find_orphans(model: LiveModel, state: State, owner: Owner) -> Iterator[Disorder]:
    """Yield this stack's deployments that nobody needs."""
    known = {*state.deployment_ids, *_versions_to_release(model, state)}
    for version in model.versions:
        free = not version.environment and serves_nothing(model.environments, version.id)
        if owner.owns(version) and free and version.id not in known:
            message = (
                f"deployment {version.id} ({version.status}) of model {model.name!r} serves no environment, "
                f"and stack {owner.stack!r} does not know it"
            )
            fix = "run `baseten-tei doctor --fix` to delete it"
            yield Disorder(ORPHAN, model.name, message, fix, model.id, version.id)


def serves_nothing(environments: Iterable[Serving], deployment_id: str) -> bool:
    """Return whether no environment serves a deployment, or is on its way to it."""
    served = (it for each in environments for it in (each.current, each.candidate) if it)
    return deployment_id not in {it.id for it in served}


def _versions_to_release(model: LiveModel, state: State) -> set[str]:
    """Return the version that the next `up` goes on with, in each environment: it pushes nothing then."""
    digest = state.models.get((model.team, model.name))
    if not digest:
        return set()
    names = [it.name for it in model.environments] or [""]
    found = [version_of_digest(model.versions, digest, name) for name in names]
    return {it.id for it in found if it}


def _find_dead(model: LiveModel) -> Iterator[Disorder]:
    for environment in model.environments:
        current = environment.current
        if current and current.status in DEAD:
            message = (
                f"environment {environment.name!r} of model {model.name!r} serves deployment {current.id}, "
                f"which is {current.status}"
            )
            yield Disorder("dead environment", model.name, message, REFRESH)


def _find_failed_promotions(model: LiveModel) -> Iterator[Disorder]:
    for environment in model.environments:
        if environment.promotion_status in PROMOTION_FAILED:
            which = environment.candidate.id if environment.candidate else "a deployment"
            why = f" ({environment.promotion_error})" if environment.promotion_error else ""
            message = (
                f"the promotion of {which} to environment {environment.name!r} of model {model.name!r} ended as "
                f"{environment.promotion_status}{why}"
            )
            fix = "run `pulumi up`, which goes on with it"
            yield Disorder("failed promotion", model.name, message, fix)


def _find_forgotten(model: LiveModel, owner: Owner) -> Disorder:
    whose, name = f"model {model.name!r} ({model.id})", f"stack {owner.stack!r}"
    if all(SCRATCH in version.labels for version in model.versions):
        message = f"{whose} was made to tune one of {name}, and left behind"
        fix = f"run `baseten-tei tune --clean --stack {owner.stack}` to delete it"
        return Disorder("scratch model", model.name, message, fix)
    message = f"all deployments of {whose} are {name}'s, and the state does not have it"
    adopt = (
        f"run `baseten-tei adopt {shlex.quote(model.name)} --stack {owner.stack}` to take it back"
    )
    return Disorder("forgotten model", model.name, message, f"{adopt}, or delete it there")
