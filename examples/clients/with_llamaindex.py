"""LlamaIndex: `pulumi stack output --json | python examples/clients/with_llamaindex.py`"""

import json
import os
import sys

from llama_index.core import VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

models = json.load(sys.stdin)["models"]
bge, reranker = models["bge"], models["bge-reranker"]
key = os.environ["BASETEN_API_KEY"]
prompts = bge.get("prompts", {})  # of a model that wants other words before queries than documents


class Embeddings(OpenAILikeEmbedding):
    def _get_query_embedding(self, query):
        return super()._get_query_embedding(prompts.get("query", "") + query)

    def _get_text_embeddings(self, texts):
        return super()._get_text_embeddings([prompts.get("document", "") + it for it in texts])


embeddings = Embeddings(
    model_name="bge",
    api_base=bge["openai_base_url"],
    api_key=key,
    embed_batch_size=bge["limits"]["max_client_batch_size"],
)
rerank = TextEmbeddingInference(base_url=reranker["sync_url"], auth_token=f"Api-Key {key}", top_n=2)

texts = ["Cats sleep most of the day.", "Rain falls.", "Paris is the capital of France."]
index = VectorStoreIndex([TextNode(text=text) for text in texts], embed_model=embeddings)
question = "What is the capital of France?"
# The reranker sends all of them in one request.
most = reranker["limits"]["max_client_batch_size"]
found = index.as_retriever(similarity_top_k=most).retrieve(question)
for hit in found[:2]:
    print(f"bge: {hit.score:.3f} {hit.text}")
for hit in rerank.postprocess_nodes(found, query_str=question):
    print(f"bge-reranker: {hit.score:.3f} {hit.text}")
