"""The task detector on what the real Hub client reads of each kind of repository."""

import pytest

from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.hub_client import Hub
from baseten_tei.facts.tei.task_detection import detect

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


@pytest.mark.parametrize(("repository", "task"), DETECTED.items())
def test_a_repository_is_what_the_router_would_make_of_it(
    client: Hub, repository: str, task: str
) -> None:
    found = detect(read_facts(client.read(repository, "main", "2026-11-22")))
    assert (found.task, found.refusal) == (task, None)


@pytest.mark.parametrize("repository", REFUSED)
def test_what_the_router_does_not_start_with_is_refused(client: Hub, repository: str) -> None:
    assert detect(read_facts(client.read(repository, "main", "2026-11-22"))).refusal
