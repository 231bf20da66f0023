"""One run of a backfill from Parquet to Parquet, in the environment of this folder: ours, or a straight loop.

python job.py make ROWS FILE
python job.py ours FILE FOLDER OUTPUTS
python job.py straight FILE FOLDER OUTPUTS
python job.py count FOLDER
"""

import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
from baseten_performance_client import PerformanceClient, RequestProcessingPreference
from pyarrow import parquet

from baseten_tei_client import connect
from baseten_tei_client.backfill import Batch, Row, backfill, open_sink, open_source

NAME, KEY = "search", os.environ.get("BASETEN_API_KEY", "")
CHUNK = 2048
WORDS = [f"word{n}" for n in range(3000)]


def make(rows: str, file: str) -> None:
    """Write so many rows with short texts of 3 to 12 words."""
    chance = random.Random(2)  # noqa: S311  # texts, no secrets
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    with parquet.ParquetWriter(file, schema) as writer:
        for first in range(0, int(rows), 100_000):
            ids = [f"note-{n:07d}" for n in range(first, min(first + 100_000, int(rows)))]
            texts = [" ".join(chance.choices(WORDS, k=chance.randint(3, 12))) for _ in ids]
            writer.write_table(pa.table([ids, texts], schema=schema))


def ours(file: str, folder: str, outputs: str) -> None:
    """Fill the folder as docs/backfill.md says."""
    with connect(NAME, outputs=outputs, api_key=KEY, fetch_tokenizer=False) as model:
        began = _now()
        totals = backfill(
            model, open_source(file), open_sink(folder), journal=f"{folder}.journal",
            report=f"{folder}.report.jsonl", chunk=CHUNK,
        )  # fmt: skip
        _tell(began, totals.rows, written=totals.written)


def straight(file: str, folder: str, outputs: str) -> None:
    """Embed with Baseten's client, chunk by chunk, and write with the same writer."""
    model = json.loads(Path(outputs).read_text())["models"][NAME]
    client = PerformanceClient(model["sync_url"], KEY)
    limits = model["limits"]
    preference = RequestProcessingPreference(
        batch_size=limits["max_client_batch_size"],
        max_concurrent_requests=limits["predict_concurrency"],
        max_chars_per_request=limits["payload_limit_bytes"],
    )
    with connect(NAME, outputs=outputs, api_key=KEY) as ours:
        space = ours.space
    assert space is not None  # noqa: S101  # an embedding model's outputs have it
    sink = open_sink(folder)
    began, done = _now(), 0
    sink.open(space, Row("example", "text"))
    for number, rows in enumerate(_read(file)):
        answer = client.embed([row.text for row in rows], model="model", preference=preference)
        sink.write(Batch(number, rows, answer.numpy()))
        done += len(rows)
    sink.close()
    _tell(began, done)


def count(folder: str) -> None:
    """Print the rows of a store, and how many different ids they have."""
    ids = pyarrow.dataset.dataset(folder, format="parquet").to_table(columns=["id"])["id"]
    print(json.dumps({"rows": len(ids), "ids": len(ids.unique())}))


def _read(file: str) -> Iterator[list[Row]]:
    with parquet.ParquetFile(file) as source:
        for batch in source.iter_batches(batch_size=CHUNK):
            yield [Row(*it) for it in zip(*(it.to_pylist() for it in batch.columns), strict=True)]


def _now() -> tuple[float, float]:
    """Return the time, and that of the processor."""
    return time.perf_counter(), time.process_time()


def _tell(began: tuple[float, float], rows: int, **more: int) -> None:
    seconds, processor = (it - at for it, at in zip(_now(), began, strict=True))
    print(json.dumps({"seconds": seconds, "processor": processor, "rows": rows, **more}))


if __name__ == "__main__":
    {"make": make, "ours": ours, "straight": straight, "count": count}[sys.argv[1]](*sys.argv[2:])
