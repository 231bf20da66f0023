"""One push, wherever it runs: in the step's own process, or in a fork of one that has truss loaded.

Idempotent by content: where a deployment of this model already carries this config's digest, it is the
answer and nothing is pushed. Otherwise `truss push` publishes one and promotes nothing.
"""

import json
import os
import subprocess
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from baseten_tei.baseten import machine_locks
from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.endpoints import deployment_url
from baseten_tei.baseten.processes.temporary_folders import temporary_folder
from baseten_tei.baseten.target import Target, find_api_key, parse_target
from baseten_tei.baseten.teams import Team
from baseten_tei.baseten.versions import Version, pushed_version, shortened_problem
from baseten_tei.deployment.labels import STATE_LABEL
from baseten_tei.deployment.ownership import name_taken_problem
from baseten_tei.deployment.push_job import Job, read_job
from baseten_tei.deployment.renaming.pushed_name import config_to_push
from baseten_tei.errors import UserError, redact
from baseten_tei.push.log_files import keep_log, log_path
from baseten_tei.push.lookup import Lookup
from baseten_tei.push.socket import Outcome
from baseten_tei.push.truss_cli import (
    FOLDERS,
    Answer,
    parse_answer,
    prepare_home,
    push_arguments,
    push_environment,
    run_truss,
)

Tell = Callable[[str], None]


def run_push(config: str) -> Outcome:
    """Do the job that the process's environment and the canonical config name: what the step prints."""
    secret = None
    notes: list[str] = []
    try:
        job = read_job(os.environ, config)
        target = parse_target(job.target, os.environ.get("BASETEN_EMULATOR_PORT"))
        api_key = find_api_key(target, os.environ)
        secret = None if target.embedded else api_key
        if target.embedded:
            ensure_running(target.management_url, Path.cwd())
        result = push(job, target, api_key, notes.append)
    except UserError as error:
        return Outcome(1, "", _lines([*notes, redact(str(error), [secret])]))
    return Outcome(0, _lines([json.dumps(result)]), _lines(notes))


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def push(job: Job, target: Target, api_key: str, tell: Tell) -> dict[str, Any]:
    """Find this version, or push it; `tell` takes what is worth a note. Raises `UserError`."""
    with machine_locks.one_at_a_time(f"{target.management_url} {job.team} {job.model}"):
        with Lookup(target, api_key) as lookup:
            team = lookup.team(job.team) if job.team else None
            versions = lookup.deployments(job.model, team)
        if problem := shortened_problem(job.model, versions, job.stamps):
            raise UserError(problem)
        _refuse_taken(job, versions)
        if found := pushed_version(versions, job.digest):
            return {"deployment_id": found.id, "pushed": False}
        with machine_locks.a_slot():
            answer = _run(job, target, api_key, team.name if team else None)
        _keep_log(job, answer, api_key, tell)
        try:
            told = parse_answer(answer)
        except UserError:
            if (
                not versions
            ):  # Baseten makes one model of a name: another machine's push may have come first
                _refuse_taken(job, _find_deployments(job, target, api_key, team))
            raise
        return _result(told, target)


def _find_deployments(job: Job, target: Target, api_key: str, team: Team | None) -> list[Version]:
    """Return the deployments that are there after a push that failed; none where Baseten does not say."""
    try:
        with Lookup(target, api_key) as lookup:
            return lookup.deployments(job.model, team)
    except UserError:
        return []


def _refuse_taken(job: Job, versions: Collection[Version]) -> None:
    """Another state may have pushed under this name since the model was looked up: asked again, under the lock."""
    if job.state_id and versions and not (job.adopted or job.owner.owns_any(versions)):
        raise UserError(name_taken_problem(job.model, job.owner, versions))


def _run(job: Job, target: Target, api_key: str, team_name: str | None) -> Answer:
    """One push; truss takes a team's name only (0.18.35 `model_team_resolver.py`), never its id."""
    with temporary_folder(FOLDERS) as place:
        home, folder, temporary = place / "home", place / "truss", place / "tmp"
        for each in (home, folder, temporary):
            each.mkdir()
        prepare_home(home)
        # JSON is YAML: the file holds exactly the canonical config that the digest was made of, but for a new name.
        (folder / "config.yaml").write_text(config_to_push(job))
        state_label = {STATE_LABEL: job.state_id} if job.state_id else {}
        labels = {**job.labels, **state_label, **_git_label()}
        arguments = push_arguments(folder, labels, job.deploy_timeout_minutes, team_name)
        environment = push_environment(os.environ, target, api_key, home)
        return run_truss(arguments, {**environment, "TMPDIR": str(temporary)}, place)


def _result(told: Mapping[str, Any], target: Target) -> dict[str, Any]:
    expected = deployment_url(target, told["model_id"], told["model_version_id"])
    note = {}
    if not str(told["predict_url"]).startswith(expected):
        note = {"note": f"truss says {told['predict_url']}, but outputs are made as {expected}"}
    return {"deployment_id": told["model_version_id"], "pushed": True, **note}


def _git_label() -> dict[str, str]:
    """The commit that was checked out, looked up when pushing: as an input it would push at every commit."""
    git = ["git", "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(git, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603  # our own fixed words
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {"git_sha": found.stdout.strip()} if found.returncode == 0 else {}


def _keep_log(job: Job, answer: Answer, api_key: str, tell: Tell) -> None:
    """A log that cannot be kept (a read-only home in CI) must not fail a push that worked."""
    text = redact(f"{answer.stderr}\n{answer.stdout}\nexit {answer.exit_code}\n", [api_key])
    try:
        keep_log(log_path(job, os.environ), text)
    except OSError as error:
        tell(f"no log kept: {error}")
