"""Stacks as their files say: names, specs, owner."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from baseten_tei.errors import UserError, naming
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.project import generated_files
from baseten_tei.project.stack import Workspace
from baseten_tei.project.stack_values import decode_value
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.spec.parsing import NAMESPACE, parse_specs

MODELS = f"{NAMESPACE}:models"


@dataclass(frozen=True)
class Stack:
    """A stack as its configuration file says it."""

    name: str
    path: Path
    settings: Settings


def stacks(root: Path, *, locked: bool = True) -> Iterator[Stack]:
    """Each stack with models, from `Pulumi.<stack>.yaml`; examples are no stacks. Raises `UserError`.

    Without `locked` no lock file is read, and only the shape of specs is checked: what locking begins with.
    """
    for path in sorted(root.glob("Pulumi.*.yaml")):
        if path.name.endswith(".example.yaml"):
            continue
        stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        workspace = Workspace(root, stack)
        config = workspace.config
        if MODELS in config:
            models = decode_value(config[MODELS], MODELS)
            facts = generated_files.locked_facts(root, stack) if locked else None
            with naming(path.name):
                settings = _settings(models, workspace.team, facts)
            yield Stack(stack, path, settings)


def _settings(models: object, team: str | None, facts: Lock | None) -> Settings:
    if facts is not None:
        return parse_settings(models, team, facts)
    specs, found = parse_specs(models)
    if found:
        raise UserError(*found)
    return Settings(specs, team)
