"""Which call meets which fault, and what becomes of the call: refused, lost, late, truncated, held."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from baseten_emulator.faults import error_bodies, faults
from baseten_emulator.faults.patterns import matches
from baseten_emulator.world.records import Deployment, Fault, Model
from baseten_emulator.world.truss_archive import model_name_in
from baseten_emulator.world.wire import Request, Response
from baseten_emulator.world.world import World


@dataclass(frozen=True)
class Call:
    """A request as faults see it: its surface, its GraphQL operation, and the model it names by id."""

    request: Request
    surface: str
    operation: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    model: Model | None = None

    @property
    def subject(self) -> str:
        """What a fault's `path` is searched in."""
        return self.operation or f"{self.request.method} {self.request.path}"

    def is_about(self, model_name: str) -> bool:
        """Return whether it is about this model: by its id, by a query, or somewhere in its body."""
        if self.model is not None:
            return self.model.name == model_name
        if self.surface == "upload":
            return model_name_in(self.request.body) == model_name
        return self.request.arg("name") == model_name or (
            re.search(rf'\\?"{re.escape(model_name)}\\?"'.encode(), self.request.body) is not None
        )


def find_fault(world: World, call: Call) -> Fault | None:
    """Return the first fault that happens to this call, and use it up once; those it passes by are counted."""
    for fault in world.store.all(Fault):
        if fault.kind in faults.CALLS and _concerns(world, fault, call):
            if _lets_pass(world, fault):
                continue
            return _mark_held(world, fault) if fault.kind == "hold" else faults.use_up(world, fault)
    return None


def takes_effect(fault: Fault) -> bool:
    """Return whether the call is carried out before the fault happens to its answer."""
    always = fault.kind in ("slow_reply", "truncated")
    return always or fault.options.get("when") == "after"


def apply_fault(fault: Fault, call: Call, answer: Response | None) -> Response:
    """Return what the caller gets; `answer` is the real one, where the call took effect."""
    if fault.kind == "hold":
        return replace(answer or Response(), held_by=fault.id, untried=answer is None)
    if answer and fault.kind == "slow_reply":
        return replace(answer, delay_seconds=float(fault.options.get("seconds", 5)))
    if answer and fault.kind == "truncated":
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    return error_bodies.build_answer(fault, call.surface)


def _concerns(world: World, fault: Fault, call: Call) -> bool:
    return (
        fault.options["on"] in ("any", call.surface)
        and (fault.owner == "*" or call.is_about(fault.owner))
        and matches(fault.options.get("path", ""), call.subject)
        and (fault.kind != "not_found_at_first" or _is_new(world, fault, call))
    )


def _lets_pass(world: World, fault: Fault) -> bool:
    """Return whether this call still passes: one of the first `skip`, or one after the only call to be held."""
    left = fault.options.get("skip", 0)
    if left:
        world.store.put(replace(fault, options={**fault.options, "skip": left - 1}))
    return bool(left) or fault.calls_left == 0


def _mark_held(world: World, fault: Fault) -> Fault:
    """Mark a fault that holds a call, and keep it, so that the call can wait for its end."""
    left = None if fault.calls_left is None else fault.calls_left - 1
    held = replace(fault, options={**fault.options, "held": True}, calls_left=left)
    world.store.put(held)
    return held


def _is_new(world: World, fault: Fault, call: Call) -> bool:
    """Return whether what the path names was created a short while ago."""
    if call.model is None:
        return False
    named = re.search(r"/deployments?/(\w+)", call.request.path)
    deployment = world.store.get(Deployment, named[1]) if named else None
    made_at = deployment.created_at if deployment else call.model.created_at
    return world.now() - made_at < float(fault.options.get("seconds", 30))
