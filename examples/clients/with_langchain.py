"""LangChain: `pulumi stack output --json | python examples/clients/with_langchain.py`"""

import json
import os
import sys

from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import OpenAIEmbeddings

bge = json.load(sys.stdin)["models"]["bge"]
prompts = bge.get("prompts", {})  # of a model that wants other words before queries than documents


class Embeddings(OpenAIEmbeddings):
    def embed_documents(self, texts, *more, **named):
        texts = [prompts.get("document", "") + text for text in texts]
        return super().embed_documents(texts, *more, **named)

    def embed_query(self, text, **named):  # OpenAIEmbeddings' own would call the method above
        return super().embed_documents([prompts.get("query", "") + text], **named)[0]


embeddings = Embeddings(
    model="bge",
    base_url=bge["openai_base_url"],
    api_key=os.environ["BASETEN_API_KEY"],
    check_embedding_ctx_length=False,  # else it sends the token ids of OpenAI's tokenizer
    chunk_size=bge["limits"]["max_client_batch_size"],
    timeout=60,  # none by default
)
texts = ["Cats sleep most of the day.", "Rain falls.", "Paris is the capital of France."]
store = InMemoryVectorStore.from_texts(texts, embeddings)
for document, score in store.similarity_search_with_score("What is the capital of France?", k=2):
    print(f"bge: {score:.3f} {document.page_content}")
