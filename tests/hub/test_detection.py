"""The task that the router makes of what the real Hub client reads of each kind of repository."""

import pytest

from baseten_tei.deployment.router_reading import Reading, read_repository, task_of
from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.hub_client import Hub
from baseten_tei.facts.tei.loading.refusals import Refusal
from baseten_tei.spec.args import EmbeddingArgs

DETECTED = {
    "tiny/embedder": "embedding",
    "tiny/embedder-without-pooling": "embedding",
    "tiny/reranker": "reranker",
    "tiny/two-labels": "classifier",
    "tiny/emotions": "classifier",
    "tiny/ner": "classifier",
    "tiny/sharded": "embedding",
}
REFUSED = ("tiny/no-label-maps", "tiny/max-pooling")


def read(client: Hub, repository: str) -> Reading | None:
    """What the router makes of it."""
    facts = read_facts(client.read(repository, "main", "2026-11-22"))
    return read_repository(EmbeddingArgs(model_id=repository), facts)


@pytest.mark.parametrize(("repository", "task"), DETECTED.items())
def test_a_repository_is_what_the_router_would_make_of_it(
    client: Hub, repository: str, task: str
) -> None:
    found = task_of(read(client, repository))
    assert found
    assert found.task == task


@pytest.mark.parametrize("repository", REFUSED)
def test_what_the_router_does_not_start_with_is_refused(client: Hub, repository: str) -> None:
    found = read(client, repository)
    assert isinstance(found, Refusal)
    assert found.step in ("labels", "pooling")
