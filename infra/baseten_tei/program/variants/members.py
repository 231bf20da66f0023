"""The models that a component's `next` and `previous` add to it, each a component of its own."""

from collections.abc import Mapping
from copy import copy

import pulumi

from baseten_tei.errors import UserError
from baseten_tei.program.context import context
from baseten_tei.program.prepare import Ready, ready_alone
from baseten_tei.program.program_end import end_program
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spaces import Role, expand
from baseten_tei.spec.spec_parser import parse_spec

Named = tuple[str, ModelArgs]
"""A model's spec, after what its resources are called."""


def read_members(name: str, args: ModelArgs) -> tuple[Named, Mapping[Role, Named]]:
    """Return the model itself, and those beside it. Ends the program with one line per problem."""
    if args.next is None and args.previous is None and args.edition in (None, 1):
        return (name, args), {}
    spec = {"task": args.task, **args.model_dump(mode="json", exclude_unset=True)}
    try:
        found = expand(name, spec)
        others: dict[Role, Named] = {
            role: (it.resource, _parse(f"{name}.{role}", it.spec))
            for role, it in found.items()
            if role != "current"
        }
    except UserError as error:
        end_program(UserError(*(_naming(name, it) for it in error.problems)))
    return (found["current"].resource, args), others


def ready_member(name: str, args: ModelArgs) -> Ready:
    """Return a model that stands beside another one, judged. Ends the program with one line per problem."""
    try:
        return ready_alone(name, args, context())
    except UserError as error:
        end_program(error)


def beside(options: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """Return a component's options as the one beside it takes them: former names and imports are not its own."""
    if options is None:
        return None
    others = copy(options)
    others.aliases = others.import_ = others.urn = None
    return others


def _parse(name: str, spec: Mapping[str, object]) -> ModelArgs:
    parsed = parse_spec(name, spec)
    if isinstance(parsed, list):
        raise UserError(*parsed)
    return parsed


def _naming(name: str, problem: str) -> str:
    return problem if problem.startswith("model ") else f"model {name!r}: {problem}"
