"""The shapes of TEI's request bodies (`router/src/http/types.rs`), by version."""

from typing import Any

from baseten_emulator.tei.http.inputs import ids, predict_input, strings, texts
from baseten_emulator.tei.http.serde import (
    Field,
    Struct,
    boolean,
    list_of,
    one_of,
    optional,
    string,
    unsigned,
)
from baseten_emulator.tei.versions import DIMENSIONS, LOWER_CASE_DIRECTIONS, Version

_flag_off = Field(boolean, False)
_name = Field(optional(string), None, in_lists=False)
_dimensions = Field(optional(unsigned(64, "usize")), None, in_lists=False)
_truncate = Field(optional(boolean), None, in_lists=False)


def request_shapes(version: Version) -> dict[str, Struct]:
    """Return the body of every route that takes one, by the route's own name."""
    lower = version >= LOWER_CASE_DIRECTIONS
    names = ("Left", "left", "Right", "right") if lower else ("Left", "Right")
    truncation = {
        "truncate": Field(optional(boolean), None),
        "truncation_direction": Field(one_of(*names), "Right"),
    }
    prompted = {"inputs": Field(texts), **truncation, "prompt_name": _name}
    similar = {"source_sentence": Field(string), "sentences": Field(list_of(string))}
    bare = truncation | {"truncate": _truncate}
    parameters = Struct("SimilarityParameters", {**bare, "prompt_name": _name})
    return {
        "openai": _openai_shape(version),
        "embed": Struct("EmbedRequest", prompted | _embed_extras(version)),
        "embed_all": Struct("EmbedAllRequest", prompted),
        "embed_sparse": Struct("EmbedSparseRequest", prompted),
        "similarity": Struct(
            "SimilarityRequest",
            {
                "inputs": Field(Struct("SimilarityInput", similar)),
                "parameters": Field(optional(parameters), None, in_lists=False),
            },
        ),
        "rerank": Struct("RerankRequest", _rerank_fields(truncation)),
        "predict": Struct(
            "PredictRequest",
            {"inputs": Field(predict_input), **bare, "raw_scores": _flag_off},
        ),
        "tokenize": Struct(
            "TokenizeRequest",
            {
                "inputs": Field(strings),
                "add_special_tokens": Field(boolean, True),
                "prompt_name": _name,
            },
        ),
        "decode": Struct(
            "DecodeRequest", {"ids": Field(ids), "skip_special_tokens": Field(boolean, True)}
        ),
        "vertex": Struct("VertexRequest", {"instances": Field(list_of(_anything))}),
    }


def _openai_shape(version: Version) -> Struct:
    fields = {
        "input": Field(texts),
        "model": _name,
        "user": _name,
        "encoding_format": Field(one_of("float", "base64"), "float"),
    }
    return Struct("OpenAICompatRequest", fields | _since_1_8(version))


def _embed_extras(version: Version) -> dict[str, Field]:
    return {"normalize": Field(boolean, True), **_since_1_8(version)}


def _since_1_8(version: Version) -> dict[str, Field]:
    """`dimensions` came with 1.8.0; before, it is an unknown field and ignored."""
    return {"dimensions": _dimensions} if version >= DIMENSIONS else {}


def _rerank_fields(truncation: dict[str, Field]) -> dict[str, Field]:
    return {
        "query": Field(string),
        "texts": Field(list_of(string)),
        **truncation,
        "raw_scores": _flag_off,
        "return_text": _flag_off,
    }


def _anything(value: Any) -> Any:
    return value
