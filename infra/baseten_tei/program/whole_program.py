"""`deploy()`: a whole program, whose models are all in the stack's configuration, `Pulumi.<stack>.yaml`.

What it does besides makes it fast for a thousand models: docs/performance.md has what each of it saves.
"""

import asyncio
import gc
import os
from collections.abc import Mapping
from contextlib import suppress

import pulumi

from baseten_tei.program.program_end import runs_in_host

if runs_in_host():
    # A program lives for seconds and keeps what it makes: collecting took an eighth of its time (100 models).
    gc.disable()  # before what follows is imported

# the rest comes after the line that speeds up importing it
from baseten_tei.errors import UserError
from baseten_tei.program.collector import collect_configuration, is_collecting
from baseten_tei.program.components import CLASSES, TeiModel
from baseten_tei.program.configuration_check import check_configuration
from baseten_tei.program.context import context
from baseten_tei.program.outputs.stack_exports import export_models
from baseten_tei.program.prepare import Ready, ready
from baseten_tei.program.program_end import end_program
from baseten_tei.program.resources import Secret
from baseten_tei.program.stack_secret import find_token, register_secret
from baseten_tei.project import generated_files
from baseten_tei.project.deprecations import find_deprecated
from baseten_tei.project.stack_values import decode_value
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.spec.spaces import Role, list_roles
from baseten_tei.spec.spec_parser import NAMESPACE


def deploy() -> None:
    """Register everything in `Pulumi.<stack>.yaml`. Ends the program with one line per problem.

    A program with a `pulumi.run` of its own calls this inside of it.
    """
    if runs_in_host() and not os.environ.get("BASETEN_TEI_DEBUG"):
        # The SDK calls the engine for each debug line, which only `pulumi --debug` shows.
        pulumi.log.debug = lambda *_, **__: None
    _register_stack()
    _begin_registrations()


def _register_stack() -> None:
    config = pulumi.Config(NAMESPACE)
    if is_collecting():  # a command asks which models there are
        collect_configuration(_models(config), config.get("team"))
        return
    try:
        check_configuration(context())
        settings = parse_settings(_models(config), config.get("team"), context().lock)
        models = ready(settings.subjects)
        gated = next((name for name, args in settings.models.items() if args.gated), None)
        token = None if gated is None else find_token(gated)
        _tidy(settings)
    except UserError as error:
        end_program(error)
    for line in find_deprecated(_models(config)).values():
        pulumi.log.warn(line)
    secret = register_secret(token, settings.team) if token else None
    made = {name: _model(it, settings.team, secret) for name, it in models.items()}
    export_models({name: _join(made, roles) for name, roles in list_roles(settings.models).items()})


def _begin_registrations() -> None:
    """Let the registrations begin before the SDK looks whether there are any.

    It would find none, and look through all that waits for them instead, again and again. A program that has an
    asynchronous part already waits by itself, and one on an SDK before 3.260 does without.
    """
    run = getattr(pulumi, "run", None)
    if run is not None:
        with suppress(pulumi.RunError):
            run(lambda: asyncio.sleep(0))


def _models(config: pulumi.Config) -> object:
    """What YAML held."""
    return decode_value(config.get("models"), f"{NAMESPACE}:models")


def _model(model: Ready, team: str | None, secret: Secret | None) -> TeiModel:
    name, args = model.subject.name, model.subject.args
    return CLASSES[args.task](name, args, team=team, secret=secret, ready=model)


def _join(made: Mapping[str, TeiModel], roles: Mapping[Role, str]) -> TeiModel:
    """Return the current model of a name, which tells of those beside it, too."""
    current = made[roles["current"]]
    current.tell_spaces({role: made[it] for role, it in roles.items() if role != "current"})
    return current


def _tidy(settings: Settings) -> None:
    """Remove the configs of models that are gone. Raises `UserError` in CI, which never writes."""
    here = context()
    for path in generated_files.orphans(here.root, here.owner.stack, settings.models):
        if here.in_ci:
            where = path.relative_to(here.root)
            raise UserError(f"{where} belongs to no model: run `baseten-tei generate` and commit")
        if not here.preview:
            generated_files.remove(path)
