"""A stack's files and the Baseten that it is on, for the commands that look at both."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml

from baseten_tei.baseten_api import BasetenApi
from baseten_tei.embedded import ensure_running
from baseten_tei.errors import UserError
from baseten_tei.ownership import Owner
from baseten_tei.pulumi_cli import exported_state
from baseten_tei.pulumi_state import parse_state
from baseten_tei.release import RemoteModel
from baseten_tei.settings import NAMESPACE
from baseten_tei.stack_secrets import check_stack_file
from baseten_tei.target import Target, find_api_key, parse_target

_T = TypeVar("_T")
READERS = 8
"""Models asked about at once."""


@dataclass(frozen=True)
class Workspace:
    """A stack in its project's folder. Every property raises `UserError` where a file is missing or no YAML."""

    root: Path
    stack: str

    @property
    def path(self) -> Path:
        """The stack's configuration."""
        return self.root / f"Pulumi.{self.stack}.yaml"

    @property
    def text(self) -> str:
        """That file's text."""
        return _text(self.path)

    @property
    def config(self) -> Mapping[str, Any]:
        """Its `config:`, without a secret at a wrong place."""
        document = mapping(self.path)
        found = document.get("config") or {}
        if not isinstance(found, Mapping):
            raise UserError(f"{self.path.name}: `config:` must be a mapping")
        check_stack_file(self.stack, document, found)
        return found

    @cached_property
    def owner(self) -> Owner:
        """Whose deployments are this stack's, as their labels say."""
        return Owner(str(mapping(self.root / "Pulumi.yaml").get("name")), self.stack)

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
        found = mapping(self.root / "Pulumi.yaml").get("backend") or {}
        return found.get("url") if isinstance(found, Mapping) else None

    @property
    def team(self) -> str | None:
        """The team that owns the stack's models, where the configuration says it."""
        found: str | None = self.config.get(f"{NAMESPACE}:team")
        return found

    @cached_property
    def target(self) -> Target:
        """The Baseten that the stack is on."""
        return parse_target(
            self.config.get("baseten:target"), os.environ.get("BASETEN_EMULATOR_PORT")
        )

    @cached_property
    def api(self) -> BasetenApi:
        """It, ready to be asked."""
        return BasetenApi(self.target, self._connect)

    def models(self) -> list[RemoteModel]:
        """The models that the stack's team, or else the API key, sees, by name."""
        return sorted(self.api.models(self.team), key=lambda it: it.name)

    def of_each(self, models: list[RemoteModel], ask: Callable[[RemoteModel], _T]) -> list[_T]:
        """An answer for each model, several asked about at once."""
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(ask, models))

    def _connect(self) -> str:
        key = find_api_key(self.target, os.environ)
        if self.target.embedded:
            ensure_running(self.target.management_url, self.root)
        return key


def mapping(path: Path) -> Mapping[str, Any]:
    """What a YAML file holds. Raises `UserError` where it is no mapping."""
    try:
        found = yaml.safe_load(_text(path)) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{path.name}: is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, Mapping):
        raise UserError(f"{path.name}: must be a mapping")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"there is no {path.name} in {path.parent}: type this in the project, or name another --stack"
        ) from error
