"""The resources of our native provider, as Pulumi programs see them.

Inputs are the provider's own words (`provider/inputs.py`, `pulumi package get-schema`); the provider checks them.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from baseten_tei.program_end import hide_interrupts

hide_interrupts()  # here, since every program that imports a component imports this


class Model(pulumi.CustomResource):
    """A model's name on Baseten; see `provider/model.py`."""

    generation: pulumi.Output[str]
    """Changes only when a refresh found the pushed version gone."""
    drift: pulumi.Output[str]
    """What a refresh found missing; empty where nothing is."""
    adopted: pulumi.Output[bool]
    """Whether it was taken over from someone else."""

    def __init__(
        self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("baseten:index:Model", name, {**_outputs(type(self)), **inputs}, opts)


class Environment(pulumi.CustomResource):
    """What serves, and how it scales; see `provider/environment.py`."""

    model_id: pulumi.Output[str]
    deployment_id: pulumi.Output[str]
    """What serves."""
    serving_digest: pulumi.Output[str]
    """Its config digest; empty where something else pushed it."""
    instance_type: pulumi.Output[str]
    """Its instance type."""
    max_input_length: pulumi.Output[int]
    """Tokens, as the router says."""
    dimensions: pulumi.Output[int]
    """Length of an embedding."""
    fingerprint: pulumi.Output[str]
    """An embedding's space in numbers; see `spaces`."""
    previous_deployment_id: pulumi.Output[str]
    """What served before."""
    kept_deployment_ids: pulumi.Output[list[str]]
    """What is kept for a rollback."""
    drift: pulumi.Output[dict[str, str]]
    """What a refresh found to be different, by field."""

    def __init__(
        self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        props = {**_outputs(type(self)), **inputs}
        super().__init__("baseten:index:Environment", name, props, opts)


class Secret(pulumi.CustomResource):
    """A workspace secret; see `provider/secret.py`. `value` is kept secret; with `from_env` there is none."""

    generation: pulumi.Output[str]
    """How many values it has had: another one after each rotation, known at preview."""
    fingerprint: pulumi.Output[str]
    """Salted hash of its value."""
    made_here: pulumi.Output[bool]
    """Whether this stack made it."""

    def __init__(
        self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        value = inputs.get("value")
        kept = {} if value is None else {"value": pulumi.Output.secret(value)}
        props = {**_outputs(type(self)), **inputs, **kept}
        super().__init__("baseten:index:Secret", name, props, opts)


def _outputs(resource: type[pulumi.CustomResource]) -> dict[str, None]:
    """What the provider tells of it: Pulumi makes an attribute of each name that it is given."""
    return dict.fromkeys(resource.__annotations__)
