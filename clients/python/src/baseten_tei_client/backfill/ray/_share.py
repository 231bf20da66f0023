"""The arguments of `map_batches` for a dataset of the caller's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

from baseten_tei_client._connect import Options
from baseten_tei_client._outputs import Role
from baseten_tei_client._sources import KEY_VARIABLE, Outputs
from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._run import ROWS_OF_A_CHUNK
from baseten_tei_client.backfill.ray._served import serve
from baseten_tei_client.backfill.ray._workers import Crew


def share_model(
    name: str, *, actors: int, text: str = "text", outputs: Outputs = "env",
    environment: str | None = None, space: Role | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    key_variable: str = KEY_VARIABLE, num_cpus: float = 0.5, batch_size: int = ROWS_OF_A_CHUNK,
    batch_timeout: float = 3600.0, **options: Unpack[Options],
) -> dict[str, Any]:  # fmt: skip
    """Return the arguments with which `map_batches(EmbedRows, **…)` runs so many actors that share the permits.

    `share` (default: 0.5) of the replicas' permits is divided among them, so do not change how many they are. Use
    the arguments once. See `backfill_parquet`. Raises what `connect` and a backfill raise.
    """
    served = serve(
        name, actors, outputs=outputs, environment=environment, space=space, expect_space=expect_space,
        key_variable=key_variable, embed_timeout=batch_timeout, options=options,
    )  # fmt: skip
    crew = Crew.of(served, actors)
    arguments = {"fn_constructor_args": (crew, text), "batch_size": batch_size}
    return {**arguments, **crew.options(num_cpus)}
