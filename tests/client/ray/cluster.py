"""Jobs on a cluster of three nodes, one of which is killed in the first: run in the environment of this folder.

python cluster.py OPTIONS, a JSON object: `jobs`: arguments of backfill_parquet, `kill_after`: rows, `own`: a source and
arguments of share_model. What each came to, or its error, is in `told.json` here, since Ray prints to stdout, too.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray.data
from pyarrow.fs import FileSystem
from ray.cluster_utils import Cluster

from baseten_tei_client import TeiClientError
from baseten_tei_client.backfill.ray import EmbedRows, backfill_parquet, share_model

NODE = {"object_store_memory": 100 * 1024 * 1024}
HEAD = {
    "include_dashboard": False,
    "include_log_monitor": False,
    "num_cpus": 2,
    "_system_config": {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000},
}
"""So that a dead node is noticed after five seconds."""


class Killer:
    """Ends a node, and what runs there, once so many rows are done."""

    def __init__(self, cluster: Cluster, node: Any, after: int) -> None:
        self.cluster, self.node, self.after = cluster, node, after

    def __call__(self, progress: Any) -> None:
        """Look at how far a job is."""
        print(progress.rows, file=sys.stderr, flush=True)
        if self.node is not None and progress.rows >= self.after:
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.node = None


def run(work: Callable[[], Any]) -> Any:
    """Return what comes out as JSON takes it, or the error."""
    try:
        return work()
    except TeiClientError as error:
        return f"{type(error).__name__}: {error}"


def embed_own(source: str, **arguments: Any) -> list[Any]:
    """Return rows of a dataset of one's own, with what EmbedRows adds."""
    filesystem, path = FileSystem.from_uri(source)
    read = ray.data.read_parquet(path, filesystem=filesystem)
    rows = read.map_batches(EmbedRows, **share_model(**arguments))
    return [
        {**it, "vector": it["vector"] is not None and len(it["vector"])} for it in rows.take_all()
    ]


def main(options: dict[str, Any]) -> None:
    """Run the jobs."""
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, **HEAD})
    nodes = [cluster.add_node(num_cpus=1, **NODE) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    killer = Killer(cluster, nodes[0], options["kill_after"])
    told = [
        run(lambda job=job: vars(backfill_parquet(**job, progress=killer)))  # type: ignore[misc]
        for job in options["jobs"]
    ]
    told.append({"killed": killer.node is None})
    if "own" in options:
        told.append(run(lambda: embed_own(**options["own"])))
    Path("told.json").write_text(json.dumps(told))
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
