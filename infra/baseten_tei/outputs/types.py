"""The outputs of a stack, typed: their JSON Schema, its readers and `docs/outputs.md` come from here.

Keys are only ever added. What takes one away, or makes it less certain, is another SCHEMA_VERSION.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from baseten_tei.facts.files.formats import OUTPUTS
from baseten_tei.outputs.spaces.space import Space
from baseten_tei.outputs.words import Words

SCHEMA_VERSION = OUTPUTS.version


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
    """Replicas at the most, of `environment`."""


class _ModelOutputs(Words):
    """What there is of a model of any task."""

    baseten_id: str
    """The model's id on Baseten."""
    model_id: Annotated[str, Field(json_schema_extra={"deprecated": True})]
    """Deprecated, for one release: the same as `baseten_id`. In specs, `model_id` is the Hugging Face name."""
    deployment_id: str
    """The version that serves; another one after each push."""
    environment: str
    """The environment it serves in."""
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
    development_predict_url: str
    """Always answers 404: the model's development slot, which this project never fills. Call `predict_url`."""
    sync_url: str
    """Every route of the router is below it: `{sync_url}/info`, … (`base_url` of `baseten-performance-client`)."""
    wake_url: str
    """A POST starts a version that is scaled to zero."""
    limits: Limits
    """What a caller has to keep to."""

    @model_validator(mode="before")
    @classmethod
    def _name_id(cls, outputs: Any) -> Any:
        return with_baseten_id(outputs) if isinstance(outputs, Mapping) else outputs


class EmbeddingOutputs(_ModelOutputs):
    """An embedding model."""

    task: Literal["embedding"]
    """What it does."""
    openai_base_url: str
    """`base_url` of OpenAI's clients."""
    embeddings_url: str
    """OpenAI's embeddings API."""
    space: Space
    """What its vectors can be compared with."""


class RerankerOutputs(_ModelOutputs):
    """A reranker."""

    task: Literal["reranker"]
    """What it does."""
    rerank_url: str
    """TEI's `/rerank`."""


class ClassifierOutputs(_ModelOutputs):
    """A classifier."""

    task: Literal["classifier"]
    """What it does."""
    classify_url: str
    """TEI's `/predict`."""
    labels: tuple[str, ...] | None
    """Its labels, by id; null where the model is not locked."""
    multi_label: bool | None
    """Whether labels may hold together: then ask for `raw_scores` and take the sigmoid. Null: nobody says it."""


ModelOutputs = EmbeddingOutputs | RerankerOutputs | ClassifierOutputs
OUTPUTS_BY_TASK: Mapping[str, type[ModelOutputs]] = {
    "embedding": EmbeddingOutputs,
    "reranker": RerankerOutputs,
    "classifier": ClassifierOutputs,
}


class StackOutputs(Words):
    """Everything that a stack tells of its models. Nothing in it is secret, or holds a secret."""

    schema_version: int
    """Version of this contract."""
    models: dict[str, Annotated[ModelOutputs, Field(discriminator="task")]]
    """Each model by its name in the stack."""


def with_baseten_id(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a model's outputs with `baseten_id`, which stacks of an earlier version call `model_id` only."""
    return {"baseten_id": outputs["model_id"], **outputs} if "model_id" in outputs else outputs
