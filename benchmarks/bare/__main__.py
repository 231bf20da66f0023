"""The bare program: the same resources as a stack of ours, from literal inputs, with no decision taken.

Runs as a Pulumi program of its own (`main: infra/` is a link to this folder). `resources.json` beside Pulumi.yaml
holds what a stack of ours registered, as the engine keeps it; nothing here imports `baseten_tei`. With BARE_FRUGAL
set it saves what our program saves (`infra/__main__.py`).
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
    """Register every model of the file, and export their ids."""
    found = json.loads(Path(get_root_directory(), "resources.json").read_text())
    Custom(*(found["state_id"][key] for key in ("type", "name", "inputs")))
    models = found["models"]
    pulumi.export("models", {model["component"]["name"]: one_model(model) for model in models})


def one_model(model: dict[str, Any]) -> pulumi.Output[str]:
    """A component, and below it three resources, one after the other."""
    component = pulumi.ComponentResource(
        model["component"]["type"], model["component"]["name"], model["component"]["inputs"]
    )
    first, push, last = model["model"], model["push"], model["environment"]
    before = Custom(first["type"], first["name"], first["inputs"], after(component))
    pushed = local.Command(push["name"], opts=after(component, before), **push["inputs"])
    outputs = {**last["inputs"], "model_id": None}
    environment = Custom(last["type"], last["name"], outputs, after(component, pushed))
    component.register_outputs(model["component"]["outputs"])
    return environment.model_id


class Custom(pulumi.CustomResource):
    """A resource of a native provider, as a generated SDK has it."""

    model_id: pulumi.Output[str]


def after(parent: pulumi.Resource, *others: pulumi.Resource) -> pulumi.ResourceOptions:
    """Child of the component, and after others."""
    return pulumi.ResourceOptions(parent=parent, depends_on=list(others))


async def frugal() -> None:
    """As `main`, and pause once."""
    main()
    await asyncio.sleep(0)


if os.environ.get("BARE_FRUGAL"):
    gc.disable()
    pulumi.log.debug = lambda *_, **__: None
    pulumi.run(frugal)
else:
    main()
