"""What a router of a locked model has to say of itself, whichever version it runs: it is what the lock says."""

from typing import Any

from baseten_tei.deployment.router_reading import read_repository, task_of
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs


def expect_locked(args: ModelArgs, facts: ModelFacts | None) -> dict[str, Any]:
    """Return a classifier's labels, an embedding's pooling and dimensions, the longest input: as far as it is known."""
    if facts is None:
        return {}
    known = {
        "labels": facts.labels if args.task == "classifier" else None,
        "max_input_length": _longest_input(args, facts),
        **(_embedding(args, facts) if isinstance(args, EmbeddingArgs) else {}),
    }
    return {key: value for key, value in known.items() if value is not None}


def _longest_input(args: ModelArgs, facts: ModelFacts) -> int | None:
    """Of a repository that says it; one that leaves it to the table of positions is read by each TEI in its own way."""
    longest = facts.max_seq_length
    if longest is None:
        return None
    return min(longest, args.max_batch_tokens) if args.auto_truncate else longest


def _embedding(args: EmbeddingArgs, facts: ModelFacts) -> dict[str, Any]:
    """A Dense module may change the dimensions, and splade's are those of the vocabulary."""
    task = task_of(read_repository(args, facts))
    pooling = task and task.pooling
    as_hidden = pooling != "splade" and "Dense" not in facts.modules
    return {"pooling": pooling, "dimensions": facts.hidden_size if as_hidden else None}
