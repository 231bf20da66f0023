"""One real call per task, before a version gets traffic: it starts, but does it compute?"""

from typing import Any

from baseten_tei.gates.asking import Call, call_for, relevances_of, scores_of, vector_of

QUERY = "What is deep learning?"
TEXTS = ("Deep learning is a kind of machine learning.", "The cat sat on the mat.")


def smoke_call(task: str) -> Call:
    """One text to embed or to classify, two to rank."""
    if task == "reranker":
        return Call("/rerank", {"query": QUERY, "texts": list(TEXTS)})
    return call_for(task, TEXTS[0])


def smoke_facts(task: str, told: Any) -> dict[str, int]:
    """What the answer says of the model: `dimensions` of an embedding.

    Raises `StrangeAnswerError` where it holds no usable numbers.
    """
    match task:
        case "embedding":
            return {"dimensions": len(vector_of(told))}
        case "reranker":
            relevances_of(told, len(TEXTS))
        case _:
            scores_of(told)
    return {}
