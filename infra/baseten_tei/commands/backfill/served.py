"""By whom the rows are embedded: a stack's outputs, key, price, and replicas for the job."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.target import find_api_key
from baseten_tei.commands.backfill.job import Job
from baseten_tei.commands.shared.served_models import connect_model, read_stack_outputs
from baseten_tei.commands.shared.stores import tell
from baseten_tei.deployment.money.costs import LISTED, instance_type
from baseten_tei.errors import UserError
from baseten_tei.operations.scaling.scaling_client import (
    Place,
    find_place,
    is_any_left,
    raise_replicas,
)
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_settings import stack_with
from baseten_tei.spec.spaces import Role, find_role

if TYPE_CHECKING:
    from baseten_tei_client import Model


@dataclass(frozen=True)
class Served:
    """By whom the rows are embedded; `place` is `None` where nothing but outputs is known."""

    outputs: Mapping[str, Any] | str
    key: str | None
    price: float | None
    place: Place | None
    model: str
    role: Role | None


def serve_file(file: str, job: Job, given: Mapping[str, Any]) -> Served:
    """Return what outputs alone tell. Raises `UserError` for what needs the stack."""
    if given["replicas"]:
        raise UserError(
            "--replicas changes autoscaling on Baseten, for which a file of outputs is not enough: run this in the "
            "project's folder, without --file"
        )
    return Served(file, None, given["usd_per_minute"], None, job.model, job.role)


def serve_stack(root: Path, stack: str, job: Job, given: Mapping[str, Any]) -> Served:
    """Return a stack's outputs and key, the price of the model's instance, and where its replicas are."""
    workspace = Workspace(root, stack)
    target = workspace.target
    if target.embedded:
        ensure_running(target.management_url, root)
    name = f"{job.model}.{job.role}" if job.role else job.model
    found, resource = stack_with(root, stack, name)
    args, usd = found.settings.models[resource], given["usd_per_minute"]
    place = None
    if given["replicas"] or is_any_left(root):
        team = found.teams.get(resource) or workspace.team
        place = find_place(workspace, resource, args, team, given["environment"], tell)
    outputs = read_stack_outputs(root, stack)
    price = LISTED.of(instance_type(args)) if usd is None else usd
    model, role = find_role(found.settings.models, resource)
    return Served(outputs, find_api_key(target, os.environ), price, place, model, role)


@contextmanager
def replicas_for_job(served: Served, given: Mapping[str, Any]) -> Iterator[int | None]:
    """Raise the replicas for the job, if that is asked for, and set back what was before."""
    if served.place is None:
        yield None
        return
    with raise_replicas(served.place, given["replicas"]) as replicas:
        yield replicas


def connect_served(
    served: Served, given: Mapping[str, Any], replicas: int | None
) -> AbstractContextManager["Model"]:
    """Connect with the share of so many replicas' permits that the job may use."""
    return connect_model(
        served.model, space=served.role, outputs=served.outputs, api_key=served.key,
        environment=given["environment"], share=given["share"], replicas=replicas,
    )  # fmt: skip
