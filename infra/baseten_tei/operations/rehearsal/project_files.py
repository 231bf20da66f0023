"""A stack in a temporary project: the same program by links, and files, state and passphrase of its own."""

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baseten_tei.baseten.processes.keeper_client import kept_folder
from baseten_tei.facts.files.read_files import is_there, read_text
from baseten_tei.facts.hub.lockfile import FOLDER as LOCKS
from baseten_tei.facts.hub.lockfile import lock_path
from baseten_tei.operations.rehearsal.stack_copy import STATE, pulumi_environment
from baseten_tei.operations.rehearsal.stack_version import StackVersion
from baseten_tei.outputs.formats.yaml_text import yaml_text
from baseten_tei.project import generated_files, git, pulumi_cli
from baseten_tei.project.golden_files import FOLDER as GOLDEN
from baseten_tei.project.rehearsed_outputs import VARIABLE, read_outputs
from baseten_tei.project.stack import Workspace

OWN = frozenset({generated_files.FOLDER, GOLDEN, LOCKS, STATE, ".git"})
"""What a rehearsal has of its own, or not at all."""
OPTIONS = ("--yes", "--skip-preview", "--suppress-outputs", "--parallel", "32")
"""`--parallel` is the engine's operations: a release that waits holds one. Pushes are as many as there are cores."""
MESSAGES = 10_000
"""Lines of a failed `up`: in some of them each model says why."""


def read_stack(root: Path, stack: str) -> StackVersion:
    """Return the stack's files as they are."""
    workspace = Workspace(root, stack)
    text = workspace.text if is_there(workspace.path) else ""
    return StackVersion(text, generated_files.read_lock(root, stack), workspace.project)


def read_stack_at(root: Path, commit: str, stack: str) -> StackVersion | None:
    """Return the stack's files at a commit; `None` where it was not there."""
    stack_file = git.file_at(root, commit, f"Pulumi.{stack}.yaml")
    lock = git.file_at(root, commit, str(lock_path(Path(), stack)))
    project = Workspace(root, stack).project
    return None if stack_file is None else StackVersion(stack_file, lock or "", project)


@dataclass(frozen=True)
class Project:
    """The project's folder, and the environment that pulumi runs in. Its methods raise `UserError`."""

    folder: Path
    stack: str
    environment: Mapping[str, str]
    state: Path
    """The folder of what both sides of a rehearsal share."""
    options: tuple[str, ...] = ()
    """Of `pulumi up`."""

    def initialize(self) -> None:
        """Run `pulumi stack init`; the salt that it makes goes into every later configuration."""
        self._pulumi("stack", "init", "--no-select")
        self._stack_file.rename(self._salt)

    def write(self, config: Mapping[str, Any], lock: str) -> None:
        """Take a side's files."""
        salt = read_text(self._salt)
        generated_files.write_if_changed(
            self._stack_file, salt + yaml_text({"config": dict(config)})
        )
        generated_files.write_if_changed(lock_path(self.folder, self.stack), lock)

    def take_golden(self, golden: Path) -> None:
        """Take the stack's golden vectors from their folder."""
        shutil.copytree(golden, self.folder / GOLDEN / self.stack)

    def up(self) -> dict[str, Mapping[str, Any]]:
        """Run `pulumi up` and return each model's outputs."""
        outputs = Path(self.environment[VARIABLE])
        outputs.unlink(missing_ok=True)
        self._pulumi("up", *OPTIONS, *self.options, lines=MESSAGES)
        return read_outputs(outputs)

    def destroy(self) -> None:
        """Run `pulumi destroy`."""
        self._pulumi("destroy", *OPTIONS)

    @property
    def _salt(self) -> Path:
        return self.state / "salt"

    @property
    def _stack_file(self) -> Path:
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def _pulumi(self, *arguments: str, lines: int = pulumi_cli.LINES) -> str:
        return pulumi_cli.run(
            self.folder, self.stack, *arguments, environment=self.environment, lines=lines
        )


@contextmanager
def temporary_project(
    root: Path, stack: str, environ: Mapping[str, str], teams: Collection[str]
) -> Iterator[Project]:
    """Yield the stack without a configuration yet, for the length of a `with`. Raises `UserError`."""
    with kept_folder("baseten-tei-rehearsal-") as top:
        folder = generated_files.link_with_surroundings(root, top, OWN)
        (folder / STATE).mkdir()
        environment = pulumi_environment(environ, str(folder), teams)
        project = Project(folder, stack, environment, folder / STATE)
        project.initialize()
        yield project


def project_at(project: Project, root: Path, commit: str) -> Project:
    """Return the same stack with its program as it was at a commit; what git ignores, e.g. `.venv`, is today's."""
    (project.state / "base").mkdir()
    own = {it.name for it in root.iterdir()}
    folder = generated_files.link_with_surroundings(root, project.state / "base", own)
    git.export_folder(root, commit, folder)
    for name in OWN:
        shutil.rmtree(folder / name, ignore_errors=True)
    generated_files.link_project(root, folder, OWN | {it.name for it in folder.iterdir()})
    return replace(project, folder=folder)
