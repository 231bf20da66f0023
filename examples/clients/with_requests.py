"""requests: `pulumi stack output --json | python examples/clients/with_requests.py`"""

import json
import math
import os
import sys

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

models = json.load(sys.stdin)["models"]
session = requests.Session()
session.headers["Authorization"] = f"Api-Key {os.environ['BASETEN_API_KEY']}"
# A POST may be sent again, since nothing is written; Retry-After is heeded.
retry = Retry(5, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), allowed_methods=None)
session.mount(models["bge"]["sync_url"], HTTPAdapter(max_retries=retry))


def call(model, url, body):
    answer = session.post(models[model][url], json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


texts = ["Cats sleep most of the day.", "Rain falls.", "Paris is the capital of France."]
size = models["bge"]["limits"]["max_client_batch_size"]
for start in range(0, len(texts), size):
    for found in call("bge", "embeddings_url", {"input": texts[start : start + size]})["data"]:
        print(f"bge: {len(found['embedding'])} numbers")

question = {"query": "What is the capital of France?", "texts": texts[1:]}
for hit in call("bge-reranker", "rerank_url", question):
    print(f"bge-reranker: {hit['score']:.3f} {question['texts'][hit['index']]}")

# Several emotions may hold at once, and TEI's softmax would let one win: so raw scores, and their sigmoid.
moods = {"inputs": [["I love this!"], ["I am furious."]], "raw_scores": True}
for labels in call("go-emotions", "classify_url", moods):
    print(f"go-emotions: {labels[0]['label']} {1 / (1 + math.exp(-labels[0]['score'])):.3f}")
