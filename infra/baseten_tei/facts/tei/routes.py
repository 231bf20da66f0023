"""The route of TEI's router that does a task's work, and what Baseten and a stack's outputs make of it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class TaskRoute:
    """A task's own route."""

    path: str
    url_output: str
    """The stack output that holds its whole URL."""
    predict_answers: str
    """What Baseten's `/predict`, which leads to it, answers: a comment of every generated config."""


ROUTES: Mapping[str, TaskRoute] = {
    "embedding": TaskRoute(
        "/v1/embeddings",
        "embeddings_url",
        "Baseten's /predict answers as OpenAI's embeddings API does.",
    ),
    "reranker": TaskRoute(
        "/rerank", "rerank_url", "Baseten's /predict scores texts against a query."
    ),
    "classifier": TaskRoute(
        "/predict",
        "classify_url",
        "Baseten's /predict classifies; with several labels TEI always applies softmax, so a\n"
        "multi-label model wants raw_scores: true and a sigmoid in the client.",
    ),
}
"""Routes by task."""

TASK_BY_PATH: Mapping[str, str] = {
    **{route.path: task for task, route in ROUTES.items()},
    **dict.fromkeys(
        ("/embed", "/embed_all", "/embed_sparse", "/similarity", "/embeddings", "/"), "embedding"
    ),
}
"""All routes that do a task's work; those of `SHARED_PATHS` do another's as well."""

SHARED_PATHS = frozenset({"/predict", "/"})
"""`/predict` answers for a reranker too, and `/` for whatever the model is (measured on TEI 1.8.3 and 1.9.3)."""
