"""Which models a stack has: those in its configuration, or else those that its program registers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError, did_you_mean, list_names, naming
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.project import generated_files
from baseten_tei.project.registered_models import Place, registered_models
from baseten_tei.project.selection import stack_files
from baseten_tei.project.stack import Workspace
from baseten_tei.rules.registry import error_lines, find_firm
from baseten_tei.rules.rule import RefusedError
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.rules.value.name_rules import NO_REPOSITORY
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spaces import find_missing_role, find_resource, stack_name
from baseten_tei.spec.spec_parser import MODELS, parse_specs


@dataclass(frozen=True)
class Stack:
    """A stack's models, and where they are written."""

    name: str
    path: Path
    """The stack's configuration."""
    settings: Settings
    from_program: bool = False
    """Whether its program registers them; its configuration has none then."""
    places: Mapping[str, Place] = field(default_factory=dict)
    """Of models of a Python program: file and line."""
    teams: Mapping[str, str | None] = field(default_factory=dict)
    """Of models of a program, which may name one for each."""


def stacks(
    root: Path, names: Sequence[str] | None = None, *, locked: bool = True
) -> Iterator[Stack]:
    """Return each stack with models; `names` are all that there are. Raises `UserError`.

    Without `locked` no lock file is read, and only the shape of specs is checked: what locking begins with.
    """
    for name in stack_files(root) if names is None else names:
        workspace = Workspace(root, name)
        found = read_stack(workspace, locked=locked)
        if found.settings.models or has_models(workspace):
            yield found


def read_stack(workspace: Workspace, *, locked: bool = True) -> Stack:
    """Return a stack's models. Raises `UserError` for what is wrong with them, or with the program that has them."""
    root, name = workspace.root, workspace.stack
    facts = generated_files.locked_facts(root, name) if locked else None
    if has_models(workspace):
        with naming(workspace.path.name):
            settings = _settings(workspace.config[MODELS], workspace.team, facts)
        return Stack(name, workspace.path, settings)
    found = registered_models(root, name)
    with naming(f"stack {name!r}"):
        try:
            settings = _settings(found.specs, found.team, facts)
        except RefusedError as error:
            error.places = found.places
            raise
    of_program = not found.from_configuration
    names = {it: stack_name(it, args.edition) for it, args in settings.models.items()}
    places = {it: found.places[own] for it, own in names.items() if own in found.places}
    teams = {it: found.teams[own] for it, own in names.items() if own in found.teams}
    return Stack(name, workspace.path, settings, of_program, places, teams)


def has_models(workspace: Workspace) -> bool:
    """Return whether the stack's configuration has its models, so that its program is not asked."""
    return workspace.config.get(MODELS) is not None


def wanted_stacks(root: Path, names: Sequence[str], *, locked: bool = True) -> list[Stack]:
    """Return those of `names` that have models. Raises `UserError` where none has."""
    if every := list(stacks(root, names, locked=locked)):
        return every
    where, name = (
        ("stack " + repr(names[0]), names[0])
        if len(names) == 1
        else (f"any stack of {root}", "<stack>")
    )
    raise UserError(
        f"there are no models in {where}: write them under {MODELS} in Pulumi.{name}.yaml if the program calls "
        "deploy(), or else register one in it, e.g. Embedding(...)"
    )


def stack_with(root: Path, stack: str, model: str) -> tuple[Stack, str]:
    """Return a stack, and what the resources of a model are called there: `search.next` is `search-2`.

    Raises `UserError`, which lists the models, where it has none of that name.
    """
    [found] = wanted_stacks(root, [stack])
    known = found.settings.models
    if resource := find_resource(known, model):
        return found, resource
    if missing := find_missing_role(known, model):
        raise UserError(missing)
    raise UserError(
        f"stack {stack!r} has no model {model!r}.{did_you_mean(model, known)} It has: {list_names(known)}"
    )


def _settings(models: object, team: str | None, facts: Lock | None) -> Settings:
    if facts is not None:
        return parse_settings(models, team, facts)
    specs, found = parse_specs(models)
    found += [line for name, args in specs.items() for line in _unlockable(name, args)]
    if found:
        raise UserError(*found)
    return Settings(specs, team)


def _unlockable(name: str, args: ModelArgs) -> list[str]:
    """Return why the Hub need not be asked: there is no such repository anywhere."""
    return error_lines([it for it in find_firm(Subject(name, args)) if it.rule.id in NO_REPOSITORY])
