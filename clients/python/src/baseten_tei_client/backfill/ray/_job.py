"""The whole job on a cluster: what the target lacks is found, embedded by actors, and written part by part."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

from baseten_tei_client._connect import Options
from baseten_tei_client._outputs import Role
from baseten_tei_client._sources import KEY_VARIABLE, Outputs
from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, missing_extra
from baseten_tei_client.backfill._journal import Totals
from baseten_tei_client.backfill._meter import Progress
from baseten_tei_client.backfill._readers import read_parquet
from baseten_tei_client.backfill._report import write_lines
from baseten_tei_client.backfill._run import ROWS_OF_A_CHUNK
from baseten_tei_client.backfill._sinks.parts import parts_at
from baseten_tei_client.backfill._sources import Files, open_source
from baseten_tei_client.backfill._units import Plan, plan_units
from baseten_tei_client.backfill.ray._served import serve
from baseten_tei_client.errors import (
    DeadlineError,
    SpaceMismatchError,
    TeiClientError,
    UnauthorizedError,
    UnavailableError,
    UsageError,
)

try:
    import ray.data
    from ray.exceptions import RayTaskError

    from baseten_tei_client.backfill.ray._scan import Tell, find_schema, scan_source, scan_target
    from baseten_tei_client.backfill.ray._workers import Crew, FillParts, Task
except ImportError as error:
    raise missing_extra("Ray Data", "ray") from error

ERRORS: Mapping[str, type[TeiClientError]] = {
    it.__name__: it
    for it in (DeadlineError, SinkError, SpaceMismatchError, UnauthorizedError, UnavailableError, UsageError)
}  # fmt: skip
"""What an actor tells by its name; anything else is a `TeiClientError`."""


def backfill_parquet(
    name: str, source: str | Path, target: str | Path, *, actors: int,
    id: str = "id", text: str = "text", payload: Sequence[str] = (),  # noqa: A002  # as users say it
    outputs: Outputs = "env", environment: str | None = None, space: Role | None = None,
    expect_space: Space | Mapping[str, Any] | str | Path | None = None,
    key_variable: str = KEY_VARIABLE, report: str | Path | None = None, num_cpus: float = 0.5,
    chunk: int = ROWS_OF_A_CHUNK, chunk_timeout: float = 3600.0,
    progress: Callable[[Progress], None] | None = None, **options: Unpack[Options],
) -> Totals:  # fmt: skip
    """Write the vectors of Parquet's rows that the target lacks, by actors on the cluster that `ray.init` connected.

    Args:
        name: The model's name in the stack. `outputs`, `environment`, `space`, `expect_space` are those of `connect`.
        source: A file, folder or pattern of Parquet, in object storage or where every node sees it.
        target: A folder that every node sees, or a prefix of object storage; it is known by it which rows are there.
        actors: How many embed; `share` (default: 0.5) of the replicas' permits is divided among them.
        id: By which a row is known; `text`: what is embedded; `payload`: what is kept beside the vector.
        key_variable: The environment variable in which every node has the API key.
        report: A file of this machine for one JSON line a row that was truncated, refused or repeated.
        num_cpus: What an actor, which mostly waits for the model, takes of a node.
        chunk: Rows of a part, which are embedded and written at once; `chunk_timeout`: the seconds for it.
        progress: Called after each unit of chunks.
        options: Those of `connect`; a `request_timeout` is also how long an actor waits that takes a dead one's place.

    Raises:
        SpaceMismatchError: the target is of another space, or the model began to serve one.
        SinkError: the target failed. Run it again: nothing is lost.
        TeiClientError: see errors.py of the client.
    """
    if chunk < 1:
        raise UsageError("chunk must be at least 1")
    files = open_source(source, id=id, text=text, payload=payload)
    if not isinstance(files, Files) or files.read is not read_parquet:
        raise UsageError(f"{source} is not Parquet, which is all that this reads")
    served = serve(
        name, actors, outputs=outputs, environment=environment, space=space, expect_space=expect_space,
        key_variable=key_variable, embed_timeout=chunk_timeout, options=options,
    )  # fmt: skip
    parts = parts_at(str(target))
    with _without_traces(), write_lines(report) as tell:
        there = scan_target(parts, served.space, tell)
        plan = plan_units(scan_source(files), there, chunk, actors)
        tell(
            [
                {"file": str(files.paths[n]), "row": row, "what": "repeated"}
                for n, row in plan.repeats
            ]
        )
        schema = find_schema(files, parts, served.space)
        task = Task(files.paths, files.columns, parts, schema, chunk)
        units = _run(Crew.of(served, actors), task, plan, num_cpus) if plan.units else iter(())
        return _sum_up(plan, units, tell, progress)


@contextmanager
def _without_traces() -> Iterator[None]:
    """Raise this package's errors as they are, without what Ray says of the task in which they came up."""
    try:
        yield
    except RayTaskError as error:
        if isinstance(error.cause, TeiClientError):
            raise error.cause from None
        raise


def _run(crew: Crew, task: Task, plan: Plan, num_cpus: float) -> Iterator[Mapping[str, Any]]:
    """Yield what each unit came to. Raises what an actor told."""
    items = [asdict(it) for it in plan.units]
    told = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
        FillParts, fn_constructor_args=(crew, task), batch_size=1, **crew.options(num_cpus)
    )
    for row in told.iter_rows():
        unit = json.loads(row["told"])
        if "error" in unit:
            raise ERRORS.get(unit["kind"], TeiClientError)(unit["error"])
        yield unit


def _sum_up(
    plan: Plan, units: Iterator[Mapping[str, Any]], tell: Tell,
    progress: Callable[[Progress], None] | None,
) -> Totals:  # fmt: skip
    """Return the totals, and tell of each unit as it arrives."""
    began, done = time.monotonic(), plan.present + plan.refused + len(plan.repeats)
    before, refused, tokens = done, plan.refused, 0
    for unit in units:
        tell(unit["findings"])
        done, tokens = done + unit["rows"], tokens + unit["tokens"]
        refused += unit["rows"] - unit["written"]
        if progress is not None:
            rate = (done - before) / max(time.monotonic() - began, 1e-9)
            progress(Progress(done, plan.rows, rate, tokens))
    return Totals(plan.rows, plan.present, refused, len(plan.repeats), tokens)
