"""What an actor makes of units, without a cluster, by a fake model: run in the environment of this folder.

python chunks.py FOLDER
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

sys.path.insert(0, str(Path(__file__).parents[3]))
from baseten_tei_client.backfill import backfill, open_sink, open_source
from baseten_tei_client.backfill._embedder import ChunkEmbedder
from baseten_tei_client.backfill._sinks.parts import parts_at
from baseten_tei_client.backfill._units import Known, hash_ids, plan_units
from baseten_tei_client.backfill.ray import EmbedRows
from baseten_tei_client.backfill.ray._parts import make_schema, read_ids, read_known, read_schema
from baseten_tei_client.backfill.ray._workers import FillParts, Task
from tests.client.stores.fake_model import FakeModel

CHUNK = 8
EMBEDDER = ChunkEmbedder(FakeModel(), 10, 60)
CREW: Any = SimpleNamespace(served=SimpleNamespace(space=EMBEDDER.space), join=lambda: EMBEDDER)


def write_source(folder: Path) -> None:
    """Write rows of which the first 16 are all refused."""
    texts = ["" if n < 2 * CHUNK or n % 9 == 0 else f"t{n}" + "x" * (n % 30) for n in range(100)]
    payload = [None if n % 2 else float(n) for n in range(100)]
    table = pa.table({"id": range(100), "text": texts, "weight": payload})
    folder.mkdir()
    parquet.write_table(table, folder / "a.parquet", row_group_size=17)


def fill(source: Any, target: str, known: Known) -> list[Any]:
    """Return what the actor tells of each unit."""
    parts = parts_at(target)
    parts.prepare()
    schema = make_schema(read_schema(source.paths[0]), source.columns, EMBEDDER.space)
    plan = plan_units([read_ids(it, "id") for it in source.paths], known, CHUNK, 2)
    actor = FillParts(CREW, Task(source.paths, source.columns, parts, schema, CHUNK))
    units = pa.Table.from_pylist([asdict(it) for it in plan.units])
    return [json.loads(it["told"]) for it in actor(units).to_pylist()]


def main(folder: Path) -> None:
    """Fill, fill again as after a death, go on with the plain backfill, and print all of it."""
    write_source(folder / "source")
    target = str(folder / "target")
    source: Any = open_source(folder / "source", payload=["weight"])
    nothing = Known(np.empty(0, np.int64), np.empty(0, np.int64))
    first, again = fill(source, target, nothing), fill(source, target, nothing)
    known = [read_known(it, EMBEDDER.space) for it in parts_at(target).list_parts()]
    refused = np.concatenate([it.refused for it in known])
    plain = backfill(FakeModel(), source, open_sink(target), journal=folder / "journal.db")
    own = EmbedRows(CREW, "text")(pa.table({"text": ["a", "", "y" * 40]}))
    print(json.dumps({
        "first": first, "again": again, "plain": vars(plain), "own": own.to_pylist(),
        "refused": np.isin(hash_ids(range(100)), refused).tolist(),
        "rows": parquet.read_table(target).to_pylist(),
    }))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
