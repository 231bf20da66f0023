"""What the push step is asked to do, as the inputs of its Command: none of them secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from baseten_tei.deployment.labels import DIGEST_LABEL, OWNER_LABELS, STATE_LABEL
from baseten_tei.deployment.ownership import Owner

PREFIX = "BASETEN_TEI_"
LABELS = f"{PREFIX}LABELS"


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
    state_id: str | None = None
    """Of the Pulumi state that the version is pushed for: its label, by which it is known again."""
    known_as: tuple[str, ...] = ()
    """What its owner was called before."""
    adopted: bool = False
    """Whether deployments of somebody else may be there."""

    @property
    def owner(self) -> Owner:
        """Whose the version will be."""
        project, stack = (str(self.labels.get(label) or "") for label in OWNER_LABELS)
        return Owner(project, stack, self.state_id, self.known_as)

    @property
    def stamps(self) -> dict[str, str | None]:
        """The labels by which the version is found again."""
        return {DIGEST_LABEL: self.digest, STATE_LABEL: self.state_id}


@dataclass(frozen=True)
class Stamp:
    """Whose a push is, as the state has it: not what the program is called now, which alone pushes nothing."""

    project: str | None = None
    stack: str | None = None
    state_id: str | None = None
    known_as: tuple[str, ...] = ()
    adopted: bool = False


def write_job(job: Job, generation: str) -> dict[str, str]:
    """Return a job as the Command's `environment`: a preview shows each by its own line."""
    return {
        f"{PREFIX}MODEL": job.model,
        f"{PREFIX}DIGEST": job.digest,
        LABELS: json.dumps(dict(job.labels), sort_keys=True),
        f"{PREFIX}DEPLOY_TIMEOUT_MINUTES": str(job.deploy_timeout_minutes),
        f"{PREFIX}TARGET": job.target,
        f"{PREFIX}GENERATION": generation,
        **({f"{PREFIX}TEAM": job.team} if job.team else {}),
    }


def stamp_environment(environment: Mapping[str, str], stamp: Stamp) -> dict[str, str]:
    """Return the environment with the words of a stamp in its labels, and its id if it has one."""
    words = dict(zip(OWNER_LABELS, (stamp.project, stamp.stack), strict=True))
    labels = json.loads(environment[LABELS]) | {label: it for label, it in words.items() if it}
    stamped = {**environment, LABELS: json.dumps(labels, sort_keys=True)}
    if not stamp.state_id:
        return stamped
    return {
        **stamped,
        f"{PREFIX}STATE_ID": stamp.state_id,
        **({f"{PREFIX}KNOWN_AS": " ".join(stamp.known_as)} if stamp.known_as else {}),
        **({f"{PREFIX}ADOPTED": "true"} if stamp.adopted else {}),
    }


def read_job(environ: Mapping[str, str], config: str) -> Job:
    """Return the job that `job_environment` and `stamped` wrote."""
    return Job(
        model=environ[f"{PREFIX}MODEL"],
        digest=environ[f"{PREFIX}DIGEST"],
        labels=json.loads(environ[LABELS]),
        deploy_timeout_minutes=int(environ[f"{PREFIX}DEPLOY_TIMEOUT_MINUTES"]),
        team=environ.get(f"{PREFIX}TEAM"),
        target=environ[f"{PREFIX}TARGET"],
        config=config,
        state_id=environ.get(f"{PREFIX}STATE_ID"),
        known_as=tuple(environ.get(f"{PREFIX}KNOWN_AS", "").split()),
        adopted=bool(environ.get(f"{PREFIX}ADOPTED")),
    )
