"""The outputs of a stack, typed: their JSON Schema, its readers and `docs/outputs.md` come from here.

Keys are only ever added. What takes one away, or makes it less certain, is another SCHEMA_VERSION.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from baseten_tei.facts.files.formats import OUTPUTS
from baseten_tei.outputs.serving import (
    ClassifierEnvironment,
    ClassifierServing,
    ClassifierSpaces,
    EmbeddingEnvironment,
    EmbeddingServing,
    EmbeddingSpaces,
    RerankerEnvironment,
    RerankerServing,
    RerankerSpaces,
)
from baseten_tei.outputs.words import Words

SCHEMA_VERSION = OUTPUTS.version


class _Model(Words):
    """What there is of a model once, whatever serves where."""

    baseten_id: str
    """The model's id on Baseten."""
    model_id: Annotated[str, Field(json_schema_extra={"deprecated": True})]
    """Deprecated, for one release: the same as `baseten_id`. In specs, `model_id` is the Hugging Face name."""
    environment: str
    """The environment it serves in: what stands beside this describes that one."""
    development_predict_url: str
    """Always answers 404: the model's development slot, which this project never fills. Call `predict_url`."""

    @model_validator(mode="before")
    @classmethod
    def _fill_later_keys(cls, outputs: Any) -> Any:
        """Stacks of an earlier version do not have them."""
        if not isinstance(outputs, Mapping):
            return outputs
        return {"environments": {}, **with_baseten_id(outputs)}


class EmbeddingOutputs(EmbeddingServing, _Model):
    """An embedding model."""

    task: Literal["embedding"]
    """What it does."""
    environments: dict[str, EmbeddingEnvironment]
    """Each of its environments by name, `environment` among them."""
    spaces: EmbeddingSpaces | None = None
    """The models under its name, while it has a `next` or a `previous`: each with its URLs, limits and space."""


class RerankerOutputs(RerankerServing, _Model):
    """A reranker."""

    task: Literal["reranker"]
    """What it does."""
    environments: dict[str, RerankerEnvironment]
    """Each of its environments by name, `environment` among them."""
    spaces: RerankerSpaces | None = None
    """The models under its name, while it has a `next` or a `previous`: each with its URLs, limits and space."""


class ClassifierOutputs(ClassifierServing, _Model):
    """A classifier."""

    task: Literal["classifier"]
    """What it does."""
    environments: dict[str, ClassifierEnvironment]
    """Each of its environments by name, `environment` among them."""
    spaces: ClassifierSpaces | None = None
    """The models under its name, while it has a `next` or a `previous`: each with its URLs, limits and space."""


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
