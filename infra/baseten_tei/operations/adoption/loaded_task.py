"""The task of a model that runs: its route's, unless that serves several tasks; then what the router loads says it."""

from dataclasses import replace

from baseten_tei.deployment.locked_spec import Subject, find_facts
from baseten_tei.deployment.read_back.deployed_config import Deployed
from baseten_tei.deployment.read_back.spec_of_config import read_spec
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.facts.tei.routes import SHARED_PATHS
from baseten_tei.spec.spec_parser import parse_spec

SPARSE = (
    "it serves sparse vectors, which only /embed_sparse answers and nothing of this project calls: it stays outside "
    "of the stack"
)
_SPARSE_PATH = "/embed_sparse"


def correct_task(it: Deployed, lock: Lock) -> Deployed:
    """Return the deployed config with the task that its router loads, where the route alone does not tell it."""
    loaded = _loaded_task(it, lock) if it.path in SHARED_PATHS else None
    return replace(it, task=loaded.task) if loaded else it


def serves_sparse_vectors(it: Deployed, lock: Lock) -> bool:
    """Return whether its router pools by splade, or is called for sparse vectors."""
    loaded = _loaded_task(it, lock) if it.task == "embedding" else None
    return (
        "splade" in (it.flags.get("pooling"), loaded and loaded.pooling) or it.path == _SPARSE_PATH
    )


def _loaded_task(it: Deployed, lock: Lock) -> TaskReading | None:
    """Return what the router makes of the locked repository; `None` where it is not locked, or cannot be read."""
    args = parse_spec("model", read_spec(it, {}))
    facts = None if isinstance(args, list) else find_facts(lock, args.model_id, args.revision)
    if isinstance(args, list) or facts is None:
        return None
    return Subject("model", args, facts).loaded_task
