"""Times a rehearsal of ten models, all new and then all changed, with its parts."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from tests.support.harness import ROOT

from benchmarks.measure.timing import Figure, measure_seconds
from benchmarks.worlds.fleet import make_fleet

AIM = 60.0
SIZE, QUICK_SIZE = 10, 2
STACK = "bench"
TIMEOUT_SECONDS = 600
GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """Yield the time of the whole command, and of each part as its report says."""
    size = QUICK_SIZE if quick else SIZE
    project = _project(folder / "project")
    models = make_fleet(size)
    _configure(project, models)
    yield from _rehearse(project, f"rehearse {size} models, all new")
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "base")):
        subprocess.run([*GIT, *arguments], cwd=project, check=True)
    _configure(project, {name: {**spec, "max_batch_tokens": 8192} for name, spec in models.items()})
    yield from _rehearse(project, f"rehearse {size} models, all changed", "--base", "HEAD")


def _project(folder: Path) -> Path:
    folder.mkdir()
    for shared in ("infra", ".venv", "Pulumi.yaml"):
        (folder / shared).symlink_to(ROOT / shared)
    return folder


def _configure(project: Path, models: dict[str, Any]) -> None:
    config = {"baseten:target": "baseten", "baseten-tei:models": models}
    (project / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))


def _rehearse(project: Path, what: str, *arguments: str) -> Iterator[Figure]:
    """Yield the times of one rehearsal. Raises `CalledProcessError` if it fails."""
    print(f"== {what}", flush=True)
    report = project.parent / "report.json"
    options = ["--format", "json", "--output", str(report), *arguments]
    command = [sys.executable, "-m", "baseten_tei", "rehearse", *options]
    took = measure_seconds(
        lambda: subprocess.run(command, cwd=project, check=True, timeout=TIMEOUT_SECONDS)
    )
    yield Figure("rehearse", what, "", (took,), aim=AIM)
    [stack] = json.loads(report.read_text())["stacks"]
    for part, part_took in stack["seconds"].items():
        yield Figure("rehearse", f"- {part}", "", (part_took,))
