"""The stack's `hf_access_key`: one secret, however many gated models need it."""

import os
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import is_config_secret

from baseten_tei.errors import UserError
from baseten_tei.program.configuration_check import check_token
from baseten_tei.program.construction import of_stack
from baseten_tei.program.context import context
from baseten_tei.program.resources import Secret, SecretKey, program_secrets, state_id
from baseten_tei.project.stack_values import decode_value
from baseten_tei.spec.hf_token import FROM_ENV, SECRET_NAME, VARIABLE, token_variable
from baseten_tei.spec.spec_parser import NAMESPACE


def stack_secret(model: str, team: str | None) -> Secret:
    """Return the program's own secret, or register the stack's. Raise `UserError` where there is no token for it."""
    made = program_secrets()
    if own := made.get(SecretKey(SECRET_NAME, team)):
        return own
    if others := [key.team for key in made if key.name == SECRET_NAME]:
        raise UserError(
            f"model {model!r} is gated and of {_quote_team(team)}, and this program's {SECRET_NAME} is of "
            f"{_quote_team(others[0])}: put each team's models into a stack of its own"
        )
    return register_secret(find_token(model), team)


def find_token(model: str) -> Mapping[str, Any]:
    """Return where the Hugging Face token comes from, `value` or `from_env`. Raise `UserError` where there is none."""
    config = pulumi.Config(NAMESPACE)
    check_token(context())
    if (variable := _variable(config)) is not None:
        return {"from_env": variable}
    configured = config.get_secret(SECRET_NAME)
    if configured is not None:
        return {"value": configured.apply(str.strip)}  # a file's last line break is no part of it
    if os.environ.get(VARIABLE, "").strip():
        return {"from_env": VARIABLE}
    raise UserError(
        f"model {model!r} is gated and there is no Hugging Face token: export {VARIABLE}, or name the variable "
        f"that holds it in Pulumi.{context().owner.stack}.yaml: {NAMESPACE}:{SECRET_NAME}: {FROM_ENV}"
    )


def register_secret(token: Mapping[str, Any], team: str | None) -> Secret:
    """Register the stack's secret."""
    owner = context().owner
    whose = {"team": team, "project": owner.project, "stack": owner.stack}
    inputs = {"name": SECRET_NAME, **whose, "state_id": state_id().value, **token}
    # A replacement finds the secret there, and would take it for one that somebody else made: so it comes second.
    options = pulumi.ResourceOptions(
        protect=not context().target.loopback, delete_before_replace=True
    )
    return Secret(SECRET_NAME, inputs, of_stack(options))


def _variable(config: pulumi.Config) -> str | None:
    """The variable that `hf_access_key: {from_env: NAME}` names. Raises `UserError` for another mapping."""
    if is_config_secret(config.full_key(SECRET_NAME)):
        return None
    return token_variable(decode_value(config.get(SECRET_NAME), config.full_key(SECRET_NAME)))


def _quote_team(team: str | None) -> str:
    return f"team {team!r}" if team else "no team"
