"""A ranking in the shape that callers of Cohere and Jina have: documents in, the best of them out."""

from collections.abc import Mapping

from baseten_tei_client._call.given import list_texts
from baseten_tei_client._checks import require_bool, require_count
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Document, RankedDocument, Ranking, Reranked


def texts_of(documents: object) -> list[object]:
    """Return the documents' texts: a document is its text, or a mapping with a `text`. Raises `UsageError`."""
    return [_text(n, document) for n, document in enumerate(list_texts(documents))]


def check_wishes(top_n: object, return_documents: object) -> None:
    """Raise `UsageError` unless these can be the arguments of `rerank_results`."""
    if top_n is not None:
        require_count("top_n", top_n, least=1)
    require_bool("return_documents", return_documents)


def pick_best(
    ranking: Ranking, texts: list[object], top_n: int | None, return_documents: bool
) -> Reranked:
    """Return the best documents of a ranking of these texts."""
    results = tuple(
        RankedDocument(index, score, Document(str(texts[index])) if return_documents else None)
        for index, score in ranking.best(top_n)
    )
    return Reranked(results, ranking.truncated, ranking.usage)


def _text(index: int, document: object) -> object:
    if not isinstance(document, Mapping):
        return document
    if "text" in document:
        return document["text"]
    keys = ", ".join(repr(key) for key in list(document)[:8])
    raise UsageError(
        f"document {index} is a mapping with the keys {keys or '(none)'}, but without 'text': pass strings, or "
        "mappings with a 'text'"
    )
