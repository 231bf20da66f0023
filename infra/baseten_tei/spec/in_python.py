"""How a spec is made in Python: a mistake is one line, as in YAML."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baseten_tei.errors import UserError, redact


def raise_problems(error: UserError) -> NoReturn:
    """Raise it."""
    raise error


refuse: Callable[[UserError], NoReturn] = raise_problems
"""How a mistake in an argument ends: in a Pulumi program, with the program."""


if (
    TYPE_CHECKING
):  # a checker takes the fields for arguments, by the metaclass that has no public name
    from pydantic._internal._model_construction import ModelMetaclass as _Metaclass
else:
    _Metaclass = type(BaseModel)


@dataclass_transform(kw_only_default=True, field_specifiers=(Field,))
class InPython(_Metaclass):
    """Takes a list where specs hold tuples, and says in one line what is wrong with an argument."""

    if not TYPE_CHECKING:

        def __call__(cls, *args: Any, **given: Any) -> Any:  # noqa: N805  # of a metaclass
            """Make a spec. What YAML holds is validated without a call: `parse_spec` names its mistakes."""
            if args:
                first = next(iter(cls.model_fields))
                refuse(
                    UserError(
                        f"{cls.__name__} takes values by name: write {cls.__name__}({first}=…)"
                    )
                )
            try:
                return super().__call__(**lists_as_tuples(given))
            except ValidationError as error:
                refuse(UserError(*_lines(cls, error)))


class Words(BaseModel, metaclass=InPython):
    """Frozen, strict (no `"16384"` for 16384, no `true` for 1), and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def lists_as_tuples(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in which a list is a tuple: frozen specs hold tuples, which strict validation makes of no list."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}


def _lines(kind: type[BaseModel], error: ValidationError) -> list[str]:
    from baseten_tei.spec.messages import argument_text  # which knows the words of every class

    told = error.errors(include_url=False)
    return [redact(f"{kind.__name__}: {argument_text(details, kind)}") for details in told]
