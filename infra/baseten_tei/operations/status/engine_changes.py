"""What the engine would do, resource by resource."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from baseten_tei.deployment.differences import find_changed_paths
from baseten_tei.operations.status.stored_resources import StoredResources
from baseten_tei.project.urns import Values, kind_of, name_of
from baseten_tei.spec.type_tokens import API_KEY

Diff = Callable[[str, Values, Values], Sequence[str]]
"""Of a type's resource, its outputs compared with new inputs: paths of what changes."""


@dataclass(frozen=True)
class EngineChange:
    """`create`, `update` or `delete` of a resource, and why: paths of inputs, or words."""

    op: str
    resource: str
    kind: str
    why: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """`update bge-push: stdin`."""
        return f"{self.op} {self.resource}{': ' if self.why else ''}{', '.join(self.why)}"


def find_changes(
    state: StoredResources, wanted: Mapping[str, Values], diff: Diff
) -> Iterator[EngineChange]:
    """Yield each resource that a preview would not call unchanged; `diff` is our provider's."""
    for urn, inputs in wanted.items():
        if urn not in state.resources:
            yield _change("create", urn)
        elif not (state.is_settled(urn) and state.inputs(urn) == inputs):
            yield from _update(urn, state, inputs, diff)
    for urn in {**state.resources, **state.unfinished}:
        if urn not in wanted and kind_of(urn) != API_KEY:  # the program's own: no file names it
            yield _change("delete", urn)


def _update(urn: str, state: StoredResources, inputs: Values, diff: Diff) -> Iterator[EngineChange]:
    kind = kind_of(urn)
    unfinished = [state.unfinished[urn]] if urn in state.unfinished else []
    if kind.startswith("baseten:"):
        paths = diff(kind, state.outputs(urn), inputs)
    else:
        paths = find_changed_inputs(state.inputs(urn), inputs)
    if why := (*unfinished, *paths):
        yield _change("update", urn, why)


def find_changed_inputs(before: Values, inputs: Values) -> list[str]:
    """Return the paths of inputs that differ."""
    gone = [key for key in before if key not in inputs]
    return [*find_changed_paths(before, inputs), *gone]


def _change(op: str, urn: str, why: tuple[str, ...] = ()) -> EngineChange:
    return EngineChange(op, name_of(urn), kind_of(urn), why)
