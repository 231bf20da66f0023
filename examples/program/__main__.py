"""A Pulumi program of your own: two embeddings, one of them gated, with the outputs of a stack from YAML."""

from baseten_tei import Autoscaling, Embedding, EmbeddingArgs, export_models

search = Embedding(
    "search",
    EmbeddingArgs(
        model_id="BAAI/bge-small-en-v1.5",
        accelerator="L4",
        autoscaling=Autoscaling(min_replica=1, max_replica=4),
    ),
)
gemma = Embedding(
    "gemma", EmbeddingArgs(model_id="google/embeddinggemma-300m", accelerator="L4", gated=True)
)
export_models({"search": search, "gemma": gemma})
