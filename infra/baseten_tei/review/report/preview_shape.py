"""The shape of a preview, as far as a report reads it: a file may hold anything."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.spec.messages import first_problem
from baseten_tei.spec.type_tokens import COMPONENTS, ENVIRONMENT, PUSH

ANEW = "make it again: pulumi preview --json --show-sames > preview.json"


def _object_text(text: str | None) -> str | None:
    if not isinstance(decode_json(text or "{}"), dict):
        raise ValueError("is not a JSON object")
    return text


_Number = float | str | None
"""A text if the engine does not know the number yet."""


class _Resource(BaseModel):
    """A resource of any type."""

    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    parent: str | None = None
    protect: bool | None = None


class _Spec(BaseModel):
    task: str | None = None
    model_id: str | None = None
    revision: str | None = None
    environment: str | None = None


class _Push(BaseModel):
    stdin: Annotated[str | None, AfterValidator(_object_text)] = None
    environment: dict[str, str] | None = None


class _Release(BaseModel):
    environment: str
    deployment: str | None = None


class _Serving(BaseModel):
    drift: dict[str, Any] | str | None = None
    dimensions: _Number = None
    max_input_length: _Number = None


_INPUTS: Mapping[str, type[BaseModel]] = {PUSH: _Push, ENVIRONMENT: _Release}
_OUTPUTS: Mapping[str, type[BaseModel]] = {ENVIRONMENT: _Serving}


class Step(BaseModel):
    """What happens to one resource; `old` is `None` if it is new, `new` if it goes."""

    op: str
    urn: Annotated[str, Field(pattern=r"^urn:pulumi:[^:]*::[^:]*::.+::.+$")]
    old: dict[str, Any] | None
    new: dict[str, Any] | None

    @property
    def name(self) -> str:
        """Return the resource's name."""
        return self.urn.rpartition("::")[2]

    @property
    def type(self) -> str:
        """Return its own type token, without its parents'."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def parent(self) -> str:
        """Return the name of the resource that it belongs to."""
        state = self.new or self.old or {}
        return str(state.get("parent", "")).rpartition("::")[2]

    @property
    def changes(self) -> bool:
        """Return whether it does anything."""
        return self.op != "same"


class Diagnostic(BaseModel):
    """A message of the engine."""

    severity: str
    message: str


_STEPS = TypeAdapter(list[Step])
_TOLD = TypeAdapter(list[Diagnostic])


def parse_steps(found: Any) -> list[Step]:
    """Return the steps, each with resources of the shape of their type. Raises `UserError`."""
    try:
        steps = _STEPS.validate_python(found)
    except ValidationError as error:
        raise _refusal("steps", error) from error
    for step in steps:
        for state in (step.old, step.new):
            if state is not None:
                _check(step.name, step.type, state)
    return steps


def parse_diagnostics(found: Any) -> list[Diagnostic]:
    """Return the diagnostics. Raises `UserError`."""
    try:
        return _TOLD.validate_python(found)
    except ValidationError as error:
        raise _refusal("diagnostics", error) from error


def _check(name: str, kind: str, state: Mapping[str, Any]) -> None:
    inputs = _Spec if kind.startswith(COMPONENTS) else _INPUTS.get(kind)
    try:
        _Resource.model_validate(state)
        if inputs:
            inputs.model_validate(state.get("inputs") or {})
        if kind in _OUTPUTS:
            _OUTPUTS[kind].model_validate(state.get("outputs") or {})
    except ValidationError as error:
        raise _refusal(f"resource {name!r}", error) from error


def _refusal(what: str, error: ValidationError) -> UserError:
    return UserError(f"is not a preview: {what}: {first_problem(error)}: {ANEW}")
