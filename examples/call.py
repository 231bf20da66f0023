"""Call each of the dev stack's models with requests: `source engine/env.sh`, then `python examples/call.py`."""

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


def call(url, body):
    answer = requests.post(url, headers={"Authorization": f"Api-Key {key}"}, json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def embed(name, model, most):
    data = call(model["embeddings_url"], {"input": ["text string", "second string"][:most]})["data"]
    print(f"{name}: {len(data)} vectors of {len(data[0]['embedding'])} numbers")


def rerank(name, model, most):
    texts = ["Paris is the capital of France.", "Cats sleep most of the day."][:most]
    query = {"query": "What is the capital of France?", "texts": texts}
    for hit in call(model["rerank_url"], query):
        print(f"{name}: {hit['score']:.3f} {texts[hit['index']]}")


def classify(name, model, most):
    # A batch is a list of lists: ["a", "b"] would be one pair of texts. Where several labels may hold at once,
    # TEI's softmax would let one win: so raw scores, and the sigmoid of each.
    several = bool(model["multi_label"])
    moods = {"inputs": [["I love this!"], ["I am furious."]][:most], "raw_scores": several}
    for labels in call(model["classify_url"], moods):
        score = labels[0]["score"]
        print(
            f"{name}: {labels[0]['label']} {1 / (1 + math.exp(-score)) if several else score:.3f}"
        )


for name, model in models.items():
    ask = {"embedding": embed, "reranker": rerank, "classifier": classify}[model["task"]]
    ask(name, model, model["limits"]["max_client_batch_size"])
