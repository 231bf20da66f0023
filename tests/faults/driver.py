"""The engine's loop in small, over the provider's own resources: create, update, read, delete, and a state.

What it does with an answer is what Pulumi does (docs: how Pulumi works): a step that failed leaves the state
as it was, unless it was partly done; a step that is the same takes over the new inputs; what the program no
longer has is deleted last, in reverse order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from baseten_tei.provider.protocol.input_checks import input_failures
from baseten_tei.provider.protocol.resource import PartlyDoneError, Resource, Values
from baseten_tei.provider.protocol.values import plain, properties

COMMAND = "command:local:Command"


@dataclass(frozen=True)
class Entry:
    """A resource in the state; `failed` is one that was partly done: the next `up` updates it."""

    kind: str
    id: str
    inputs: Values
    state: Values
    failed: bool = False


State = Mapping[str, Entry]


@dataclass(frozen=True)
class Step:
    """A resource of the program; its inputs may need outputs of those before it."""

    name: str
    kind: str
    inputs: Callable[[State], Values]


class Driver:
    """A stack: its state, and what acts on Baseten for it. `push` is what the Command runs."""

    def __init__(self, resources: Mapping[str, Resource], push: Callable[[Values], Values]) -> None:
        self._resources = resources
        self._push = push
        self.entries: dict[str, Entry] = {}

    def up(self, program: Sequence[Step]) -> None:
        """Bring everything to what the program says. Raises `UserError` at the first step that fails."""
        for step in program:
            inputs = _over_the_wire(step.inputs(self.entries))
            self._apply(step, inputs, self.entries.get(step.name))
        for name in [name for name in self.entries if name not in {it.name for it in program}][
            ::-1
        ]:
            self._delete(name)

    def refresh(self) -> None:
        """Read everything back. Raises `UserError`; what was read before stays."""
        for name, entry in [*self.entries.items()]:
            if entry.kind == COMMAND:
                continue
            live = self._resources[entry.kind].read(entry.id, entry.inputs, entry.state)
            if not live.id:
                del self.entries[name]
            else:
                inputs, state = _over_the_wire(live.inputs), _over_the_wire(live.state)
                self.entries[name] = Entry(entry.kind, live.id, inputs, state)

    def _apply(self, step: Step, inputs: Values, old: Entry | None) -> None:
        if step.kind == COMMAND:
            if old is None or old.inputs != inputs:
                self.entries[step.name] = Entry(COMMAND, step.name, inputs, self._push(inputs))
            return
        assert input_failures(step.kind, inputs, ()) == []
        try:
            self.entries[step.name] = self._act(step, inputs, old)
        except PartlyDoneError as error:
            done = (_over_the_wire(error.inputs), _over_the_wire(error.state))
            self.entries[step.name] = Entry(step.kind, error.resource_id, *done, failed=True)
            raise

    def _act(self, step: Step, inputs: Values, old: Entry | None) -> Entry:
        resource = self._resources[step.kind]
        if old is None:
            resource_id, state = resource.create(inputs)
            return Entry(step.kind, resource_id, inputs, _over_the_wire(state))
        change = resource.diff(old.state, inputs)
        assert not change.replaces
        if not change.paths and not old.failed:
            return replace(old, inputs=inputs)
        state = resource.update(old.id, old.state, inputs)
        return Entry(step.kind, old.id, inputs, _over_the_wire(state))

    def _delete(self, name: str) -> None:
        entry = self.entries[name]
        if entry.kind != COMMAND:
            self._resources[entry.kind].delete(entry.id, entry.state)
        del self.entries[name]


def _over_the_wire(values: Values) -> Values:
    """As it comes out at the other end: without what is `None`, numbers as JSON has them."""
    return plain(properties(values))
