"""A stack's files and the Baseten that it is on, for the commands that look at both."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.emulator import ensure_running
from baseten_tei.baseten.target import Target, find_api_key, parse_target
from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.deployment.ownership import Owner
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import LARGEST_YAML, is_there, read_text
from baseten_tei.facts.files.yaml_reader import parse_yaml
from baseten_tei.project.pulumi_cli import exported_state
from baseten_tei.project.stack_values import StackFile, parse_stack_file, value_text
from baseten_tei.project.state import parse_state
from baseten_tei.rules.secrets.stack_file import check_stack_file
from baseten_tei.spec.spec_parser import NAMESPACE

_T = TypeVar("_T")
READERS = 8
"""Models asked about at once."""
Progress = Callable[[str, int], AbstractContextManager[Callable[[str], None]]]
"""Given what is counted and how many: for the length of a `with`, what to call with the name of each that is done."""


@contextmanager
def no_progress(_what: str, _total: int) -> Iterator[Callable[[str], None]]:
    """Show nothing."""
    yield lambda _: None


@dataclass(frozen=True)
class Workspace:
    """A stack in its project's folder. Every property raises `UserError` where a file is missing or not YAML."""

    root: Path
    stack: str
    progress: Progress = no_progress
    program_team: str | None = None
    """The team of the model that a command is about, where a program registers it."""

    @property
    def path(self) -> Path:
        """The stack's configuration."""
        return self.root / f"Pulumi.{self.stack}.yaml"

    @property
    def text(self) -> str:
        """That file's text."""
        return _text(self.path)

    @cached_property
    def file(self) -> StackFile:
        """What that file holds; nothing where it is not there: a stack may have all in its program."""
        if not is_there(self.path):
            return StackFile({}, {})
        project = self.project if is_there(self.root / "Pulumi.yaml") else ""
        text = self.text
        with naming(self.path.name):
            return parse_stack_file(text, project)

    @property
    def project(self) -> str:
        """The project's name."""
        name = self._project_file.get("name")
        if isinstance(name, str) and name:
            return name
        raise UserError("Pulumi.yaml: has no name: write e.g. name: my-models")

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Its `config:` as the program gets it, without a secret at a wrong place."""
        file = self.file
        with naming(self.path.name):
            check_stack_file(self.stack, file.document, file.config)
        return file.config

    def check(self) -> None:
        """Raise `UserError` where its configuration cannot be read."""
        _ = self.config

    @cached_property
    def owner(self) -> Owner:
        """Whose deployments are this stack's, as their labels say."""
        return Owner(self.project, self.stack)

    @cached_property
    def state_owner(self) -> Owner:
        """As `owner`, with the id that the stack's state holds; without it where there is no state to be read."""
        try:
            state = parse_state(exported_state(self.root, self.stack))
        except UserError:
            return self.owner
        return state.owner(self.owner)

    @property
    def backend(self) -> str | None:
        """Where the project keeps its states, where Pulumi.yaml says it."""
        backend = self._project_file.get("backend")
        url = backend.get("url") if isinstance(backend, Mapping) else None
        return url if isinstance(url, str) else None

    @property
    def runtime(self) -> str:
        """The language of the project's program, as Pulumi.yaml names it."""
        runtime = self._project_file.get("runtime")
        name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
        return str(name or "python")

    @property
    def team(self) -> str | None:
        """The team that owns the stack's models, where the configuration or the program says it."""
        return self.program_team or value_text(self.config.get(f"{NAMESPACE}:team"))

    @cached_property
    def target(self) -> Target:
        """The Baseten that the stack is on."""
        target = value_text(self.config.get("baseten:target"))
        return parse_target(target, os.environ.get("BASETEN_EMULATOR_PORT"))

    @cached_property
    def api(self) -> BasetenApi:
        """It, ready to be asked."""
        return BasetenApi(self.target, self._connect)

    def models(self) -> list[RemoteModel]:
        """Return the models that the stack's team, or else the API key, sees, by name."""
        return sorted(self.api.models(self.team), key=lambda it: it.name)

    def of_each(self, models: list[RemoteModel], ask: Callable[[RemoteModel], _T]) -> list[_T]:
        """Return an answer for each model, several asked about at once."""
        answers = []
        with self.progress("models", len(models)) as advance, ThreadPoolExecutor(READERS) as pool:
            for model, answer in zip(models, pool.map(ask, models), strict=True):
                answers.append(answer)
                advance(model.name)
        return answers

    @cached_property
    def _project_file(self) -> Mapping[str, Any]:
        text = _text(self.root / "Pulumi.yaml")
        with naming("Pulumi.yaml"):
            found = parse_yaml(text)
            if not isinstance(found, Mapping):
                raise UserError("must be a mapping: write e.g. name: my-models")
            return found

    def _connect(self) -> str:
        key = find_api_key(self.target, os.environ)
        if self.target.embedded:
            ensure_running(self.target.management_url, self.root)
        return key


def _text(path: Path) -> str:
    if is_there(path):
        return read_text(path, path.name, LARGEST_YAML)
    raise UserError(
        f"there is no {path.name} in {path.parent}: run this in the folder of Pulumi.yaml, or name another --stack"
    )
