"""The outputs of a stack, whoever registered its models."""

from collections.abc import Iterable, Mapping

import pulumi

from baseten_tei.errors import UserError
from baseten_tei.outputs.types import SCHEMA_VERSION
from baseten_tei.program.collector import is_collecting
from baseten_tei.program.components import TeiModel
from baseten_tei.program.context import once_in_a_program
from baseten_tei.program.program_end import end_program
from baseten_tei.program.resources import state_id

EXAMPLE = """write export_models({"bge": bge}), where bge = Embedding("bge", …)"""


def export_models(models: Mapping[str, TeiModel]) -> None:
    """Export the outputs of a stack from YAML: `models` (typed, by name) and `schema_version`.

    Ends the program with one line per problem.
    """
    if problems := [*_problems(models)]:
        end_program(UserError(*problems))
    pulumi.export("schema_version", SCHEMA_VERSION)
    _exported().extend(models)
    pulumi.export("models", {name: model.outputs for name, model in models.items()})
    if not is_collecting():
        state_id()  # also of a stack without models: what it forgot (`on_removal: retain`) stays its own


@once_in_a_program
def _exported() -> list[str]:
    """The names that the program has exported so far."""
    return []


def _problems(models: object) -> Iterable[str]:
    if not isinstance(models, Mapping):
        yield f"export_models takes models by their names, not {_kind(models)}: {EXAMPLE}"
        return
    if _exported():
        yield f"this program has exported {', '.join(_exported())} already: call export_models once, with all models"
    for key, model in models.items():
        if not isinstance(model, TeiModel):
            yield f"export_models: {key!r} is not a model, but {_kind(model)}: {EXAMPLE}"
        elif (name := model.stack_name) != key:
            yield f"export_models: {key!r} is model {name!r}, and commands know it by that name: write {name!r}: …"


def _kind(value: object) -> str:
    return (
        f"one model, {value.stack_name!r}" if isinstance(value, TeiModel) else type(value).__name__
    )
