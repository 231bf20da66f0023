"""A stack's files at one revision, as texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from baseten_tei.project.stack_values import parse_stack_file, value_text
from baseten_tei.spec.spec_parser import NAMESPACE


@dataclass(frozen=True)
class StackVersion:
    """`Pulumi.<stack>.yaml`, `locks/<stack>.yaml` (an empty text without one), and the project's name."""

    stack_file: str
    lock: str
    project: str = ""

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Return what stands under `config:`; nothing where all is in the program. Raises `UserError`."""
        return parse_stack_file(self.stack_file, self.project).config

    @property
    def team(self) -> str | None:
        """Return the team that owns its models, where it says one. Raises `UserError`."""
        return value_text(self.config.get(f"{NAMESPACE}:team"))
