"""The resources of our native provider, as Pulumi programs see them.

Inputs are the provider's own words (`provider/inputs.py`, `pulumi package get-schema`); the provider checks them.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import pulumi

from baseten_tei.baseten.target import parse_target
from baseten_tei.deployment.ownership import state_id_problem
from baseten_tei.errors import UserError
from baseten_tei.program.construction import of_stack
from baseten_tei.program.context import once_in_a_program
from baseten_tei.program.program_end import end_program, hide_interrupts
from baseten_tei.spec.type_tokens import API_KEY, ENVIRONMENT, MODEL, SECRET, STATE_ID

_T = TypeVar("_T")

hide_interrupts()  # here, since every program that imports a component imports this


class Model(pulumi.CustomResource):
    """A model's name on Baseten; see `provider/model.py`."""

    generation: pulumi.Output[str]
    """Changes only when a refresh found the pushed version gone."""
    drift: pulumi.Output[str]
    """What a refresh found missing; empty where nothing is."""
    adopted: pulumi.Output[bool]
    """Whether it was taken over from someone else."""
    project: pulumi.Output[str]
    stack: pulumi.Output[str]
    """Whose words the next push stamps."""
    stamp: pulumi.Output[str]
    """The state's id that the next push stamps; none in a state of an earlier release, until a push is due."""
    known_as: pulumi.Output[list[str]]
    """What its owner was called before."""
    pushed_name: pulumi.Output[str]
    """What it was called at its last push; none where it has not been renamed since."""
    pushed_digest: pulumi.Output[str]
    """The digest of that push."""

    def __init__(
        self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(MODEL, name, {**_outputs(type(self)), **inputs}, opts)


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
    spaces: pulumi.Output[dict[str, Any]]
    """Spaces of the versions that it can serve, by id; see `outputs/spaces/known_spaces.py`."""
    pinned_spec: pulumi.Output[str]
    """What a pinned version was pushed with, as JSON."""
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
        super().__init__(ENVIRONMENT, name, props, opts)


class StateId(pulumi.CustomResource):
    """The id of the state that the program runs on; see `provider/state_id.py`."""

    value: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(STATE_ID, name, {**_outputs(type(self)), **inputs}, opts)


class Secret(pulumi.CustomResource):
    """A workspace secret; see `provider/secret.py`. `value` is kept secret; with `from_env` there is none.

    Gated models take the one that is called `hf_access_key`: write it before them.
    """

    generation: pulumi.Output[str]
    """How many values it has had: another one after each rotation, known at preview."""
    fingerprint: pulumi.Output[str]
    """Salted hash of its value."""
    made_here: pulumi.Output[bool]
    """Whether this stack made it."""

    def __init__(
        self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _claim(SecretKey(str(inputs.get("name")), inputs.get("team")), self)
        value = inputs.get("value")
        kept = {} if value is None else {"value": pulumi.Output.secret(value)}
        props = {**_outputs(type(self)), **inputs, **kept}
        super().__init__(SECRET, name, props, opts)


class ApiKey(pulumi.CustomResource):
    """A key for whoever calls the models; see `provider/resources/keys`. Its value is a secret output.

    `models` takes components (each with its `next` and `previous`), their outputs, ids on Baseten and names. Where the
    stack is not on an emulator, Pulumi refuses to delete it, unless `protect=False` is given.
    """

    value: pulumi.Output[str]
    """The whole key; none after an import, until one is made."""
    prefix: pulumi.Output[str]
    """Its public part."""
    key_name: pulumi.Output[str]
    """Its name on Baseten."""
    model_ids: pulumi.Output[list[str]]
    """Models that it is for."""
    generation: pulumi.Output[str]
    """How many keys there have been."""
    made_at: pulumi.Output[str]
    """When this one was made."""
    previous_prefixes: pulumi.Output[list[str]]
    """Keys before it that still work."""
    drift: pulumi.Output[dict[str, str]]
    """What a refresh found to be different, by field."""

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Any] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        careful = pulumi.ResourceOptions(
            protect=not _is_on_an_emulator(), additional_secret_outputs=["value"]
        )
        given = {"state_id": state_id().value, **(inputs or {})}
        if isinstance(models := given.get("models"), list | tuple):
            given["models"] = [each for it in models for each in _ids_of_component(it)]
        options = pulumi.ResourceOptions.merge(careful, opts)
        super().__init__(API_KEY, name, {**_outputs(type(self)), **given}, options)


def _ids_of_component(model: Any) -> list[Any]:
    """Return the ids on Baseten of all models under a component's name, of which a consumer calls any.

    What is not a component is an id or a name already, or an output of one.
    """
    if not isinstance(model, pulumi.Resource):
        return [model]
    # in an order that does not change when they change places
    every = sorted((model, *getattr(model, "beside", ())), key=lambda it: it.pulumi_resource_name)
    return [getattr(it, "model_id", it) for it in every]


def _is_on_an_emulator() -> bool:
    port = os.environ.get("BASETEN_EMULATOR_PORT")
    try:
        return parse_target(pulumi.Config("baseten").get("target"), port).loopback
    except UserError as error:
        end_program(error)


class SecretKey(NamedTuple):
    """What a secret is to Baseten."""

    name: str
    team: str | None


@once_in_a_program
def program_secrets() -> dict[SecretKey, Secret]:
    """Return the secrets that the program has registered so far."""
    return {}


def _claim(key: SecretKey, secret: Secret) -> None:
    """Remember it as the program's. Ends the program where it has this one, e.g. for a gated model."""
    if program_secrets().setdefault(key, secret) is not secret:
        end_program(
            UserError(
                f"this program has a secret {key.name!r} already, its own or that of a gated model: write one "
                "Secret, before all models"
            )
        )


@once_in_a_program
def state_id() -> StateId:
    """Return the state's one id, registered once in a program, whichever of its resources comes first.

    The stack's configuration may give it: for a state that replaces one that was lost. A replacement is made after
    the old one is gone, so that it gets the old one's id.
    """
    given = pulumi.Config("baseten-tei").get("state_id")
    if given is not None and (problem := state_id_problem(given)):
        raise pulumi.RunError(problem)
    options = of_stack(pulumi.ResourceOptions(delete_before_replace=True))
    return StateId("state-id", {} if given is None else {"value": given}, options)


def or_none(output: pulumi.Output[_T]) -> pulumi.Output[_T | None]:
    """Return the output, known as `None` where the state has none: to a preview, what is missing would be unknown."""
    known: asyncio.Future[bool] = asyncio.get_event_loop().create_future()
    known.set_result(True)
    value = asyncio.ensure_future(output.future())
    return pulumi.Output(output.resources(), value, known, output.is_secret())


def _outputs(resource: type[pulumi.CustomResource]) -> dict[str, None]:
    """What the provider tells of it: Pulumi makes an attribute of each name that it is given."""
    return dict.fromkeys(resource.__annotations__)
