"""Call the dev stack's models with requests: `source engine/env.sh`, then `python examples/call.py`."""

import json
import math
import os
import subprocess
import sys

import requests

output = ["pulumi", "stack", "output", "models", "--stack", "dev", "--json"]
try:
    models = json.loads(subprocess.check_output(output, stderr=subprocess.DEVNULL))
except (OSError, subprocess.CalledProcessError):
    sys.exit("the dev stack's outputs could not be read: run make demo, then source engine/env.sh")
key = os.environ.get("BASETEN_API_KEY", "emulator")  # the emulator's own key


def call(model, url, body):
    answer = requests.post(
        models[model][url], headers={"Authorization": f"Api-Key {key}"}, json=body, timeout=60
    )
    answer.raise_for_status()
    return answer.json()


embeddings = call("bge", "embeddings_url", {"input": ["text string", "second string"]})
print(
    f"bge: {len(embeddings['data'])} vectors of {len(embeddings['data'][0]['embedding'])} numbers"
)

texts = ["Paris is the capital of France.", "Cats sleep most of the day."]
for hit in call(
    "bge-reranker", "rerank_url", {"query": "What is the capital of France?", "texts": texts}
):
    print(f"bge-reranker: {hit['score']:.3f} {texts[hit['index']]}")

# A batch is a list of lists: ["a", "b"] would be one pair of texts. Several emotions may hold at once,
# and TEI's softmax would let one win: so raw scores, and the sigmoid of each.
moods = {"inputs": [["I love this!"], ["I am furious."]], "raw_scores": True}
for labels in call("go-emotions", "classify_url", moods):
    print(f"go-emotions: {labels[0]['label']} {1 / (1 + math.exp(-labels[0]['score'])):.3f}")
