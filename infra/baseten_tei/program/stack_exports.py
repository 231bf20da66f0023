"""A whole stack from its configuration: the secret, the models, the outputs."""

import os
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import is_config_secret

from baseten_tei.errors import UserError
from baseten_tei.outputs.types import SCHEMA_VERSION
from baseten_tei.program.collector import collect_configuration, is_collecting
from baseten_tei.program.components import Classifier, Embedding, Reranker, TeiModel
from baseten_tei.program.configuration_check import check_configuration
from baseten_tei.program.context import context
from baseten_tei.program.prepare import Ready, ready
from baseten_tei.program.program_end import end_program
from baseten_tei.program.resources import Secret, state_id
from baseten_tei.project import generated_files
from baseten_tei.project.stack_values import decode_value
from baseten_tei.rules.settings import Settings, parse_settings
from baseten_tei.spec.args import ClassifierArgs, EmbeddingArgs
from baseten_tei.spec.hf_token import FROM_ENV, SECRET_NAME, VARIABLE, token_variable
from baseten_tei.spec.spec_parser import NAMESPACE


def deploy() -> None:
    """Register everything in `Pulumi.<stack>.yaml`. Ends the program with one line per problem."""
    config = pulumi.Config(NAMESPACE)
    if is_collecting():  # a command asks which models there are
        collect_configuration(_models(config), config.get("team"))
        return
    try:
        check_configuration(context())
        settings = parse_settings(_models(config), config.get("team"), context().lock)
        models = ready(settings.subjects)
        token = _token(config, settings)
        _tidy(settings)
    except UserError as error:
        end_program(error)
    secret = _secret(token, settings.team) if token else None
    export({name: _model(it, settings.team, secret) for name, it in models.items()})
    state_id()  # also of a stack without models: what it forgot (`on_removal: retain`) stays its own


def export(models: Mapping[str, TeiModel]) -> None:
    """Export the stack's outputs: `models` (typed, by name) and `schema_version`."""
    pulumi.export("schema_version", SCHEMA_VERSION)
    pulumi.export("models", {name: model.outputs for name, model in models.items()})


def _models(config: pulumi.Config) -> object:
    """What YAML held."""
    return decode_value(config.get("models"), f"{NAMESPACE}:models")


def _model(model: Ready, team: str | None, secret: Secret | None) -> TeiModel:
    name, args = model.subject.name, model.subject.args
    if isinstance(args, EmbeddingArgs):
        return Embedding(name, args, team=team, secret=secret, ready=model)
    if isinstance(args, ClassifierArgs):
        return Classifier(name, args, team=team, secret=secret, ready=model)
    return Reranker(name, args, team=team, secret=secret, ready=model)


def _secret(token: Mapping[str, Any], team: str | None) -> Secret:
    owner = context().owner
    whose = {"team": team, "project": owner.project, "stack": owner.stack}
    inputs = {"name": SECRET_NAME, **whose, "state_id": state_id().value, **token}
    # A replacement finds the secret there, and would take it for one that somebody else made: so it comes second.
    options = pulumi.ResourceOptions(
        protect=not context().target.loopback, delete_before_replace=True
    )
    return Secret(SECRET_NAME, inputs, options)


def _token(config: pulumi.Config, settings: Settings) -> Mapping[str, Any] | None:
    """Where the Hugging Face token comes from, if some model needs it: `value`, or `from_env`.

    Raises `UserError` where it is needed and missing.
    """
    if not settings.wants_token:
        return None
    if (variable := _variable(config)) is not None:
        return {"from_env": variable}
    configured = config.get_secret(SECRET_NAME)
    if configured is not None:
        return {"value": configured.apply(str.strip)}  # a file's last line break is no part of it
    if os.environ.get(VARIABLE, "").strip():
        return {"from_env": VARIABLE}
    gated = next(name for name, args in settings.models.items() if args.gated)
    raise UserError(
        f"model {gated!r} is gated and there is no Hugging Face token: export {VARIABLE}, or name the variable "
        f"that holds it in Pulumi.{context().owner.stack}.yaml: {NAMESPACE}:{SECRET_NAME}: {FROM_ENV}"
    )


def _variable(config: pulumi.Config) -> str | None:
    """The variable that `hf_access_key: {from_env: NAME}` names. Raises `UserError` for another mapping."""
    if is_config_secret(config.full_key(SECRET_NAME)):
        return None
    return token_variable(decode_value(config.get(SECRET_NAME), config.full_key(SECRET_NAME)))


def _tidy(settings: Settings) -> None:
    """Remove the configs of models that are gone. Raises `UserError` in CI, which never writes."""
    here = context()
    for path in generated_files.orphans(here.root, here.owner.stack, settings.models):
        if here.in_ci:
            where = path.relative_to(here.root)
            raise UserError(f"{where} belongs to no model: run `baseten-tei generate` and commit")
        if not here.preview:
            generated_files.remove(path)
