"""The bare program's project, made from a stack of ours: same resources, same state, none of our code.

It takes over the state of our stack as it is. Its own no-op `up` then has to find everything unchanged,
which proves that it registers the very same resources with the very same inputs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.harness import Stack

PROGRAM = Path(__file__).parents[1] / "bare"
COMPONENT, MODEL, PUSH, ENVIRONMENT = "component", "model", "push", "environment"
_ROLES = {
    "baseten:index:Model": MODEL,
    "command:local:Command": PUSH,
    "baseten:index:Environment": ENVIRONMENT,
}
_COMMAND_INPUTS = ("create", "update", "interpreter", "stdin", "environment", "logging")


class BareProject(Stack):
    """A stack like ours whose program is `bare/`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        (self.folder / "infra").unlink()
        (self.folder / "infra").symlink_to(PROGRAM)

    def take_over(self, ours: Stack) -> None:
        """Take over the state of our stack, for the program to register the same resources."""
        export = self.folder / "state" / "taken-over.json"
        ours.pulumi("stack", "export", "--stack", ours.name, "--file", str(export)).check()
        self.pulumi("stack", "import", "--stack", self.name, "--file", str(export)).check()
        resources = json.loads(export.read_text())["deployment"]["resources"]
        own = {"state_id": read_state_id(resources), "models": list(read_models(resources))}
        (self.folder / "resources.json").write_text(json.dumps(own))
        export.unlink()


def read_state_id(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the one resource that belongs to no model."""
    return next(_as_literal(it) for it in resources if it["type"] == "baseten:index:StateId")


def read_models(resources: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a state's components with their three resources: type, name and inputs of each."""
    for component in (found for found in resources if found["type"].startswith("baseten-tei:")):
        children = [found for found in resources if found.get("parent") == component["urn"]]
        parts = {_ROLES[child["type"]]: _as_literal(child) for child in children}
        # Outputs that changed would make the engine save its whole state once for each component.
        outputs = {"outputs": component.get("outputs") or {}}
        yield {COMPONENT: {**_as_literal(component), **outputs}, **parts}


def _as_literal(resource: dict[str, Any]) -> dict[str, Any]:
    kept = resource["inputs"].items()
    if resource["type"] == "command:local:Command":  # its class adds the others itself
        kept = [(key, value) for key, value in kept if key in _COMMAND_INPUTS]
    name = resource["urn"].split("::")[-1]
    return {"type": resource["type"], "name": name, "inputs": dict(kept)}
