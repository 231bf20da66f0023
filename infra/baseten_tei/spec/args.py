"""The words of a model's spec: one typed class per task, for YAML and for Python alike.

A spec is plain data (no `pulumi.Output`): what is pushed has to be known at preview. What the values
mean together is decided in `validate`; here is only their shape. Names are Truss's, TEI's and Baseten's own.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from baseten_tei.facts.tei import releases
from baseten_tei.spec.in_python import Words
from baseten_tei.spec.schedules import Schedule, Warm

Accelerator = Literal[
    "CPU", "T4", "L4", "L40S", "A10G", "A100", "A100_40GB", "H100", "H100_40GB", "H200",
    "B200", "RTX_PRO_6000", "B300", "GB300", "V100", "cheapest",
]  # fmt: skip
TeiVersion = Annotated[
    str,
    Field(pattern=releases.TEI_VERSION),
    WithJsonSchema(
        {
            "anyOf": [{"enum": list(releases.KNOWN)}, {"pattern": releases.TEI_VERSION}],
            "type": "string",
        }
    ),
]
Pooling = Literal["cls", "mean", "splade", "last-token"]
Dtype = Literal["float16", "float32"]
WeightsSource = Literal["cached", "baked", "download"]
Backpressure = Literal["QUEUE_ON_FULL", "REJECT_ON_FULL"]
Region = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
"""A slug of `GET /v1/regions` (SDK 0.13.1), or `global`, which is Baseten's own choice."""
Positive = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=0, le=50)]


class _Words(Words, BaseModel):
    """As all words of a spec. BaseModel is named for the linter, which else warns of every mutable default."""


class Autoscaling(_Words):
    """Autoscaling settings of an environment (Baseten docs: autoscaling; bounds from the same page)."""

    min_replica: Annotated[int, Field(ge=0)] = 0
    """Replicas kept up; 0 scales to zero when idle (the next request waits for a cold start)."""
    max_replica: Positive = 1
    """Replicas at the most; Baseten caps this per workspace."""
    concurrency_target: Positive | None = None
    """Requests in flight per replica before another starts; default min(32, predict_concurrency)."""
    autoscaling_window: Annotated[int, Field(ge=10, le=3600)] = 60
    """Seconds of traffic that are averaged."""
    scale_down_delay: Annotated[int, Field(ge=0, le=3600)] = 900
    """Seconds to wait before a replica is taken away."""
    target_utilization_percentage: Annotated[int, Field(ge=1, le=100)] = 70
    """Share of concurrency_target at which to scale."""
    max_scale_down_rate: Annotated[int, Field(ge=1, le=50)] | None = None
    """Percent of the replicas that one step down takes away at most; not managed if left out (Baseten's own: 50)."""
    target_in_flight_tokens: Positive | None = None
    """Tokens in flight per replica at which to scale; not managed if left out (early access at Baseten)."""
    warm: Warm | None = None
    """A recurring window with replicas kept up: short for a schedule of this name."""
    schedules: dict[str, Schedule] | None = None
    """Windows with other settings, by name (beta at Baseten); not managed if it and `warm` are left out."""


class RollingDeploy(_Words):
    """How replicas are exchanged (Baseten docs: rolling deployments); exactly one of the two percents is not 0."""

    max_surge_percent: Percent | None = None
    """Replicas more than wanted while they are exchanged; Baseten's own default is 25."""
    max_unavailable_percent: Percent | None = None
    """Replicas fewer than wanted while they are exchanged."""
    stabilization_time_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """Seconds to watch the new replicas before the next step."""
    replica_overhead_percent: Annotated[int, Field(ge=0, le=500)] | None = None
    """Replicas added beforehand, for the traffic during the exchange."""


class Promotion(_Words):
    """How an environment takes over a version; what is left out is not managed and stays as it is."""

    redeploy_on_promotion: bool | None = None
    """Whether a promoted version starts anew, as a deployment of its own."""
    rolling_deploy: bool | None = None
    """Whether replicas are exchanged step by step, rather than all at once."""
    rolling_deploy_config: RollingDeploy | None = None
    """The steps."""
    promotion_cleanup_strategy: Literal["KEEP", "SCALE_TO_ZERO", "DEACTIVATE"] | None = None
    """What becomes of the version that served before."""


class EnvironmentArgs(_Words):
    """A further environment of a model: its own settings and, where it is pinned, its own version."""

    autoscaling: Autoscaling = Autoscaling()
    """As the model's own."""
    promotion: Promotion | None = None
    """As the model's own."""
    request_backpressure: Backpressure | None = None
    """As the model's own."""
    region: Region | None = None
    """As the model's own."""
    deployment: str | None = None
    """As the model's own."""


class TeiArgs(_Words):
    """What all three tasks share. Use `EmbeddingArgs`, `RerankerArgs` or `ClassifierArgs`."""

    model_id: str
    """Hugging Face repository, `owner/name`."""
    revision: str = "main"
    """Branch, tag or commit of that repository; a commit never moves."""
    model_name: str | None = None
    """Name of the model on Baseten, spaces allowed; default: the resource's name."""
    accelerator: Accelerator | None = None
    """GPU, `CPU`, or `cheapest` that holds a locked model; default L4. Baseten takes its smallest instance."""
    accelerators: tuple[Accelerator, ...] | None = None
    """GPUs in the order of choice, instead of `accelerator`: the first is pushed; see `on_no_capacity`."""
    on_no_capacity: Literal["fail", "next"] | None = None
    """What `up` does after one that found no free GPU; `next` pushes the next of `accelerators`; default `fail`."""
    instance_type: str | None = None
    """Exact instance (SKU), e.g. `L4:4x16`, instead of `accelerator`."""
    cpu: str | None = None
    """vCPUs asked for, e.g. `"4"` or `"500m"`; more than the GPU's smallest instance has takes a larger one."""
    memory: str | None = None
    """Memory asked for, e.g. `16Gi`; on an L4 more than 16Gi is an instance with two GPUs."""
    tei_version: TeiVersion = releases.DEFAULT
    """TEI release, or a later patch of 1.9; 1.8.3 from Baseten's mirror, others from upstream images run unmodified."""
    weights: WeightsSource = "cached"
    """`cached`: mirrored once by Baseten and mounted; `baked`: in the image; `download`: at each start."""
    gated: bool = False
    """Whether the repository wants a token: the stack then stores the secret `hf_access_key`."""
    max_client_batch_size: Positive = 32
    """Texts in one request (TEI `--max-client-batch-size`)."""
    max_concurrent_requests: Positive | None = None
    """Texts, not requests, in flight (TEI `--max-concurrent-requests`); default: derived."""
    predict_concurrency: Positive | None = None
    """Requests Baseten lets into one replica (`runtime.predict_concurrency`); default: derived, 32."""
    max_batch_tokens: Positive = 16384
    """Tokens in one GPU batch (TEI `--max-batch-tokens`); drives VRAM."""
    auto_truncate: bool = True
    """Cut inputs longer than the model takes, rather than refuse them."""
    dtype: Dtype | None = None
    """Default: TEI's own, float16 on a GPU."""
    tokenization_workers: Positive | None = None
    """Default: one less than the instance's vCPUs, at most 8; each holds a copy of the tokenizer."""
    served_model_name: str | None = None
    """`model` in answers of `/v1/embeddings`; TEI 1.9.0 and newer, there `model_id` by default."""
    extra_flags: tuple[str, ...] = ()
    """Further router flags, e.g. `["--payload-limit=4000000"]`."""
    env: dict[str, str] = {}
    """Environment variables of the container. Never a token."""
    environment: str = "production"
    """Baseten environment that serves this model."""
    autoscaling: Autoscaling = Autoscaling()
    """Settings of that environment."""
    promotion: Promotion | None = None
    """How that environment takes over a version."""
    request_backpressure: Backpressure | None = None
    """What Baseten does with requests when every replica is full."""
    region: Region | None = None
    """Where that environment serves: a region of the account, or `global`; it comes with the promotion."""
    environments: dict[str, EnvironmentArgs] = {}
    """Further environments of this model, by name; they take each version over before `environment` does."""
    deployment: str | None = None
    """Pin: `previous`, a deployment's id, or a config digest serves; nothing is pushed until it is removed."""
    keep_deployments: Annotated[int, Field(ge=0)] = 3
    """Versions kept for rollback besides those that serve; older ones go after a successful release."""
    new_space: bool = False
    """Whether a version may move the embedding space (or scores) away from the golden vectors."""
    on_refusal: Literal["keep", "delete"] = "keep"
    """What becomes of a version that a release gate refused; either way it is not promoted."""
    redeploy_on_rotation: bool = False
    """Whether a new `hf_access_key` restarts this gated model."""
    adopt: bool = False
    """Whether to take over a model of this name that is on Baseten and was not pushed by this stack."""
    protect: bool | None = None
    """Whether Pulumi refuses to delete it; default: yes, unless on an emulator."""
    force_delete: bool = False
    """Whether it is deleted although other environments or foreign deployments hang on it."""
    on_removal: Literal["delete", "retain"] = "delete"
    """What dropping the model from the configuration does: delete it, or forget it."""
    labels: dict[str, str] = {}
    """Labels on each deployment; a change is a new version, since labels are stamped by the push."""
    next: dict[str, Any] | None = None
    """The model that is to follow, beside this one until `baseten-tei space advance`: the keys that differ."""
    previous: dict[str, Any] | None = None
    """The model that served before, kept for `baseten-tei space back`: the keys that differ."""
    edition: Positive | None = None
    """Which of the models that followed each other under this name; `baseten-tei space` writes it."""
    silence: dict[str, str] = {}
    """Rules that do not apply to this model, by id, each with the reason (docs/rules.md)."""
    deploy_timeout_minutes: Annotated[int, Field(ge=10, le=1440)] = 30
    """Minutes until a deployment that is not ready has failed (bounds: truss)."""


NESTED: dict[str, type[BaseModel]] = {
    "autoscaling": Autoscaling,
    "autoscaling.warm": Warm,
    "autoscaling.schedules.<name>": Schedule,
    "promotion": Promotion,
    "promotion.rolling_deploy_config": RollingDeploy,
}
"""The mappings in a spec, by the path of their key."""


class EmbeddingArgs(TeiArgs):
    """A text embedding model, called at `/v1/embeddings`."""

    task: Literal["embedding"] = "embedding"
    pooling: Pooling | None = None
    """Default: what the repository's `1_Pooling/config.json` says."""
    default_prompt: str | None = None
    """Put before every text."""
    default_prompt_name: str | None = None
    """As default_prompt, by its name in the repository's `config_sentence_transformers.json`."""
    prompts: dict[str, str] | None = None
    """What clients put before texts, by name: `query`, `document`; default: the repository's own. Pushes nothing."""


class RerankerArgs(TeiArgs):
    """A cross-encoder with one label, called at `/rerank`."""

    task: Literal["reranker"] = "reranker"


class ClassifierArgs(TeiArgs):
    """A sequence classifier with several labels, called at `/predict`."""

    task: Literal["classifier"] = "classifier"


ModelArgs = EmbeddingArgs | RerankerArgs | ClassifierArgs
ARGS_BY_TASK: dict[str, type[ModelArgs]] = {
    "embedding": EmbeddingArgs,
    "reranker": RerankerArgs,
    "classifier": ClassifierArgs,
}
