"""Backfill on many machines, by Ray Data (extra: ray): actors that share one budget of a model's permits.

backfill_parquet  Parquet to Parquet, in object storage or a folder that all nodes see; goes on after a kill
EmbedRows         an actor for `map_batches` of a dataset of your own
share_model       the arguments of `map_batches` with which its actors share the budget
"""

from baseten_tei_client.backfill.ray import _extra  # noqa: F401  # isort: skip  # first: it says which extra is missing
from baseten_tei_client.backfill.ray._job import backfill_parquet
from baseten_tei_client.backfill.ray._share import share_model
from baseten_tei_client.backfill.ray._workers import EmbedRows

__all__ = ["EmbedRows", "backfill_parquet", "share_model"]
