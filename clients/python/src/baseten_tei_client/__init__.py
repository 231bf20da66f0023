"""Embeddings, reranking and classification by the models of a stack, from its outputs alone.

connect, aconnect            a `Model` or `AsyncModel` by its name and the stack's outputs
embed, rerank, classify      its methods; numpy in what they return: Embeddings, Ranking, Classification
rerank_results               the same ranking in the shape of Cohere and Jina; asgi.rerank_app serves it
Space, compare, write_space  whether vectors are comparable; `expect_space=` refuses another space
VectorCache                  vectors computed before, by space and text
errors                       all are `TeiClientError`, and say what to do

Modules whose name begins with an underscore are not part of the interface.
"""

from baseten_tei_client._cache import VectorCache
from baseten_tei_client._connect import aconnect, connect
from baseten_tei_client._model import AsyncModel
from baseten_tei_client._sources import PulumiStack, read_space, write_space
from baseten_tei_client._spaces import Comparison, Space, compare
from baseten_tei_client._sync import Model
from baseten_tei_client.errors import (
    DeadlineError,
    OutputsError,
    RefusedRequestError,
    RefusedTextError,
    SpaceMismatchError,
    TeiClientError,
    UnauthorizedError,
    UnavailableError,
    UsageError,
)
from baseten_tei_client.results import (
    Classification,
    Document,
    Embeddings,
    RankedDocument,
    Ranking,
    Refused,
    Reranked,
    Truncated,
    Usage,
)
from baseten_tei_client.settings import Settings

__all__ = [
    "AsyncModel",
    "Classification",
    "Comparison",
    "DeadlineError",
    "Document",
    "Embeddings",
    "Model",
    "OutputsError",
    "PulumiStack",
    "RankedDocument",
    "Ranking",
    "Refused",
    "RefusedRequestError",
    "RefusedTextError",
    "Reranked",
    "Settings",
    "Space",
    "SpaceMismatchError",
    "TeiClientError",
    "Truncated",
    "UnauthorizedError",
    "UnavailableError",
    "Usage",
    "UsageError",
    "VectorCache",
    "aconnect",
    "compare",
    "connect",
    "read_space",
    "write_space",
]


def __dir__() -> list[str]:
    """Return the public names, without the modules they come from."""
    return __all__
