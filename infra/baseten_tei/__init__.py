"""Text Embeddings Inference on Baseten, as Pulumi resources.

    from baseten_tei import Embedding, EmbeddingArgs

    Embedding("bge", EmbeddingArgs(model_id="BAAI/bge-base-en-v1.5", accelerator="L4"))

Components: `Embedding`, `Reranker`, `Classifier`. Their specs: `EmbeddingArgs`, `RerankerArgs`, `ClassifierArgs`,
`Autoscaling`. The stack's shared token: `Secret`. Everything else is an implementation detail.
"""

from typing import TYPE_CHECKING, Any

from baseten_tei.spec import Autoscaling, ClassifierArgs, EmbeddingArgs, RerankerArgs

if TYPE_CHECKING:
    from baseten_tei.components import Classifier, Embedding, Reranker
    from baseten_tei.resources import Secret

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


def __getattr__(name: str) -> Any:
    """Import what needs Pulumi when it is asked for: the push step and the generators live without it."""
    if name in {"Embedding", "Reranker", "Classifier"}:
        from baseten_tei import components

        return getattr(components, name)
    if name == "Secret":
        from baseten_tei import resources

        return resources.Secret
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
