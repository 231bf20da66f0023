"""A rehearsal of ten models, all new, and then all changed against a base, beside the parts that it is made of."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from tests.support.harness import ROOT

from benchmarks.measure.timing import Figure, seconds
from benchmarks.worlds.fleet import fleet

AIM = 60.0
SIZE, QUICK_SIZE = 10, 2
STACK = "bench"
TIMEOUT_SECONDS = 600
GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    """The whole command on the wall's clock, and each part as its report tells it."""
    size = QUICK_SIZE if quick else SIZE
    project = _project(folder / "project")
    models = fleet(size)
    _configure(project, models)
    yield from _rehearsed(project, f"rehearse {size} models, all new")
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "base")):
        subprocess.run([*GIT, *arguments], cwd=project, check=True)
    _configure(project, {name: {**spec, "max_batch_tokens": 8192} for name, spec in models.items()})
    yield from _rehearsed(project, f"rehearse {size} models, all changed", "--base", "HEAD")


def _project(folder: Path) -> Path:
    folder.mkdir()
    for shared in ("infra", ".venv", "Pulumi.yaml"):
        (folder / shared).symlink_to(ROOT / shared)
    return folder


def _configure(project: Path, models: dict[str, Any]) -> None:
    config = {"baseten:target": "baseten", "baseten-tei:models": models}
    (project / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))


def _rehearsed(project: Path, what: str, *arguments: str) -> Iterator[Figure]:
    """One rehearsal. Raises `CalledProcessError` where it fails, since its times mean nothing then."""
    print(f"== {what}", flush=True)
    report = project.parent / "report.json"
    command = [
        sys.executable,
        "-m",
        "baseten_tei",
        "rehearse",
        "--format",
        "json",
        "--output",
        str(report),
        *arguments,
    ]
    took = seconds(
        lambda: subprocess.run(command, cwd=project, check=True, timeout=TIMEOUT_SECONDS)
    )
    yield Figure("rehearse", what, "", (took,), aim=AIM)
    [told] = json.loads(report.read_text())["stacks"]
    for part, part_took in told["seconds"].items():
        yield Figure("rehearse", f"- {part}", "", (part_took,))
