"""Serves the ASGI app of reranking as its page says, calls it with Cohere's SDK, and prints what that understood.

python cohere_calls.py OUTPUTS PORT, in the environment of tests/client/stores
"""

import json
import sys
import threading
import time
from typing import Any

import cohere
import uvicorn

from baseten_tei_client import connect
from baseten_tei_client.asgi import rerank_app

QUERY = "What is the capital of France?"
TEXTS = ["Cats sleep.", "Paris is the capital of France.", "Dogs bark."]


def call(client: Any, **more: Any) -> Any:
    """What the SDK's objects hold, or the status of its error."""
    try:
        found = client.rerank(model="any", query=QUERY, **{"documents": TEXTS, **more})
    except cohere.core.ApiError as error:
        return [error.status_code, error.body["message"]]
    return [(it.index, round(it.relevance_score, 3)) for it in found.results]


model = connect("rerank", outputs=sys.argv[1])
config = uvicorn.Config(rerank_app(model), port=int(sys.argv[2]), log_level="error")
server = uvicorn.Server(config)
serving = threading.Thread(target=server.run)
serving.start()
while not server.started:
    time.sleep(0.01)
told = {}
for kind in (cohere.Client, cohere.ClientV2):
    client: Any = kind(api_key="any", base_url=f"http://127.0.0.1:{sys.argv[2]}")
    told[kind.__name__] = [call(client, top_n=2), call(client, documents=["", "a"])]
objects = [{"text": it, "title": "a title"} for it in TEXTS]
v1: Any = cohere.Client(api_key="any", base_url=f"http://127.0.0.1:{sys.argv[2]}")
found = v1.rerank(model="any", query=QUERY, documents=objects, top_n=1, return_documents=True)
told["document"] = found.results[0].document.text
told["rank_fields"] = call(v1, documents=objects, rank_fields=["title"])
print(json.dumps(told))
server.should_exit = True
serving.join()
model.close()
