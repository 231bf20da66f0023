"""The bare program: the same resources as a stack of ours, from literal inputs, with no decision taken.

Runs as a Pulumi program of its own (`main: infra/` is a link to this folder). `resources.json` beside Pulumi.yaml
holds what a stack of ours registered, as the engine keeps it; nothing here imports `baseten_tei`. With BARE_FRUGAL
set it saves what our program saves (`program/whole_program.py`).
"""

import asyncio
import gc
import json
import os
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import get_root_directory
from pulumi_command import local


def main() -> None:
    """Register every model of the file and export their ids."""
    resources = json.loads(Path(get_root_directory(), "resources.json").read_text())
    Custom(*(resources["state_id"][key] for key in ("type", "name", "inputs")))
    models = resources["models"]
    pulumi.export("models", {model["component"]["name"]: register_model(model) for model in models})


def register_model(model: dict[str, Any]) -> pulumi.Output[str]:
    """Register a component and below it three resources, each after the one before."""
    component = pulumi.ComponentResource(
        model["component"]["type"], model["component"]["name"], model["component"]["inputs"]
    )
    first, push, last = model["model"], model["push"], model["environment"]
    before = Custom(first["type"], first["name"], first["inputs"], make_options(component))
    pushed = local.Command(push["name"], opts=make_options(component, before), **push["inputs"])
    outputs = {**last["inputs"], "model_id": None}
    environment = Custom(last["type"], last["name"], outputs, make_options(component, pushed))
    component.register_outputs(model["component"]["outputs"])
    return environment.model_id


class Custom(pulumi.CustomResource):
    """A resource of a native provider, as in a generated SDK."""

    model_id: pulumi.Output[str]


def make_options(parent: pulumi.Resource, *others: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return the options of a child of the component that depends on others."""
    return pulumi.ResourceOptions(parent=parent, depends_on=list(others))


async def run_frugally() -> None:
    """Run `main` and pause once."""
    main()
    await asyncio.sleep(0)


if os.environ.get("BARE_FRUGAL"):
    gc.disable()
    pulumi.log.debug = lambda *_, **__: None
    pulumi.run(run_frugally)
else:
    main()
