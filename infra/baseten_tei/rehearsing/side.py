"""A stack's files at one revision, as texts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from baseten_tei.errors import UserError
from baseten_tei.facts import ModelFacts
from baseten_tei.lockfile import parse_lock
from baseten_tei.settings import NAMESPACE


@dataclass(frozen=True)
class Side:
    """`Pulumi.<stack>.yaml` and `locks/<stack>.yaml`; a lock that is not there is an empty text."""

    stack_file: str
    lock: str

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """What stands under `config:`. Raises `UserError`."""
        try:
            loaded = yaml.safe_load(self.stack_file)
        except yaml.YAMLError as error:
            raise UserError(f"it is no YAML: {' '.join(str(error).split())}") from error
        config = loaded.get("config") if isinstance(loaded, Mapping) else None
        if not isinstance(config, Mapping):
            raise UserError("it has no mapping `config:`")
        return config

    @property
    def facts(self) -> Collection[ModelFacts]:
        """What is locked. Raises `UserError`."""
        return parse_lock(self.lock).values()

    @property
    def team(self) -> str | None:
        """The team that owns its models, where it says one. Raises `UserError`."""
        found: str | None = self.config.get(f"{NAMESPACE}:team")
        return found
