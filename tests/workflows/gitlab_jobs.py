"""GitLab's jobs as text of bash, as far as ours are written. A key that is not known here is refused."""

from pathlib import Path
from typing import Any

import yaml

from tests.workflows.expressions import UnknownError
from tests.workflows.runner import refuse_unknown

_JOB = {"stage", "extends", "image", "timeout", "interruptible", "variables", "cache", "rules", "environment",
        "before_script", "script", "artifacts", "needs", "resource_group"}  # fmt: skip
_DEFAULT_STAGES = {"test", "deploy"}
"""documented: of those that every pipeline has; ours use these."""


def read_jobs(file: Path) -> dict[str, dict[str, Any]]:
    """Every job of a file with what it extends; documented: a job's own keys win, mappings are merged."""
    described: dict[str, Any] = yaml.safe_load(file.read_text())
    for name, job in described.items():
        refuse_unknown(job, _JOB, name)
    jobs = {name: _whole(described, name) for name in described if not name.startswith(".")}
    if unknown := {job["stage"] for job in jobs.values()} - _DEFAULT_STAGES:
        raise UnknownError(f"stages {unknown}")
    return jobs


def _whole(described: dict[str, Any], name: str) -> dict[str, Any]:
    job = described[name]
    if "extends" not in job:
        return dict(job)
    base = _whole(described, job["extends"])
    both = {key: {**base[key], **it} for key, it in job.items() if _are_mappings(base.get(key), it)}
    return {**base, **job, **both}


def _are_mappings(one: object, other: object) -> bool:
    return isinstance(one, dict) and isinstance(other, dict)


def script_of(job: dict[str, Any]) -> str:
    """documented: both run in one shell."""
    return "\n".join([*job["before_script"], *job["script"]])
