"""What each trap is shown on: a stack's outputs, and the emulator that its models are on."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

KEY = os.environ["BASETEN_API_KEY"]
LONG = "word " * 2000
"""Longer than each of the models takes; all of them truncate by themselves."""


@dataclass(frozen=True)
class Stack:
    """A stack's models, and the emulator that they are on."""

    models: Mapping[str, Any]
    emulator: str

    def url(self, model: str, output: str) -> str:
        return str(self.models[model][output])

    def too_many(self, model: str = "bge") -> list[str]:
        """One text more than a request may have."""
        return ["a text"] * (self.models[model]["limits"]["max_client_batch_size"] + 1)

    def last_body(self) -> Any:
        """What the emulator was sent last."""
        calls = requests.get(f"{self.emulator}/_emulator/calls", timeout=30).json()["calls"]
        return calls[-1]["body"]


@contextmanager
def expect_refusal(*words: str) -> Iterator[None]:
    """Fails unless the block raises an error that says all of these words."""
    try:
        yield
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        assert all(word in said for word in words), said
        return
    raise AssertionError(f"no error that says {words}")
