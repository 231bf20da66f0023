"""`/vertex`: a list of instances, each in the shape of the model's own route."""

from typing import Any

from baseten_emulator.tei.errors import TeiError
from baseten_emulator.tei.http.answers import Answer, RequestBody, Run
from baseten_emulator.tei.http.request_bodies import request_shapes
from baseten_emulator.tei.http.routes_embedding import embed, embed_sparse
from baseten_emulator.tei.http.routes_pairs import predict, rerank
from baseten_emulator.tei.http.serde import MismatchError
from baseten_emulator.tei.model.engine import Engine


def predict_instances(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/vertex`: every instance through its route; the first refusal is the request's."""
    return Answer({"predictions": [_predict(engine, item) for item in request["instances"]]})


def _predict(engine: Engine, instance: Any) -> Any:
    """Answer one instance; a body that reads as `/rerank`'s is reranked, whatever the model is (TEI does so)."""
    shapes = request_shapes(engine.settings.version)
    try:
        return rerank(engine, shapes["rerank"](instance)).value
    except MismatchError:
        name, run = _own_route(engine)
    try:
        return run(engine, shapes[name](instance)).value
    except MismatchError as mismatch:
        raise TeiError("Validation", mismatch.reason) from mismatch


def _own_route(engine: Engine) -> tuple[str, Run]:
    if engine.settings.facts.task != "embedding":
        return "predict", predict
    if engine.settings.pooling == "splade":
        return "embed_sparse", embed_sparse
    return "embed", embed
