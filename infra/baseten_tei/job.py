"""What the push step is asked to do, as the inputs of its Command: none of them secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

PREFIX = "BASETEN_TEI_"


@dataclass(frozen=True)
class Job:
    """One version to publish; `config` is the canonical JSON of the Truss config and travels on stdin."""

    model: str
    digest: str
    labels: Mapping[str, str]
    deploy_timeout_minutes: int
    team: str | None
    target: str
    config: str


def job_environment(job: Job, generation: str) -> dict[str, str]:
    """A job as the Command's `environment`: a preview shows each by its own line."""
    return {
        f"{PREFIX}MODEL": job.model,
        f"{PREFIX}DIGEST": job.digest,
        f"{PREFIX}LABELS": json.dumps(dict(job.labels), sort_keys=True),
        f"{PREFIX}DEPLOY_TIMEOUT_MINUTES": str(job.deploy_timeout_minutes),
        f"{PREFIX}TARGET": job.target,
        f"{PREFIX}GENERATION": generation,
        **({f"{PREFIX}TEAM": job.team} if job.team else {}),
    }


def read_job(environ: Mapping[str, str], config: str) -> Job:
    """The job that `job_environment` wrote."""
    return Job(
        model=environ[f"{PREFIX}MODEL"],
        digest=environ[f"{PREFIX}DIGEST"],
        labels=json.loads(environ[f"{PREFIX}LABELS"]),
        deploy_timeout_minutes=int(environ[f"{PREFIX}DEPLOY_TIMEOUT_MINUTES"]),
        team=environ.get(f"{PREFIX}TEAM"),
        target=environ[f"{PREFIX}TARGET"],
        config=config,
    )
