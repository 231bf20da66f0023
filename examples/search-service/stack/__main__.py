"""The search service's own stack: which models of the embeddings stack it uses, as the settings it is started with."""

from collections.abc import Mapping
from typing import Any

import pulumi

TASKS = ("embedding", "reranker", "classifier")


def settings(version: int, models: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the outputs of the models with these names, and their roles.

    Ends the program with a line for each name that does not fit.
    """
    problems = [it for task in TASKS if (it := _problem(models, task, names.get(task)))]
    for problem in problems:
        pulumi.log.error(problem)
    if problems:
        raise SystemExit(32)  # the exit code after which Pulumi's host adds no line of its own
    return {
        "schema_version": version,
        "models": {names[task]: models[names[task]] for task in TASKS},
        "roles": {task: names[task] for task in TASKS},
    }


def _problem(models: Mapping[str, Any], task: str, name: str | None) -> str | None:
    there = [it for it, model in models.items() if model["task"] == task]
    if name in there:
        return None
    return (
        f"search-service:models.{task} is {name!r}, but the embeddings stack has {', '.join(there) or 'none'}: "
        f"run `pulumi config set --path models.{task} {there[0] if there else 'NAME'}`"
    )


config = pulumi.Config()
names = config.require_object("models")
stack = pulumi.StackReference(config.require("embeddings"))
outputs = pulumi.Output.all(
    version=stack.require_output("schema_version"), models=stack.require_output("models")
)
pulumi.export("settings", outputs.apply(lambda it: settings(it["version"], it["models"], names)))
