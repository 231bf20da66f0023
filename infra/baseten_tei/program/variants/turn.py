"""Whose turn it is, of a spec's list of GPUs: the program plans the next one where the state says that one had none.

The state is asked through the engine that runs the program, which has it (docs/adr/0013). Only `on_no_capacity: next`
asks: every other program plans from its specs alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from baseten_tei.deployment.capacity.lacks import Lack, choose_turn, find_last
from baseten_tei.deployment.capacity.turns import Turn, list_turns
from baseten_tei.deployment.instances import find_sku
from baseten_tei.errors import UserError
from baseten_tei.program.context import once_in_a_program
from baseten_tei.program.prepare import Ready
from baseten_tei.spec.names import baseten_name
from baseten_tei.spec.type_tokens import ENVIRONMENT

_READ = "pulumi:pulumi:readStackResourceOutputs"
"""The engine's own function, which the Node.js SDK calls `listResourceOutputs`."""


def take_turn(ready: Ready, team: str | None) -> tuple[Ready, str | None]:
    """Return the model on the GPU whose turn it is, and a line about it where that is not the first.

    Raises `UserError` where the state cannot be read: a model would go back to the first GPU without a word.
    """
    subject = ready.subject
    if subject.args.on_no_capacity != "next":
        return ready, None
    turns = list_turns(subject.name, [it.args for it in subject.turns])
    name = baseten_name(subject.name, subject.args)
    environments = [
        it for it in recorded_environments() if (it.get("model"), it.get("team")) == (name, team)
    ]
    lacks = [lack for it in environments for lack in it.get("no_capacity") or ()]
    turn = choose_turn([it.digest for it in turns], lacks)
    serves = bool(environments) and all(
        it.get("serving_digest") == turns[turn].digest for it in environments
    )
    last = find_last([it.digest for it in turns], lacks)
    said = describe_turn(subject.name, turns, turn, last, serves=serves) if last and turn else None
    return replace(ready, turn=turn), said


def describe_turn(name: str, turns: Sequence[Turn], turn: int, last: Lack, *, serves: bool) -> str:
    """Return what a preview says of a GPU that is not the first of its list."""
    now, first = turns[turn], turns[0].accelerator
    price, usual = find_sku(now.instance_type), find_sku(turns[0].instance_type)
    cost = f" (${price.price:.5f} a minute, {first} ${usual.price:.5f})" if price and usual else ""
    back = f"to go back to {first}, remove on_no_capacity"
    if serves:
        return f"model {name!r}: it stays on {now.accelerator}{cost}, since no {first} was free: {back}"
    return (
        f"model {name!r}: no {last['accelerator']} was free for {int(last['minutes'])} min ({last['at']}), so it is "
        f"pushed for {now.accelerator}{cost}: same model, same endpoint; {back}"
    )


@once_in_a_program
def recorded_environments() -> tuple[Mapping[str, Any], ...]:
    """Return the outputs of the environments in this stack's state, as the last update left them."""
    return tuple(_environments(_read_state()))


def _environments(told: Any) -> Iterator[Mapping[str, Any]]:
    found = told.get("outputs") if isinstance(told, Mapping) else None
    for resource in (found or {}).values():
        if isinstance(resource, Mapping) and resource.get("type") == ENVIRONMENT:
            yield resource.get("outputs") or {}


def _read_state() -> Any:
    """Ask by the stack's whole name, and by its short one where a backend's stacks have no project."""
    organization, stack, error = pulumi.get_organization(), pulumi.get_stack(), None
    whole = [f"{organization}/{pulumi.get_project()}/{stack}"] if organization else []
    for name in (*whole, stack):
        try:
            return pulumi.runtime.invoke(_READ, {"stackName": name}).value
        except Exception as caught:
            error = caught
    raise UserError(
        f"on_no_capacity: next needs the stack's state, which Pulumi does not read ({error}): write the accelerator "
        "itself"
    ) from error
