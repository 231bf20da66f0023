"""One emulated Baseten with a model of each task, for all tests of the client."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.client.stack import ClientStack
from tests.support.harness import running_emulator

settings.register_profile(
    "same everywhere", deadline=None, derandomize=True, database=None, max_examples=25
)
settings.load_profile("same everywhere")


@pytest.fixture(scope="session")
def shared() -> Iterator[ClientStack]:
    """The emulator, with what tests do not change."""
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        stack.put("search", "embedding", "sentence-transformers/all-MiniLM-L6-v2")
        stack.put("rerank", "reranker", "BAAI/bge-reranker-base")
        stack.put("moods", "classifier", "SamLowe/roberta-base-go_emotions", multi_label=True)
        stack.wait()
        yield stack


@pytest.fixture
def stack(shared: ClientStack) -> Iterator[ClientStack]:
    """The same without faults and with an empty call log."""
    shared.emulator.no_faults()
    shared.emulator.forget_calls()
    yield shared
    shared.emulator.no_faults()
