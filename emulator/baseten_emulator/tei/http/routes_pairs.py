"""The routes of rerankers and classifiers: `/rerank` and `/predict`.

Source: `router/src/http/server.rs`; bodies measured on TEI 1.8.3 and 1.9.3.
"""

from collections.abc import Callable, Sequence
from typing import Any

from baseten_emulator.tei.errors import backend_error, empty_batch_error
from baseten_emulator.tei.http.answers import Answer, RequestBody, Work, check_batch
from baseten_emulator.tei.http.inputs import Pairs
from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.model.scores import probabilities
from baseten_emulator.tei.model.tokenizing import Reading, Sequences


def rerank(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/rerank`: best first; a sigmoid score, or the logit with `raw_scores`."""
    query, texts = request["query"], request["texts"]
    if not texts:
        raise empty_batch_error("texts")
    if engine.settings.facts.task != "reranker":
        raise backend_error("model is not a re-ranker model")
    check_batch(engine, len(texts))
    scored, work = _score_all(engine, [(query, text) for text in texts], request)
    returned = [{"text": text} if request["return_text"] else {} for text in texts]
    ranks = [
        {"index": index, **text, "score": scores[0]}
        for index, (text, scores) in enumerate(zip(returned, scored, strict=True))
    ]
    return Answer(_best_first(ranks), work)


def predict(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/predict`: every label with its score, best first; a list of such lists for a batch."""
    inputs: Pairs = request["inputs"]
    if inputs.is_batch:
        check_batch(engine, len(inputs.items))
        engine.require_classifier()
    scored, work = _score_all(engine, inputs.items, request, inputs.is_batch)
    labels = engine.settings.facts.labels
    predictions = [
        _best_first([{"score": s, "label": label} for s, label in zip(scores, labels, strict=True)])
        for scores in scored
    ]
    return Answer(predictions if inputs.is_batch else predictions[0], work)


def _score_all(
    engine: Engine, items: Sequence[Sequences], request: RequestBody, is_batch: bool = True
) -> tuple[list[list[float]], Work]:
    reading = Reading.of(request, engine.settings)
    finish: Callable[[list[float]], list[float]] = list if request["raw_scores"] else probabilities
    method = "batch" if is_batch else "single"
    engine.count("te_request_count", method=method)
    hold = engine.permits.for_batch if is_batch else engine.permits.at_once
    with hold(len(items)):
        engine.count("te_predict_count", len(items))
        engine.require_classifier()
        results = [engine.scores(texts, reading) for texts in items]
        lengths = [length for _, length in results]
        engine.require_memory(lengths)
        spent = engine.spend(lengths)
    engine.count("te_predict_success", len(items))
    engine.count("te_request_success", method=method)
    characters = sum(len(text) for texts in items for text in texts)
    scored = [[round(score, 8) for score in finish(logits)] for logits, _ in results]
    return scored, Work(characters, sum(lengths), spent)


def _best_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort as TEI does, ascending and then reversed, so of two equal scores the later comes first."""
    return sorted(rows, key=lambda row: float(row["score"]))[::-1]
