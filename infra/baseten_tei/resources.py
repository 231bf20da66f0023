"""The resources of our native provider, as Pulumi programs see them."""

from collections.abc import Mapping
from typing import Any

import pulumi


class Model(pulumi.CustomResource):
    """A model's name on Baseten; see `provider/model.py`."""

    generation: pulumi.Output[str]
    """Changes only when a refresh found the pushed version gone."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("baseten:index:Model", name, {**inputs, "generation": None}, opts)


class Environment(pulumi.CustomResource):
    """What serves, and how it scales; see `provider/environment.py`."""

    model_id: pulumi.Output[str]
    deployment_id: pulumi.Output[str]
    max_input_length: pulumi.Output[int]
    """Tokens, as the router says."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        outputs = {"model_id": None, "deployment_id": None, "max_input_length": None}
        super().__init__("baseten:index:Environment", name, {**inputs, **outputs}, opts)


class Secret(pulumi.CustomResource):
    """A workspace secret; see `provider/secret.py`."""

    def __init__(
        self,
        name: str,
        secret_name: str,
        value: pulumi.Input[str],
        team: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {"name": secret_name, "value": pulumi.Output.secret(value), "team": team}
        super().__init__("baseten:index:Secret", name, inputs, opts)
