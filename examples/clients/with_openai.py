"""OpenAI's SDK: `pulumi stack output --json | python examples/clients/with_openai.py`"""

import json
import os
import sys

from openai import OpenAI

models = json.load(sys.stdin)["models"]
key = os.environ["BASETEN_API_KEY"]
texts = ["Cats sleep most of the day.", "Rain falls.", "Paris is the capital of France."]

client = OpenAI(base_url=models["bge"]["openai_base_url"], api_key=key)
size = models["bge"]["limits"]["max_client_batch_size"]  # the SDK sends all in one request
document = (
    models["bge"].get("prompts", {}).get("document", "")
)  # of a model that wants words before
for start in range(0, len(texts), size):
    batch = [document + text for text in texts[start : start + size]]
    answer = client.embeddings.create(model="bge", input=batch)
    for found in answer.data:
        print(f"bge: {len(found.embedding)} numbers")

# OpenAI has no such routes, but its client sends any body, with its retries and timeouts.
reranker = OpenAI(base_url=models["bge-reranker"]["sync_url"], api_key=key)
question = {"query": "What is the capital of France?", "texts": texts[1:]}
for hit in reranker.post("/rerank", cast_to=object, body=question):
    print(f"bge-reranker: {hit['score']:.3f} {question['texts'][hit['index']]}")

classifier = OpenAI(base_url=models["go-emotions"]["sync_url"], api_key=key)
moods = {"inputs": [["I love this!"], ["I am furious."]], "raw_scores": True}
for labels in classifier.post("/predict", cast_to=object, body=moods):
    print(f"go-emotions: {labels[0]['label']} {labels[0]['score']:.3f}")
