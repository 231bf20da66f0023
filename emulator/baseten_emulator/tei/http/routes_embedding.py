"""The routes of embedding models: `/v1/embeddings`, `/embed`, `/embed_all`, `/embed_sparse`, `/similarity`.

Source: `router/src/http/server.rs`; bodies measured on TEI 1.8.3 and 1.9.3.
"""

import base64
import struct
from collections.abc import Callable
from typing import Any

from baseten_emulator.tei.errors import backend_error, empty_batch_error, invalid_input_error
from baseten_emulator.tei.http.answers import Answer, RequestBody, Work, check_batch
from baseten_emulator.tei.http.inputs import Texts
from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.model.tokenizing import Item, Reading
from baseten_emulator.tei.model.vectors import Vector, cosine, normalise, token_vectors
from baseten_emulator.tei.outcome import Numbers

One = Callable[[Item], tuple[Any, int]]


def openai(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/v1/embeddings`: always normalised, truncated only if the server truncates."""
    reading = Reading(engine.settings.auto_truncate)
    dimensions = request.get("dimensions")
    vectors, work = _each(
        engine, request["input"], lambda item: _embed(engine, item, reading, True, dimensions)
    )
    write: Callable[[Vector], str | Numbers] = (
        _base64 if request["encoding_format"] == "base64" else Numbers
    )
    data = [
        {"object": "embedding", "embedding": write(vector), "index": index}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": work.tokens, "total_tokens": work.tokens}
    model = engine.settings.served_model_name
    return Answer({"object": "list", "data": data, "model": model, "usage": usage}, work)


def embed(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/embed`: one vector per input, as a list also for a single input."""
    vectors, work = _embed_request(engine, request)
    return Answer([Numbers(vector) for vector in vectors], work)


def embed_all(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/embed_all`: one vector per token, never normalised."""
    reading = Reading.of(request, engine.settings)

    def one(item: Item) -> tuple[list[Numbers], int]:
        if engine.settings.pooling == "splade":
            raise backend_error("`embed_all` is not available for SPLADE models")
        engine.require_embedder()
        tokens = engine.read(item, reading)
        size = engine.settings.facts.hidden_size
        vectors = token_vectors(engine.space, tokens, size)
        return [Numbers(vector) for vector in vectors], len(tokens)

    return Answer(*_each(engine, request["inputs"], one))


def embed_sparse(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/embed_sparse`: index and value of what a SPLADE model activates."""
    reading = Reading.of(request, engine.settings)

    def one(item: Item) -> tuple[list[dict[str, float]], int]:
        if engine.settings.pooling != "splade":
            raise backend_error("Model is not an embedding model with SPLADE pooling")
        tokens = engine.read(item, reading)
        return _sparse(engine.activations(tokens)), len(tokens)

    return Answer(*_each(engine, request["inputs"], one))


def similarity(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/similarity`: cosines; the source sentence counts against the client batch, too."""
    inputs = request["inputs"]
    if not inputs["sentences"]:
        raise empty_batch_error("inputs.sentences")
    texts = Texts((inputs["source_sentence"], *inputs["sentences"]), is_batch=True)
    parameters = request["parameters"] or {}
    vectors, work = _embed_request(
        engine, {"inputs": texts, "normalize": False, "dimensions": None, **parameters}
    )
    return Answer(Numbers([cosine(vectors[0], vector) for vector in vectors[1:]]), work)


def _embed_request(engine: Engine, request: RequestBody) -> tuple[list[Vector], Work]:
    reading = Reading.of(request, engine.settings)
    normalize, dimensions = request["normalize"], request.get("dimensions")
    return _each(
        engine,
        request["inputs"],
        lambda item: _embed(engine, item, reading, normalize, dimensions),
    )


def _each(engine: Engine, texts: Texts, one: One) -> tuple[list[Any], Work]:
    """Compute every input under its permit; the first refusal is the request's."""
    size, method = len(texts.items), "batch" if texts.is_batch else "single"
    engine.count("te_request_count", method=method)
    if texts.is_batch:
        check_batch(engine, size)
    with engine.permits.for_batch(size) if texts.is_batch else engine.permits.at_once(1):
        engine.count("te_embed_count", size)
        results = [one(item) for item in texts.items]
        lengths = [length for _, length in results]
        engine.require_memory(lengths)
        spent = engine.spend(lengths)
    engine.count("te_embed_success", size)
    engine.count("te_request_success", method=method)
    characters = sum(len(item) for item in texts.items)
    return [value for value, _ in results], Work(characters, sum(lengths), spent)


def _embed(
    engine: Engine, item: Item, reading: Reading, normalize: bool, dimensions: int | None
) -> tuple[Vector, int]:
    if engine.settings.pooling == "splade" and normalize:
        raise backend_error("`normalize` is not available for SPLADE models")
    if dimensions == 0:
        raise invalid_input_error("`dimensions` should be positive")
    engine.require_embedder()
    tokens = engine.read(item, reading)
    vector = _shorten(engine.vector(tokens), dimensions)
    return (normalise(vector) if normalize else vector), len(tokens)


def _shorten(vector: Vector, dimensions: int | None) -> Vector:
    if dimensions is None:
        return vector
    if dimensions > len(vector):
        raise invalid_input_error(
            "`dimensions` should be smaller than the maximum embedding dimension."
        )
    return vector[:dimensions]


def _sparse(activations: Vector) -> list[dict[str, float]]:
    return [{"index": index, "value": value} for index, value in enumerate(activations) if value]


def _base64(vector: Vector) -> str:
    """Return little-endian 32-bit floats in base64."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
