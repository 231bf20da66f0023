"""A Pulumi program of your own: one embedding, its URL as an output."""

import pulumi

from baseten_tei import Autoscaling, Embedding, EmbeddingArgs

search = Embedding(
    "search",
    EmbeddingArgs(
        model_id="BAAI/bge-small-en-v1.5",
        accelerator="L4",
        autoscaling=Autoscaling(min_replica=1, max_replica=4),
    ),
)
pulumi.export("embeddings_url", search.outputs["embeddings_url"])
