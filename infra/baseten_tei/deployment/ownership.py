"""Whose a deployment is: the labels that its push stamped on it say so.

An id that is made once for each Pulumi state decides. Project and stack are words for readers, which many have alike:
they count only for deployments that carry no id, as earlier releases pushed them, and only where the state has the
model already.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from baseten_tei.deployment.labels import OWNER_LABELS, STATE_LABEL

if TYPE_CHECKING:
    from baseten_tei.baseten.versions import Version

OWNER = ("project", "stack", "state_id")
"""Inputs that say whose a resource is: they come with its next change, and alone are none."""
SHOWN = 3
"""Owners that an error names at the most."""
SHOWN_CHARACTERS = 80
"""Of a foreign label, whose length nobody bounds."""
_STATE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{7,63}")
"""Begins with a letter, so that no reader of YAML takes it for a number."""


@dataclass(frozen=True)
class Owner:
    """A stack as its deployments name it: the id of its state, its words, and what both were before."""

    project: str
    stack: str
    state_id: str | None = None
    known_as: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """`project/stack`."""
        return f"{self.project}/{self.stack}"

    def owns(self, version: "Version") -> bool:
        """Return whether this stack pushed a deployment."""
        return mark_of(version) in {self.state_id, self.words, *self.known_as}

    def owns_any(self, versions: "Iterable[Version]") -> bool:
        """Return whether this stack pushed some deployment of a model."""
        return any(map(self.owns, versions))

    def by_id(self) -> "Owner":
        """Return the same owner without its words, where it has an id."""
        return replace(self, project="", stack="", known_as=()) if self.state_id else self


def owner_of(values: Mapping[str, Any]) -> Owner:
    """Return the owner that a resource's inputs or outputs name."""
    return Owner(
        str(values.get("project") or ""),
        str(values.get("stack") or ""),
        values.get("state_id"),
        tuple(values.get("known_as") or ()),
    )


def mark_of(version: "Version") -> str:
    """Return the id of the state that pushed a deployment, else `project/stack`; empty where no label says either."""
    if state_id := version.labels.get(STATE_LABEL):
        return str(state_id)
    words = [str(version.labels.get(label) or "") for label in OWNER_LABELS]
    return "/".join(words) if all(words) else ""


def earlier_marks(state: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return `known_as` after an update: what the state's owner was called, where the new inputs call it otherwise."""
    before, now = owner_of(state), owner_of(inputs)
    words = before.words if "project" in state else None
    marks = {*before.known_as, words, before.state_id} - {now.words, now.state_id, None}
    return {"known_as": sorted(map(str, marks))} if marks else {}


def owner_after(state: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return whose a model is after an update: the push's next words where there is one, else the ones it has.

    So the inputs of a push that has nothing to do never change: not by `pulumi stack rename`, and not in a stack
    that an earlier release brought up, which knew no ids.
    """
    pushes = bool(state.get("drift")) or state.get("digest") != inputs.get("digest")
    if "project" in state and not pushes:
        kept = ("project", "stack", "state_id", "stamp", "known_as")
        return {key: state.get(key) for key in kept}
    return {
        **{key: inputs.get(key) for key in OWNER},
        "stamp": inputs.get("state_id"),
        **earlier_marks(state, inputs),
    }


def name_taken_problem(
    name: str, owner: Owner, versions: "Collection[Version]", *, embedded: bool = False
) -> str:
    """Return the error text for a model on Baseten that this state does not own: whose it is, and what to run.

    `embedded`: it is on the emulator of this machine, which every project uses that says nothing else.
    """
    pushers = sorted({pusher_of(it) for it in versions})
    whose = f", pushed by {' and '.join(pushers[:SHOWN])}" if pushers else ""
    there = f"model {name!r} is on Baseten already{whose}, and the state of {owner.words} does not own it"
    if embedded:
        return (
            f"{there}: another project uses this emulator: type export BASETEN_EMULATOR_PORT=<a free port> for one of "
            "your own, or write another model_name, or adopt: true to take it over"
        )
    ids = {str(it.labels[STATE_LABEL]) for it in versions if it.labels.get(STATE_LABEL)}
    if len(ids) == 1 and not state_id_problem(only := min(ids)):
        return (
            f"{there}: write another model_name; only if the state that pushed it is lost, run "
            f"`pulumi config set baseten-tei:state_id {only}`"
        )
    return f"{there}: write another model_name, or adopt: true to take it over"


def foreign_problem(owner: Owner, serving: "Version") -> str | None:
    """Return why an environment with another state's deployment is refused; `None` where it may be replaced."""
    if not (owner.state_id and serving.labels.get(STATE_LABEL)) or owner.owns(serving):
        return None
    return (
        f"serves deployment {serving.id}, pushed by {pusher_of(serving)}, and the state of {owner.words} does not "
        "own it: write another model_name, or adopt: true to take it over"
    )


def pusher_of(version: "Version") -> str:
    """Return who pushed a deployment, for a reader: its words, and the id of its state where it carries one."""
    words = "/".join(str(version.labels.get(it) or "?") for it in OWNER_LABELS)
    stack = "someone without Pulumi" if words == "?/?" else f"stack {words}"
    state_id = version.labels.get(STATE_LABEL)
    said = f"{stack} (state id {state_id})" if state_id else stack
    return " ".join(said.split())[:SHOWN_CHARACTERS]


def state_id_problem(state_id: str) -> str | None:
    """Return why this cannot be the id of a state; `None` where it can."""
    if _STATE_ID.fullmatch(state_id):
        return None
    return (
        f"baseten-tei:state_id {state_id[:SHOWN_CHARACTERS]!r} is not the id of a state: copy the value of the "
        f"label {STATE_LABEL} from a deployment, or remove it"
    )
