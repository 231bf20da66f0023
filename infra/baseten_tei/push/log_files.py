"""What truss said in the last push of each model: files that only their user can read."""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from baseten_tei.deployment.labels import OWNER_LABELS
from baseten_tei.deployment.push_job import Job
from baseten_tei.spec.names import suggest_name

MOST = 500
"""Logs that are kept, of all stacks; the oldest go."""


def log_path(job: Job, environ: Mapping[str, str]) -> Path:
    """Return where the last push of a stack's model leaves what truss said."""
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    owner = [suggest_name(str(job.labels.get(label) or "-")) for label in OWNER_LABELS]
    return Path(state, "baseten-tei", "push", *owner, f"{_file_name(job.model)}.log")


def _file_name(model: str) -> str:
    """Return a model's name as a file's; of names that a file cannot have each gets another one."""
    plain = suggest_name(model)
    return plain if plain == model else f"{plain}-{sha256(model.encode()).hexdigest()[:8]}"


def keep_log(path: Path, text: str) -> None:
    """Write a log in place of the one before, and remove the oldest. Raises `OSError`."""
    folder = path.parents[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    for part in (folder, path.parents[1], path.parent):
        part.chmod(0o700)
    path.unlink(missing_ok=True)  # an older version's could be read by everyone
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    for old in sorted(folder.rglob("*.log"), key=_written_at, reverse=True)[MOST:]:
        old.unlink(missing_ok=True)


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another push removed it
        return 0.0
