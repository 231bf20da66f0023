"""The inputs and outputs of the provider's resources, typed: checks and the package schema are made of them.

Nothing is filled in here: what is left out is not managed, or is said to be required. Importing pydantic
takes its time, so this module is imported for a check of inputs that changed, and for the schema.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from baseten_tei.provider.protocol.api_key_inputs import ApiKeyInputs, ApiKeyOutputs
from baseten_tei.provider.protocol.input_types import Hidden, Identity, NotEmpty, Typed
from baseten_tei.provider.protocol.schedule_inputs import AutoscalingSchedules
from baseten_tei.spec.args import Backpressure, Promotion
from baseten_tei.spec.names import environment_problem
from baseten_tei.spec.type_tokens import API_KEY, ENVIRONMENT, MODEL, SECRET, STATE_ID


def _environment(name: str) -> str:
    if problem := environment_problem(name):
        raise PydanticCustomError("environment", "{problem}", {"problem": problem})
    return name


class Autoscaling(Typed):
    """Autoscaling settings of an environment (Baseten docs: autoscaling); what is left out is not managed."""

    min_replica: Annotated[int, Field(ge=0)] | None = None
    """Replicas kept up; 0 scales to zero when idle."""
    max_replica: Annotated[int, Field(ge=1)] | None = None
    """Replicas at the most."""
    concurrency_target: Annotated[int, Field(ge=1)] | None = None
    """Requests in flight per replica before another starts."""
    autoscaling_window: Annotated[int, Field(ge=10, le=3600)] | None = None
    """Seconds of traffic that are averaged."""
    scale_down_delay: Annotated[int, Field(ge=0, le=3600)] | None = None
    """Seconds to wait before a replica is taken away."""
    target_utilization_percentage: Annotated[int, Field(ge=1, le=100)] | None = None
    """Share of concurrency_target at which to scale."""
    max_scale_down_rate: Annotated[int, Field(ge=1, le=50)] | None = None
    """Percent of the replicas that one step down takes away at most."""
    target_in_flight_tokens: Annotated[int, Field(ge=1)] | None = None
    """Tokens in flight per replica at which to scale (early access at Baseten)."""


class Locked(Typed):
    """What a lock says of the model; what is left out is not compared."""

    labels: list[str] | None = None
    """Labels of a classifier, in the order of its scores."""
    pooling: NotEmpty | None = None
    """Pooling of an embedding: `cls`, `mean`, `last-token` or `splade`."""
    dimensions: Annotated[int, Field(ge=1)] | None = None
    """Length of an embedding's vectors."""
    max_input_length: Annotated[int, Field(ge=0)] | None = None
    """Tokens of the longest input."""


class Expected(Typed):
    """What the router has to say of itself before a version gets traffic."""

    task: Literal["embedding", "reranker", "classifier"]
    """Task it serves."""
    model_id: NotEmpty
    """Hugging Face repository."""
    tei_version: NotEmpty
    """TEI release, e.g. `1.9.3`."""
    gpu: bool
    """Whether falling back to the CPU is a failure."""
    revision: NotEmpty | None = None
    """Commit of the repository."""
    locked: Locked | None = None
    """What the lock says of the model."""


class Golden(Typed):
    """Golden vectors that a version has to agree with."""

    path: NotEmpty
    """Their file, relative to the project's folder, with `/`."""
    digest: NotEmpty
    """Digest of that file."""


class AcceleratorTurn(Typed):
    """One of the GPUs that a spec lists."""

    accelerator: NotEmpty
    """GPU."""
    digest: NotEmpty
    """Config digest of the version for it."""
    instance_type: NotEmpty | None = None
    """Instance type that it lands on."""


class NoCapacity(Typed):
    """A release that found no free machine."""

    digest: str
    """Config digest of its version."""
    accelerator: str
    """GPU that was not free."""
    minutes: int
    """How long it waited."""
    at: str
    """When it gave up."""
    deployment_id: str | None = None
    """Id of its deployment; none once it is deleted."""


class ModelInputs(Typed):
    """A model's name on Baseten: whose it is, and whether what was pushed is still there.

    Deleting it deletes the model, unless others' deployments hang on it. Import id: `[team/]name`.
    """

    name: NotEmpty
    """Name of the model on Baseten; another one renames it, and its id and URLs stay."""
    team: Identity | None = None
    """Team that owns it, by name or id; default: what the API key sees by itself."""
    digest: str
    """Config digest of the wanted version; empty where nothing is pushed."""
    project: NotEmpty | None = None
    """Pulumi project that owns it, as its deployments' label `pulumi_project` says; default: the resource's own."""
    stack: NotEmpty | None = None
    """Pulumi stack that owns it, as its deployments' label `pulumi_stack` says; default: the resource's own."""
    state_id: NotEmpty | None = None
    """Id of the Pulumi state that owns it (`StateId`), as its deployments' label `pulumi_state` says."""
    adopt: bool | None = None
    """Whether to take over a model of this name that this stack did not push."""
    other_digests: list[str] | None = None
    """Config digests of the same spec on other GPUs: one of them that still waits is stopped before a push."""
    force_delete: bool | None = None
    """Whether to delete it although other environments or foreign deployments hang on it."""


class ModelOutputs(ModelInputs):
    """A model as it is."""

    project: NotEmpty
    """Pulumi project that owns it."""
    stack: NotEmpty
    """Pulumi stack that owns it."""
    generation: str
    """A count that grows when the pushed version has to be pushed again."""
    drift: str
    """What a refresh found missing; empty where nothing is."""
    adopted: bool
    """Whether it was taken over from someone else."""
    renamed_to: str | None = None
    """What somebody else called it, as a refresh found it; none where it has its own name."""
    pushed_name: str | None = None
    """Name that it had at its last push; none where it has not been renamed since."""
    pushed_digest: str | None = None
    """Config digest of that push."""
    taken_over: list[str] | None = None
    """Ids of the deployments that were there when it was taken over."""
    stamp: str | None = None
    """Id of a state that the next push stamps; none until a push under an older release is followed by another."""
    known_as: list[str] | None = None
    """What its owner was called before: `project/stack`, or the id of a state."""


class EnvironmentInputs(Typed):
    """What a model's environment serves, and how it scales.

    A version is promoted when it is ready and has passed the release gates; until then the old one serves
    on. Import id: `[team/]model/environment`.
    """

    model: NotEmpty
    """Name of the model on Baseten."""
    team: Identity | None = None
    """Team that owns the model, by name or id; default: what the API key sees by itself."""
    environment: Annotated[Identity, AfterValidator(_environment)]
    """Name of the environment, e.g. `production`."""
    project: NotEmpty | None = None
    """Pulumi project that owns the model; default: the resource's own."""
    stack: NotEmpty | None = None
    """Pulumi stack that owns the model; default: the resource's own."""
    state_id: NotEmpty | None = None
    """Id of the Pulumi state that owns the model (`StateId`)."""
    adopt: bool | None = None
    """Whether the model may be taken over from another state. Counts at the next release."""
    digest: str
    """Config digest of the version to serve; empty where `deployment` says it."""
    deployment: NotEmpty | None = None
    """Pin: `previous`, a deployment's id, or a config digest."""
    autoscaling: Autoscaling
    """How it scales."""
    autoscaling_schedules: AutoscalingSchedules | None = None
    """Windows in which it scales by other settings; what is left out is not managed."""
    promotion: Promotion | None = None
    """How it takes over a version; what is left out is not managed."""
    request_backpressure: Backpressure | None = None
    """What Baseten does with requests when every replica is full."""
    region: NotEmpty | None = None
    """Region that it serves in, or `global`; it comes with a promotion. Left out, a version keeps its own."""
    accelerators: list[AcceleratorTurn] | None = None
    """GPUs in the order of choice. Counts at the next release."""
    on_no_capacity: Literal["fail", "next"] | None = None
    """What the next `up` does where none was free; default: `fail`. Counts at the next release."""
    secret_generation: str | None = None
    """Generation of the secret that the model reads: another one restarts what serves."""
    force_delete: bool | None = None
    """Whether to delete it although a foreign deployment serves it."""
    expected: Expected | None = None
    """What the router has to say of itself; default: it only has to answer. Counts at the next release."""
    golden: Golden | None = None
    """Golden vectors that a version has to agree with. Counts at the next release, as `expected` does."""
    new_space: bool | None = None
    """Whether a version may move away from the golden vectors. Counts at the next release."""
    on_refusal: Literal["keep", "delete"] | None = None
    """What becomes of a version that a gate refused. Counts at the next release."""
    keep_deployments: Annotated[int, Field(ge=0)] | None = None
    """Versions kept for rollback besides those that serve; default: 3. Counts at the next release."""
    deploy_timeout_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None
    """Minutes until a version that is not ready has failed; default: 30. Counts at the next release."""


class KnownSpace(Typed):
    """The embedding space of one version."""

    digest: str
    """The version's config digest."""
    fingerprint: str
    """The space in numbers."""


class EnvironmentOutputs(EnvironmentInputs):
    """An environment as it is."""

    project: NotEmpty
    """Pulumi project that owns the model."""
    stack: NotEmpty
    """Pulumi stack that owns the model."""
    model_id: str
    """Id of the model on Baseten."""
    deployment_id: str
    """Id of the deployment that serves."""
    serving_digest: str
    """Config digest of what serves; empty where something else pushed it."""
    instance_type: str
    """Instance type of what serves."""
    max_input_length: int | None = None
    """Tokens of one text, as the router says."""
    dimensions: int | None = None
    """Length of an embedding."""
    fingerprint: str | None = None
    """An embedding's space in numbers, taken before its last release; `docs/outputs.md` says how two compare."""
    previous_deployment_id: str | None = None
    """Id of what served before."""
    kept_deployment_ids: list[str]
    """Ids that are kept for a rollback."""
    spaces: dict[str, KnownSpace] | None = None
    """Embedding spaces of what serves and of what a rollback can bring back, by deployment id."""
    pinned_spec: str | None = None
    """A pinned version's own spec as JSON, read from its config; empty where it could not be read."""
    failed_deployment_id: str | None = None
    """Id of the version that failed the last release; the next one retries it."""
    no_capacity: list[NoCapacity] | None = None
    """Releases of this spec for which no GPU was free: it is the turn of the GPU after the last of them."""
    drift: dict[str, str]
    """What a refresh found to be different, by field; empty where nothing is."""
    known_as: list[str] | None = None
    """What its owner was called before: `project/stack`, or the id of a state."""


class SecretInputs(Typed):
    """A workspace secret, written but never read back. Import id: `[team/]name`.

    Exactly one of `value` and `from_env` says where its value comes from.
    """

    name: Identity
    """Name of the secret; `-` and `_` are the same to Baseten."""
    team: Identity | None = None
    """Team that owns it, by name or id; default: what the API key sees by itself."""
    value: Hidden | None = None
    """The value; it is encrypted in the stack's state."""
    from_env: NotEmpty | None = None
    """Environment variable that the provider reads the value from; it is then in no state at all."""
    project: NotEmpty | None = None
    """Pulumi project that stores it."""
    stack: NotEmpty | None = None
    """Pulumi stack that stores it."""
    state_id: NotEmpty | None = None
    """Id of the Pulumi state that stores it (`StateId`)."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [it for it in (self.value, self.from_env) if it is not None]
        if len(sources) == 1:
            return self
        raise PydanticCustomError(
            "one_source",
            "{said} of value and from_env is written: write one of them, e.g. from_env: HF_TOKEN",
            {"said": "each" if sources else "none", "property": "value"},
        )


class SecretOutputs(Typed):
    """A secret as it is; its value is in no output."""

    name: str
    """Name of the secret."""
    team: str | None = None
    """Team that owns it."""
    project: str | None = None
    """Pulumi project that stored it."""
    stack: str | None = None
    """Pulumi stack that stored it."""
    state_id: str | None = None
    """Id of the Pulumi state that stored it."""
    known_as: list[str] | None = None
    """What its owner was called before: `project/stack`, or the id of a state."""
    fingerprint: str
    """Salted hash of the value, by which a change of it is seen."""
    made_here: bool
    """Whether this stack made it, so that deleting it is this stack's."""
    generation: str
    """A count that grows with each new value."""
    missing: bool | None = None
    """Whether a refresh found it gone."""


class StateIdInputs(Typed):
    """The id of a Pulumi state, by which its deployments are known as its own. Nothing of it is on Baseten."""

    value: NotEmpty | None = None
    """The id; made once where it is left out. Write it only for a state that replaces one that was lost."""


class StateIdOutputs(Typed):
    """The id of a Pulumi state."""

    value: str
    """The id."""


RESOURCES: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    MODEL: (ModelInputs, ModelOutputs),
    ENVIRONMENT: (EnvironmentInputs, EnvironmentOutputs),
    SECRET: (SecretInputs, SecretOutputs),
    STATE_ID: (StateIdInputs, StateIdOutputs),
    API_KEY: (ApiKeyInputs, ApiKeyOutputs),
}
"""Each resource's inputs and outputs, by its type."""
