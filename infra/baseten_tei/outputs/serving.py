"""What serves in one environment, as a stack's outputs tell it."""

from collections.abc import Mapping

from baseten_tei.outputs.spaces.space import Space
from baseten_tei.outputs.words import Words


class Limits(Words):
    """What a caller has to keep to, of one replica."""

    max_client_batch_size: int
    """Texts in one request, at most (413 on TEI 1.8, 422 on 1.9)."""
    max_input_length: int | None
    """Tokens in one text, as the router says; null until a first release."""
    auto_truncate: bool
    """Whether longer texts are cut, rather than refused."""
    payload_limit_bytes: int
    """Bytes in one request, at most (413 above)."""
    max_batch_tokens: int
    """Tokens that are computed at once; a request with more takes several rounds."""
    max_concurrent_requests: int
    """Texts, not requests, in flight in one replica; above it TEI 1.9 answers 429."""
    predict_concurrency: int
    """Requests that Baseten lets into one replica; others wait before it."""
    max_replica: int
    """Replicas at the most, of the environment."""


class AutoscalingOutputs(Words):
    """Autoscaling as the stack sets it in an environment."""

    min_replica: int
    """Replicas kept up; with 0 a request may wait for a cold start."""
    max_replica: int
    """Replicas at the most."""
    concurrency_target: int
    """Requests in flight per replica before another starts."""
    autoscaling_window: int
    """Seconds of traffic that are averaged."""
    scale_down_delay: int
    """Seconds to wait before a replica is taken away."""
    target_utilization_percentage: int
    """Share of concurrency_target at which to scale."""
    max_scale_down_rate: int | None
    """Percent of the replicas that one step down takes away at most; null where the stack does not manage it."""
    target_in_flight_tokens: int | None
    """Tokens in flight per replica at which to scale; null where the stack does not manage it."""
    schedules: tuple[str, ...] | None
    """Its schedules as sentences, each after its name; null where it manages none."""


class Serving(Words):
    """What there is of whatever serves in one environment, of any task."""

    deployment_id: str
    """The version that serves; another one after each push."""
    image: str
    """The image that runs."""
    tei_version: str
    """Its TEI release."""
    config_digest: str
    """Names the version by content; also a label on its deployment."""
    predict_url: str
    """The task's own route: `/v1/embeddings`, `/rerank` or `/predict` of the router."""
    deployment_predict_url: str
    """The same, of this version alone."""
    sync_url: str
    """Every route of the router is below it: `{sync_url}/info`, … (`base_url` of `baseten-performance-client`)."""
    wake_url: str
    """A POST starts a version that is scaled to zero."""
    limits: Limits
    """What a caller has to keep to."""


class EmbeddingServing(Serving):
    """What there is of an embedding model that serves."""

    openai_base_url: str
    """`base_url` of OpenAI's clients."""
    embeddings_url: str
    """OpenAI's embeddings API."""
    space: Space
    """What its vectors can be compared with."""
    prompts: dict[str, str] | None = None
    """What clients put before texts, by name: `query`, `document`; missing: none are declared."""


class RerankerServing(Serving):
    """What there is of a reranker that serves."""

    rerank_url: str
    """TEI's `/rerank`."""


class ClassifierServing(Serving):
    """What there is of a classifier that serves."""

    classify_url: str
    """TEI's `/predict`."""
    labels: tuple[str, ...] | None
    """Its labels, by id; null where the model is not locked."""
    multi_label: bool | None
    """Whether labels may hold together: then ask for `raw_scores` and take the sigmoid. Null: nobody says it."""


class _Environment(Serving):
    autoscaling: AutoscalingOutputs
    """How it scales, as the stack sets it."""


class EmbeddingEnvironment(_Environment, EmbeddingServing):
    """One environment of an embedding model."""


class RerankerEnvironment(_Environment, RerankerServing):
    """One environment of a reranker."""


class ClassifierEnvironment(_Environment, ClassifierServing):
    """One environment of a classifier."""


class _Served(_Environment):
    baseten_id: str
    """Its id on Baseten."""
    environment: str
    """The environment it serves in."""


class EmbeddingServed(_Served, EmbeddingEnvironment):
    """One of the embedding models under a name: what serves, what is to follow, or what served before."""


class RerankerServed(_Served, RerankerEnvironment):
    """One of the rerankers under a name: what serves, what is to follow, or what served before."""


class ClassifierServed(_Served, ClassifierEnvironment):
    """One of the classifiers under a name: what serves, what is to follow, or what served before."""


class EmbeddingSpaces(Words):
    """The embedding models under a name; each has the space of its vectors."""

    current: EmbeddingServed
    """What serves under the name: the same as beside `spaces`."""
    next: EmbeddingServed | None = None
    """What is to follow it; not there where the spec has no `next`."""
    previous: EmbeddingServed | None = None
    """What served before; not there where the spec has no `previous`."""


class RerankerSpaces(Words):
    """The rerankers under a name."""

    current: RerankerServed
    """What serves under the name: the same as beside `spaces`."""
    next: RerankerServed | None = None
    """What is to follow it; not there where the spec has no `next`."""
    previous: RerankerServed | None = None
    """What served before; not there where the spec has no `previous`."""


class ClassifierSpaces(Words):
    """The classifiers under a name."""

    current: ClassifierServed
    """What serves under the name: the same as beside `spaces`."""
    next: ClassifierServed | None = None
    """What is to follow it; not there where the spec has no `next`."""
    previous: ClassifierServed | None = None
    """What served before; not there where the spec has no `previous`."""


SpacesOutputs = EmbeddingSpaces | RerankerSpaces | ClassifierSpaces
SPACES_BY_TASK: Mapping[str, type[SpacesOutputs]] = {
    "embedding": EmbeddingSpaces,
    "reranker": RerankerSpaces,
    "classifier": ClassifierSpaces,
}
SERVED_BY_TASK: Mapping[str, type[Serving]] = {
    "embedding": EmbeddingServed,
    "reranker": RerankerServed,
    "classifier": ClassifierServed,
}
EnvironmentOutputs = EmbeddingEnvironment | RerankerEnvironment | ClassifierEnvironment
ENVIRONMENTS_BY_TASK: Mapping[str, type[EnvironmentOutputs]] = {
    "embedding": EmbeddingEnvironment,
    "reranker": RerankerEnvironment,
    "classifier": ClassifierEnvironment,
}
