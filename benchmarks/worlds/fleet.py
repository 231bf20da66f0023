"""Fleets to measure with: as many models as asked for, the three tasks in turn."""

from typing import Any

import yaml
from tests.support.harness import DEV_STACK, Stack

SPECS = (
    {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"},
    {"task": "reranker", "model_id": "BAAI/bge-reranker-base"},
    {"task": "classifier", "model_id": "SamLowe/roberta-base-go_emotions"},
)


def make_fleet(size: int) -> dict[str, dict[str, Any]]:
    """Return `baseten-tei:models` of a stack; a smaller fleet is the beginning of a larger one."""
    return _in_turn(SPECS, size)


def make_locked_fleet(size: int) -> dict[str, dict[str, Any]]:
    """Return a fleet of the dev stack's three models at their locked commits; needs `write_lock`."""
    config = yaml.safe_load((DEV_STACK / "Pulumi.dev.yaml").read_text())["config"]
    return _in_turn(tuple(config["baseten-tei:models"].values()), size)


def write_lock(stack: Stack) -> None:
    """Write the lock file of the models of `make_locked_fleet` for a stack."""
    file = stack.folder / "locks" / f"{stack.name}.yaml"
    file.parent.mkdir()
    file.write_text((DEV_STACK / "locks" / "dev.yaml").read_text())


def _in_turn(specs: tuple[dict[str, Any], ...], size: int) -> dict[str, dict[str, Any]]:
    return {f"model-{n:03d}": dict(specs[n % len(specs)]) for n in range(size)}
