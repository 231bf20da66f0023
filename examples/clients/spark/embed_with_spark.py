"""Spark: `spark-submit examples/clients/spark/embed_with_spark.py SOURCE TARGET outputs.json`, both Parquet.

Every executor needs this client's package and BASETEN_API_KEY, from a secret of the cluster.
"""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
from pyspark import TaskContext
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from baseten_tei_client import connect

MODEL = "search"
SHARE = 0.5  # of the replicas' permits, for all tasks together; the rest is for live traffic
TASKS = 4  # that embed at once
REQUEST_TIMEOUT = 60.0

source, target, outputs_file = sys.argv[1:]
outputs = json.loads(Path(outputs_file).read_text())  # here, so that executors need no file
space = outputs["models"][MODEL]["space"]
most = int(SHARE * outputs["models"][MODEL]["limits"]["predict_concurrency"])
if most < TASKS:
    sys.exit(f"{TASKS} tasks cannot share {most} requests: give fewer tasks, or a greater share")


def embed(frames):
    if (
        TaskContext.get().attemptNumber()
    ):  # what the task that failed has sent may still be under way
        time.sleep(REQUEST_TIMEOUT)
    with connect(
        MODEL, outputs=outputs, share=SHARE / TASKS, request_timeout=REQUEST_TIMEOUT,
        expect_space=space, probe_space=bool(space["fingerprint"]),
    ) as model:  # fmt: skip
        for frame in frames:
            found = model.embed_documents(frame["text"], timeout=3600, on_refusal="skip")
            refused = {it.index: it.reason for it in found.refused}
            truncated = {it.index: it.tokens for it in found.truncated}
            rows = range(len(frame))
            yield pd.DataFrame({
                "id": frame["id"].array,
                "vector": [None if n in refused else found.vectors[n] for n in rows],
                "truncated": pd.array([truncated.get(n) for n in rows], "Int64"),
                "refused": [refused.get(n) for n in rows],
            })  # fmt: skip


spark = SparkSession.builder.config("spark.speculation", "false").getOrCreate()
rows = spark.read.parquet(source).select("id", "text").dropDuplicates(["id"])
with suppress(AnalysisException):  # the target is not there yet
    rows = rows.join(spark.read.parquet(target).select("id"), "id", "left_anti")
kind = rows.schema["id"].dataType.simpleString()
columns = f"id {kind}, vector array<float>, truncated long, refused string"
# At most TASKS run at once, since there are no more partitions.
rows.repartition(TASKS).mapInPandas(embed, columns).write.mode("append").parquet(target)
