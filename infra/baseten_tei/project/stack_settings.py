"""Stacks as their files say: names, specs, owner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from baseten_tei.errors import UserError, did_you_mean, list_names, naming
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.project import generated_files
from baseten_tei.project.selection import stack_files
from baseten_tei.project.stack import Workspace
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.spec.spec_parser import MODELS, parse_specs


@dataclass(frozen=True)
class Stack:
    """A stack as its configuration file says it."""

    name: str
    path: Path
    settings: Settings


def stacks(
    root: Path, names: Sequence[str] | None = None, *, locked: bool = True
) -> Iterator[Stack]:
    """Return each stack with models, from `Pulumi.<stack>.yaml`; `names` are all that there are. Raises `UserError`.

    Without `locked` no lock file is read, and only the shape of specs is checked: what locking begins with.
    """
    for name in stack_files(root) if names is None else names:
        workspace = Workspace(root, name)
        models = workspace.config.get(MODELS)
        if models is None:
            continue
        facts = generated_files.locked_facts(root, name) if locked else None
        with naming(workspace.path.name):
            settings = _settings(models, workspace.team, facts)
        yield Stack(name, workspace.path, settings)


def wanted_stacks(root: Path, names: Sequence[str], *, locked: bool = True) -> list[Stack]:
    """Return those of `names` that have models. Raises `UserError` where none has."""
    if every := list(stacks(root, names, locked=locked)):
        return every
    where = f"Pulumi.{names[0]}.yaml" if len(names) == 1 else f"any Pulumi.<stack>.yaml in {root}"
    raise UserError(f"there are no models in {where}: write them under {MODELS}")


def settings_with(root: Path, stack: str, model: str) -> Settings:
    """Return a stack's settings. Raises `UserError`, which lists its models, where it has none of that name."""
    [settings] = [it.settings for it in wanted_stacks(root, [stack])]
    if (known := settings.models) and model not in known:
        raise UserError(
            f"stack {stack!r} has no model {model!r}.{did_you_mean(model, known)} It has: {list_names(known)}"
        )
    return settings


def _settings(models: object, team: str | None, facts: Lock | None) -> Settings:
    if facts is not None:
        return parse_settings(models, team, facts)
    specs, found = parse_specs(models)
    if found:
        raise UserError(*found)
    return Settings(specs, team)
