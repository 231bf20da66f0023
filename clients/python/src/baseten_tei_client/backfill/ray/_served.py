"""What an actor needs to call the model: its outputs and options, and the name of the variable with the key."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from baseten_tei_client._connect import Options
from baseten_tei_client._limits import Limits
from baseten_tei_client._model import AsyncModel
from baseten_tei_client._outputs import ModelOutputs, Role
from baseten_tei_client._routing import choose_model
from baseten_tei_client._sources import (
    KEY_VARIABLE,
    Outputs,
    read_outputs,
    read_space,
    require_api_key,
)
from baseten_tei_client._spaces import Space
from baseten_tei_client._sync import Model
from baseten_tei_client.backfill._embedder import ChunkEmbedder
from baseten_tei_client.backfill._units import divide_share
from baseten_tei_client.errors import UnauthorizedError, UsageError
from baseten_tei_client.settings import Settings


@dataclass(frozen=True)
class Served:
    """A model without its key, which each process reads from its own environment."""

    outputs: ModelOutputs
    options: Mapping[str, Any]
    key_variable: str
    timeout: float

    @property
    def space(self) -> Space:
        """Return the space of all vectors."""
        if self.outputs.space is None:
            raise UsageError(f"the outputs of model {self.outputs.name!r} do not have its space")
        return self.outputs.space

    @property
    def request_timeout(self) -> float:
        """Return after how many seconds no try of a request is under way any more."""
        return Settings(**self.options).request_timeout

    def connect(self) -> Model:
        """Return the model. Raises `UnauthorizedError` where the variable is not set."""
        if not os.environ.get(self.key_variable):
            raise UnauthorizedError(
                f"{self.key_variable} is not set in the environment of Ray's workers: set it on every node, from a "
                "secret of the cluster, before `ray start`"
            )
        key = require_api_key(os.environ[self.key_variable])
        return Model(AsyncModel(self.outputs, Settings(**self.options), key))

    def embedder(self, model: Model, remember: int) -> ChunkEmbedder:
        """Return what embeds with it. Raises `SpaceMismatchError` if it is not of the job's space."""
        return ChunkEmbedder(model, remember, self.timeout)


def serve(
    name: str, actors: int, *, outputs: Outputs = "env", environment: str | None = None,
    space: Role | None = None, expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    key_variable: str = KEY_VARIABLE, embed_timeout: float = 3600.0, options: Options,
) -> Served:  # fmt: skip
    """Return what each of so many actors needs, once the model has answered the probe texts.

    The share of `options` is divided among them. Raises what `connect` and a backfill raise.
    """
    if options.get("cache") is not None:
        raise UsageError("actors have no common cache: leave cache= out")
    expected = None if expect_space is None else read_space(expect_space)
    model = choose_model(read_outputs(outputs), name, environment, space, expected)
    limits = Limits.of(model.limits, {})
    share = divide_share(
        options.get("share", 0.5),
        actors,
        limits.predict_concurrency,
        limits.max_concurrent_requests,
    )
    mine: dict[str, Any] = {**options, "share": share, "expect_space": expected}
    served = Served(model, mine, key_variable, embed_timeout)
    with served.connect() as connected:
        measured = served.embedder(connected, 1).space
    return replace(served, outputs=replace(model, space=measured))
