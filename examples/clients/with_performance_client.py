"""Baseten's performance client: `pulumi stack output --json | python examples/clients/with_performance_client.py`"""

import json
import sys

from baseten_performance_client import PerformanceClient, RequestProcessingPreference

models = json.load(sys.stdin)["models"]
texts = ["Cats sleep most of the day.", "Rain falls.", "Paris is the capital of France."]


def client(model):
    return PerformanceClient(models[model]["sync_url"])  # takes BASETEN_API_KEY by itself


def preference(model):
    limits = models[model]["limits"]
    return RequestProcessingPreference(
        batch_size=limits["max_client_batch_size"],
        max_concurrent_requests=limits["predict_concurrency"] * limits["max_replica"],
        timeout_s=60,  # an hour by default, five times over
        total_timeout_s=600,
    )


vectors = client("bge").embed(texts, model="bge", preference=preference("bge")).numpy()
print(f"bge: {vectors.shape[0]} times {vectors.shape[1]} numbers")

# `truncate`, because this client says false where others leave it to the server.
found = client("bge-reranker").rerank(
    "What is the capital of France?", texts, truncate=True, preference=preference("bge-reranker")
)
for hit in sorted(found.data, key=lambda hit: -hit.score):  # sorted within each batch alone
    print(f"bge-reranker: {hit.score:.3f} {texts[hit.index]}")

moods = ["I love this!", "I am furious."]
answer = client("go-emotions").classify(
    moods, raw_scores=True, truncate=True, preference=preference("go-emotions")
)
for labels in answer.data:
    print(f"go-emotions: {labels[0].label} {labels[0].score:.3f}")
