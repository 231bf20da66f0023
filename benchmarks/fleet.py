"""Fleets to measure with: as many models as asked for, the three tasks in turn."""

from typing import Any

SPECS = (
    {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"},
    {"task": "reranker", "model_id": "BAAI/bge-reranker-base"},
    {"task": "classifier", "model_id": "SamLowe/roberta-base-go_emotions"},
)


def fleet(size: int) -> dict[str, dict[str, Any]]:
    """`baseten-tei:models` of a stack; a smaller fleet is the beginning of a larger one."""
    return {f"model-{n:03d}": dict(SPECS[n % len(SPECS)]) for n in range(size)}
