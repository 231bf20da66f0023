"""Baseten's SDK: `pulumi stack output --json | python examples/clients/with_baseten.py`"""

import json
import os
import sys

from baseten.client import InferenceClient
from baseten.client.inferenceapi import PredictInput

models = json.load(sys.stdin)["models"]


def call(name, body):
    model = models[name]
    environment = model["environment"]
    base_url = model["predict_url"].removesuffix(f"/environments/{environment}/predict")
    with InferenceClient(
        api_key=os.environ["BASETEN_API_KEY"], base_url_override=base_url
    ) as client:
        client.http_client.timeout = 60  # 5 seconds by default, less than any cold start
        # `predict` itself takes no answer that is a list, as those of /rerank and /predict are.
        answer = client.api.predict_raw(
            env_name=environment, request=PredictInput(body), accept="application/json"
        )
        return json.loads(answer.read())


texts = ["Cats sleep most of the day.", "Paris is the capital of France."]
for found in call("bge", {"input": texts})["data"]:
    print(f"bge: {len(found['embedding'])} numbers")
question = {"query": "What is the capital of France?", "texts": texts}
for hit in call("bge-reranker", question):
    print(f"bge-reranker: {hit['score']:.3f} {texts[hit['index']]}")
moods = {"inputs": [["I love this!"], ["I am furious."]], "raw_scores": True}
for labels in call("go-emotions", moods):
    print(f"go-emotions: {labels[0]['label']} {labels[0]['score']:.3f}")
