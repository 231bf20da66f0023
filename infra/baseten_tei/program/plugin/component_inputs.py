"""A component's inputs as they come from another language, read as a spec."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import ValidationError

from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.property_path import property_path
from baseten_tei.provider.protocol.resource import Failure
from baseten_tei.spec.args import ARGS_BY_TASK, ModelArgs
from baseten_tei.spec.credentials import SECRET_PLACE, TOKEN_PLACE, spec_problems
from baseten_tei.spec.in_python import lists_as_tuples
from baseten_tei.spec.messages import problem_text

SECRET = (
    f"a spec is written in clear, so it takes no secret value: {SECRET_PLACE}; for the Hugging Face token {TOKEN_PLACE}"
)  # fmt: skip


TEAM = "team"
"""The input that no spec has: in a stack's configuration it stands beside the models."""


def read_component(
    task: str, name: str, inputs: Mapping[str, Any]
) -> tuple[ModelArgs, str | None] | list[Failure]:
    """Return the spec and the team, or what is wrong with which property.

    Raises `UserError` where a value looks like a credential: then nothing else of it is shown.
    """
    given = {
        key: _of_beside(it) if key in ("next", "previous") else _without_null(it)
        for key, it in inputs.items()
        if it is not None
    }
    if found := spec_problems(name, given):
        raise UserError(*found)
    team = given.pop(TEAM, None)
    spec = _read_spec(task, given)
    failures = spec if isinstance(spec, list) else []
    if team is not None and not isinstance(team, str):
        failures = [*failures, Failure(TEAM, f"team must be a text, not {team!r}")]
    return failures or (cast("ModelArgs", spec), team)


def _read_spec(task: str, given: Mapping[str, Any]) -> ModelArgs | list[Failure]:
    args = ARGS_BY_TASK[task]
    try:
        return args.model_validate({"task": task, **lists_as_tuples(given)})
    except ValidationError as error:
        return [
            Failure(property_path(map(str, details["loc"])), problem_text(details, args))
            for details in error.errors()
        ]


def secret_failures(names: Iterable[str]) -> list[Failure]:
    """Return why inputs that are secret are refused."""
    return [Failure(name, SECRET) for name in sorted(names)]


def _of_beside(value: Any) -> Any:
    """Keep null where it says what a model does not inherit: languages that send it had it written there."""
    if isinstance(value, Mapping):
        return {key: _without_null(it) for key, it in value.items()}
    return value


def _without_null(value: Any) -> Any:
    """What a language leaves undefined may come as null."""
    if isinstance(value, Mapping):
        return {key: _without_null(it) for key, it in value.items() if it is not None}
    return value
