"""What every resource of this provider is: functions over plain dictionaries, `state` being its outputs."""

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from baseten_tei.errors import UserError

Values = dict[str, Any]

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Pulumi's own mark for a value that only the update will know."""


@dataclass(frozen=True)
class Change:
    """What a new set of inputs means for a resource: property paths, and which of them replace it."""

    paths: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """What is wrong with the input at a property path, in one line."""

    property: str
    reason: str


@dataclass(frozen=True)
class Live:
    """A resource as it really is; `id` is empty where it is gone."""

    id: str = ""
    inputs: Values = field(default_factory=dict)
    state: Values = field(default_factory=dict)


class PartlyDoneError(UserError):
    """It failed, but what was done already has to be remembered for the next `up`."""

    def __init__(self, error: UserError, resource_id: str, inputs: Values, state: Values) -> None:
        super().__init__(*error.problems)
        self.resource_id = resource_id
        self.inputs = inputs
        self.state = state


@runtime_checkable
class KeptInState(Protocol):
    """A resource of which nothing is on Baseten: its inputs are made once, and the state keeps them."""

    def made_inputs(self, inputs: Values, old_inputs: Values, seed: bytes) -> Values:
        """Return the inputs that were left out: as they were, or of the engine's random `seed`."""


@runtime_checkable
class Explained(Protocol):
    """A resource with more to say of a change than its properties do."""

    def explain(self, inputs: Values, state: Values | None) -> None:
        """Say it, once in a preview; `state` is `None` for a create."""


class Resource(Protocol):
    """One kind of resource. Every method but `diff` may raise `UserError`; in a preview nothing is called."""

    def diff(self, state: Values, inputs: Values) -> Change:
        """Return how `inputs` differ from what `state` says was made of the last ones."""

    def plan(self, inputs: Values, state: Values | None) -> tuple[str, Values]:
        """Return id and outputs as far as a preview can know them; `state` is `None` for a create."""

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Make it: id and outputs."""

    def read(self, resource_id: str, inputs: Values, state: Values) -> Live:
        """Return what there is now."""

    def update(self, resource_id: str, state: Values, inputs: Values) -> Values:
        """Change it: outputs."""

    def delete(self, resource_id: str, state: Values) -> None:
        """Delete the object; if it is gone already, that is not an error."""

    def is_same(self, state: Values, inputs: Values) -> bool:
        """Return whether these inputs, whose names are alike, stand for the very thing that `state` says is there."""
