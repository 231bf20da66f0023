"""Which of the models under a name a client calls: the one it asks for, or the one with the space of its index."""

from collections.abc import Mapping
from typing import Any, get_args

from baseten_tei_client._outputs import ModelOutputs, Role, parse_outputs, parse_spaces
from baseten_tei_client._spaces import Space, compare
from baseten_tei_client.errors import OutputsError, SpaceMismatchError, UsageError


def choose_model(
    outputs: Mapping[str, Any],
    name: str,
    environment: str | None,
    role: Role | None,
    expected: Space | None,
) -> ModelOutputs:
    """Return the model to call.

    Raises `OutputsError` where there is none, and `SpaceMismatchError` where none has the expected space.
    """
    if role is not None:
        candidates = [_by_role(outputs, name, environment, role)]
    elif environment is not None:
        candidates = [parse_outputs(outputs, name, environment)]
    else:
        candidates = [*parse_spaces(outputs, name).values()]
    return candidates[0] if expected is None else _choose_by_space(candidates, expected)


def _by_role(
    outputs: Mapping[str, Any], name: str, environment: str | None, role: Role
) -> ModelOutputs:
    if not isinstance(role, str) or role not in get_args(Role):
        raise UsageError(
            f"space must be one of {get_args(Role)}, not {role!r:.100} (the space of an index is expect_space)"
        )
    if environment is not None:
        raise UsageError(
            "environment and space do not go together: space chooses a model in its own environment"
        )
    found = parse_spaces(outputs, name)
    if role not in found:
        raise OutputsError(
            f"model {name!r} has no {role} in its outputs, only {', '.join(found)}: if its spec has one, run "
            "`pulumi up`, and give the outputs again"
        )
    return found[role]


def _choose_by_space(candidates: list[ModelOutputs], expected: Space) -> ModelOutputs:
    """Return the first of the models whose vectors may share an index with those of a space."""
    name, served = candidates[0].name, [it for it in candidates if it.space is not None]
    if not served:
        raise SpaceMismatchError(
            f"model {name!r}: its outputs have no embedding space to compare with the expected one: give the "
            "JSON of `pulumi stack output --json` of an embedding model"
        )
    differing = []
    for it in served:
        comparison = compare(expected, it.space)  # type: ignore[arg-type]  # those without are left out
        if comparison:
            return it
        differing.append((it, "; ".join(comparison.reasons)))
    if len(differing) == 1:
        raise SpaceMismatchError(
            f"model {name!r} uses a different embedding space than expected: {differing[0][1]}. "
            "Embed the index again with this model, or connect to the stack it was made with"
        )
    listed = ". ".join(f"{it.role} ({_describe(it)}): {why}" for it, why in differing)
    raise SpaceMismatchError(
        f"model {name!r} does not serve the expected space. It serves: {listed}. Embed the index again with one of "
        "them, or connect to the stack it was made with"
    )


def _describe(model: ModelOutputs) -> str:
    """Return a space in few words."""
    space = model.space
    return f"{space.model_id}, {space.dimensions} dimensions" if space else "without a space"
