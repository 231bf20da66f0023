"""The models of several stacks in one map, by reference to each; a name that two stacks use is refused."""

from collections.abc import Mapping
from typing import Any

import pulumi


def merge_models(models: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return every stack's models by name. Ends the program with a line for each name that two stacks use."""
    merged: dict[str, Any] = {}
    owners: dict[str, str] = {}
    problems = []
    for stack, its in models.items():
        problems += [
            f"model {name!r} is in {owners[name]} and in {stack}: rename one of them"
            for name in its
            if name in owners
        ]
        merged |= its
        owners |= dict.fromkeys(its, stack)
    for problem in problems:
        pulumi.log.error(problem)
    if problems:
        raise SystemExit(32)  # the exit code after which Pulumi's host adds no line of its own
    return merged


names = pulumi.Config().require_object("stacks")  # organization/PROJECT/STACK of each
models = {name: pulumi.StackReference(name).require_output("models") for name in names}
pulumi.export("models", pulumi.Output.all(**models).apply(merge_models))
