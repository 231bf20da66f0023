"""Which version is wanted of a model that got another name: the one that was pushed, until something else changes."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baseten_tei.deployment.config.truss_config import compute_digest, render_canonical
from baseten_tei.deployment.labels import DIGEST_LABEL, OWNER_LABELS
from baseten_tei.deployment.push_job import Job
from baseten_tei.deployment.renaming.pushed_name import NAME, pushed_after

_STAMPED = {DIGEST_LABEL, *OWNER_LABELS}


def as_pushed(job: Job, name: str | None, digest: str | None) -> Job:
    """Return the job with the config under the name that it was pushed with, where nothing else in it differs."""
    if not name or not digest:
        return job
    config = {**json.loads(job.config), NAME: name}
    labels = {label: it for label, it in job.labels.items() if label not in _STAMPED}
    if compute_digest(config, labels) != digest:
        return job
    return replace(
        job,
        config=render_canonical(config),
        digest=digest,
        labels={**job.labels, DIGEST_LABEL: digest},
    )


def as_pushed_after(job: Job, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> Job:
    """Return the job that an update of a model's state to these inputs leads to."""
    told = pushed_after(state, inputs) if state else {}
    return as_pushed(job, told.get("pushed_name"), told.get("pushed_digest"))
