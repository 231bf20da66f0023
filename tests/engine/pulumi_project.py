"""A throw-away Pulumi project, driven by the engine that this checkout has."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pulumi_engine.project import Engine, read_engine
from pulumi_engine.shell import exports

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Project:
    """A Pulumi project in a folder of its own, on a file backend there."""

    folder: Path
    engine: Engine
    environ: dict[str, str]

    def pulumi(self, *arguments: str, check: bool = True, **environ: str) -> str:
        """What the CLI prints. A failing run fails the test with all it said, unless expected."""
        done = subprocess.run(
            [self.engine.path, *arguments, "--non-interactive", "--color=never"],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout if "--json" in arguments else done.stdout + done.stderr


def make_project(folder: Path, program: str, **environ: str) -> Project:
    engine = read_engine(ROOT)
    assert engine, "the project has no engine: run `make setup`"
    (folder / "state").mkdir()
    (folder / "infra").mkdir()
    (folder / "infra/__main__.py").write_text(program)
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    description = {"name": "probe", "runtime": runtime, "main": "infra/"}
    (folder / "Pulumi.yaml").write_text(json.dumps(description))
    ours = {
        **exports(engine),
        "PULUMI_BACKEND_URL": f"file://{folder}/state",
        "PULUMI_CONFIG_PASSPHRASE": "for tests",
    }
    project = Project(folder, engine, {**os.environ, **ours, **environ})
    project.pulumi("stack", "init", "dev")
    return project
