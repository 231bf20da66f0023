"""Haystack: `pulumi stack output --json | python examples/clients/with_haystack.py`"""

import json
import sys

from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret

bge = json.load(sys.stdin)["models"]["bge"]
prompts = bge.get("prompts", {})  # of a model that wants other words before queries than documents
there = {
    "api_base_url": bge["openai_base_url"],
    "api_key": Secret.from_env_var("BASETEN_API_KEY"),
    "model": "bge",
    "timeout": 60,
}
documents = OpenAIDocumentEmbedder(
    **there,
    prefix=prompts.get("document", ""),
    batch_size=bge["limits"]["max_client_batch_size"],
    raise_on_failure=True,  # else documents without a vector go on into the store
    progress_bar=False,
)
texts = ["Cats sleep most of the day.", "Rain falls.", "Paris is the capital of France."]
store = InMemoryDocumentStore(embedding_similarity_function="cosine")
store.write_documents(documents.run([Document(content=text) for text in texts])["documents"])
asking = OpenAITextEmbedder(**there, prefix=prompts.get("query", ""))
question = asking.run("What is the capital of France?")["embedding"]
for hit in store.embedding_retrieval(question, top_k=2):
    print(f"bge: {hit.score:.3f} {hit.content}")
