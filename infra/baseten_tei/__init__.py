"""Text Embeddings Inference on Baseten, as Pulumi resources.

    from baseten_tei import Embedding, EmbeddingArgs

    Embedding("bge", EmbeddingArgs(model_id="BAAI/bge-base-en-v1.5", accelerator="L4"))

Components: `Embedding`, `Reranker`, `Classifier`. Their specs: `EmbeddingArgs`, `RerankerArgs`, `ClassifierArgs`,
`Autoscaling`. The stack's shared token: `Secret`. Everything else is an implementation detail.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from baseten_tei.components import Classifier, Embedding, Reranker
    from baseten_tei.resources import Secret
    from baseten_tei.spec import Autoscaling, ClassifierArgs, EmbeddingArgs, RerankerArgs

__all__ = [
    "Autoscaling",
    "Classifier",
    "ClassifierArgs",
    "Embedding",
    "EmbeddingArgs",
    "Reranker",
    "RerankerArgs",
    "Secret",
]

_HOME = {
    **dict.fromkeys(("Embedding", "Reranker", "Classifier"), "components"),
    **dict.fromkeys(("EmbeddingArgs", "RerankerArgs", "ClassifierArgs", "Autoscaling"), "spec"),
    "Secret": "resources",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is: a push step that imported the specs would take half as long again."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"baseten_tei.{_HOME[name]}"), name)
