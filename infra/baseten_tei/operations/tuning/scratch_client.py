"""Models that are there for one measurement: pushed as `pulumi up` pushes, called, and deleted.

Each is a model of its own, so that nothing of it is near what serves: no environment, no version to roll back to.
Its deployments carry the stack's labels and one more, and the name says what it is: what a killed run left behind is
found by them, and nothing else is ever deleted.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from baseten_tei.baseten.endpoints import deployment_url
from baseten_tei.baseten.processes.starter import STARTER
from baseten_tei.baseten.router_client import router_info
from baseten_tei.baseten.target import BASETEN, find_api_key
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.deployment.plan import plan_model
from baseten_tei.deployment.push_job import Job, Stamp, stamp_environment, write_job
from baseten_tei.errors import UserError
from baseten_tei.operations.tuning.load_client import Endpoint
from baseten_tei.operations.tuning.scratch_names import LABEL, is_scratch_name, scratch_name
from baseten_tei.operations.tuning.settings_point import SettingsPoint
from baseten_tei.project.stack import Workspace
from baseten_tei.provider.release.readiness import Readiness
from baseten_tei.provider.release.waiting import Waiting
from baseten_tei.spec.args import ModelArgs

INFO_SECONDS = 600.0
"""For the router of a version that is ready: it may be reached a little later."""


@dataclass(frozen=True)
class Scratch:
    """Where scratch models of one model of a stack are made."""

    workspace: Workspace
    name: str
    args: ModelArgs
    tell: Callable[[str], None]

    @contextmanager
    def deploy(self, point: SettingsPoint) -> Iterator[Endpoint]:
        """Yield a router with these settings, for the length of a `with`.

        Raises `FailedDeploymentError` where it does not start, `UserError` where it cannot be made.
        """
        model = scratch_name(self.name, self.args, point)
        try:
            yield self._make(model, point)
        finally:
            self._delete(model)

    def _make(self, model: str, point: SettingsPoint) -> Endpoint:
        api, target = self.workspace.api, self.workspace.target
        args = self._scratch_args(model, point)
        key = find_api_key(target, os.environ)
        deployment_id = _push(self._job(args), self.workspace)
        waiting = Waiting(time.monotonic, time.sleep, self.tell)
        model_id = waiting.for_a_while(lambda: api.find_model(model, self.workspace.team))
        if model_id is None:
            raise UserError(f"model {model!r} was pushed, and Baseten does not list it: try again")
        minutes = args.deploy_timeout_minutes
        inputs = {"model": model, "deploy_timeout_minutes": minutes}
        version, deadline = api.version(model_id, deployment_id), time.monotonic() + 60 * minutes
        Readiness(api, waiting).ready(inputs, model_id, version, None, deadline)
        url = deployment_url(target, model_id, deployment_id)
        until = time.monotonic() + INFO_SECONDS
        _check_settings(waiting.ask(lambda seconds: router_info(url, key, seconds), until), point)
        return Endpoint(f"{url}/sync", args.task, key)

    def _scratch_args(self, model: str, point: SettingsPoint) -> ModelArgs:
        labels = {**self.args.labels, LABEL: self.name}
        return point.apply_to(self.args).model_copy(update={"model_name": model, "labels": labels})

    def _job(self, args: ModelArgs) -> Job:
        workspace = self.workspace
        target = workspace.config.get("baseten:target") or BASETEN
        return plan_model(self.name, args, workspace.owner, target, workspace.team).job

    def _delete(self, model: str) -> None:
        """Delete a scratch model, found by its name and its labels, whatever state it is in."""
        for it in find_leftovers(self.workspace, self.name, model):
            self.workspace.api.delete_model(it.id)


def _push(job: Job, workspace: Workspace) -> str:
    """Return the deployment that the push step of `pulumi up` makes of a job. Raises `UserError` with what it says."""
    stamp = Stamp(state_id=workspace.state_owner.state_id)
    environment = stamp_environment(write_job(job, ""), stamp)
    ended = subprocess.run(
        [sys.executable, "-m", "baseten_tei.push"],
        input=job.config, env={**os.environ, **environment, STARTER: str(os.getpid())}, cwd=workspace.root,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode != 0:
        raise UserError(*ended.stderr.strip().splitlines()[-3:])
    return str(json.loads(ended.stdout)["deployment_id"])


def _check_settings(info: Mapping[str, Any], point: SettingsPoint) -> None:
    """Check that the router took the settings. Raises `UserError`."""
    for key in ("max_batch_tokens", "max_client_batch_size", "tokenization_workers"):
        if info.get(key) != getattr(point, key):
            raise UserError(
                f"the router reports {key} {info.get(key)} instead of {getattr(point, key)}: "
                "remove that flag from the spec's extra_flags and env"
            )


def find_leftovers(
    workspace: Workspace, name: str | None = None, model: str | None = None
) -> list[RemoteModel]:
    """Return this stack's scratch models: all, those of the model `name`, or the one called `model` on Baseten."""
    named = [
        it
        for it in workspace.models()
        if is_scratch_name(it.name) and model in (None, it.name)
    ]  # fmt: skip

    def is_ours(it: RemoteModel) -> bool:
        owner, versions = workspace.state_owner, workspace.api.versions(it.id)
        return bool(versions) and all(
            owner.owns(each) and LABEL in each.labels and name in (None, each.labels[LABEL])
            for each in versions
        )

    ours: Sequence[bool] = workspace.of_each(named, is_ours)
    return [it for it, yes in zip(named, ours, strict=True) if yes]


def delete_leftovers(workspace: Workspace, name: str | None = None) -> list[str]:
    """Delete every leftover; what was deleted, by name."""
    found = find_leftovers(workspace, name)
    for it in found:
        workspace.api.delete_model(it.id)
    return [it.name for it in found]
