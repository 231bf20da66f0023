"""One run of a backfill from Parquet to Parquet, in the environment of this folder: ours, or a straight loop.

python job.py make ROWS FILE
python job.py ours FILE FOLDER OUTPUTS
python job.py fast FILE FOLDER OUTPUTS
python job.py straight FILE FOLDER OUTPUTS
python job.py check FILE FOLDER OUTPUTS
"""

import json
import os
import random
import sys
import time
from binascii import a2b_base64
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset
from baseten_performance_client import PerformanceClient, RequestProcessingPreference
from pyarrow import parquet

from baseten_tei_client import connect
from baseten_tei_client.backfill import Batch, Row, backfill, open_sink, open_source

Transport = Literal["http", "performance"]
NAME, KEY = "search", os.environ.get("BASETEN_API_KEY", "")
CHUNK, SAMPLE = 2048, 200
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


def ours(file: str, folder: str, outputs: str, transport: Transport = "http") -> None:
    """Fill the folder as docs/backfill.md says."""
    with connect(
        NAME, outputs=outputs, api_key=KEY, fetch_tokenizer=False, transport=transport
    ) as model:
        began = _now()
        totals = backfill(
            model, open_source(file), open_sink(folder), journal=f"{folder}.journal",
            report=f"{folder}.report.jsonl", chunk=CHUNK,
        )  # fmt: skip
        _tell(began, totals.rows)


def fast(file: str, folder: str, outputs: str) -> None:
    """Do the same through the extra `fast`, which is the default where it is installed and the model is not local."""
    ours(file, folder, outputs, "performance")


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
        answer = client.embed(
            [row.text for row in rows],
            model="model",
            encoding_format="base64",
            preference=preference,
        )
        vectors = [np.frombuffer(a2b_base64(it.embedding), "<f4") for it in answer.data]
        sink.write(Batch(number, rows, np.array(vectors)))
        done += len(rows)
    sink.close()
    _tell(began, done)


def check(file: str, folder: str, outputs: str) -> None:
    """Require each row of the source once, and of some the vector that its text has alone."""
    wanted = parquet.read_table(file)
    ids = pa.dataset.dataset(folder, format="parquet").to_table(columns=["id"])["id"]
    lost = pa.compute.sum(pa.compute.invert(pa.compute.is_in(wanted["id"], ids))).as_py()
    twice = len(ids) - len(ids.unique())
    if lost or twice:
        raise SystemExit(f"{lost} rows lost, {twice} twice")
    some = dict(random.Random(3).sample(_pairs(wanted), SAMPLE))  # noqa: S311  # a sample
    kept = pa.dataset.dataset(folder, format="parquet").to_table(
        filter=pa.dataset.field("id").isin(list(some))
    )
    vectors = np.stack(kept["vector"].to_numpy())
    with connect(NAME, outputs=outputs, api_key=KEY, fetch_tokenizer=False) as model:
        alone = model.embed([some[it] for it in kept["id"].to_pylist()]).vectors
    if not np.allclose(vectors, alone, atol=1e-6):
        raise SystemExit("vectors are not those of their texts")
    print(f"{len(ids):,} rows: 0 lost, 0 twice, {len(vectors)} vectors as of their texts alone")


def _pairs(table: pa.Table) -> list[tuple[str, str]]:
    return list(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def _read(file: str) -> Iterator[list[Row]]:
    with parquet.ParquetFile(file) as source:
        for batch in source.iter_batches(batch_size=CHUNK):
            yield [Row(*it) for it in zip(*(it.to_pylist() for it in batch.columns), strict=True)]


def _now() -> tuple[float, float]:
    """Return the time, and that of the processor."""
    return time.perf_counter(), time.process_time()


def _tell(began: tuple[float, float], rows: int) -> None:
    seconds, processor = (it - at for it, at in zip(_now(), began, strict=True))
    print(json.dumps({"seconds": seconds, "processor": processor, "rows": rows}))


if __name__ == "__main__":
    {"make": make, "ours": ours, "fast": fast, "straight": straight, "check": check}[sys.argv[1]](
        *sys.argv[2:]
    )
