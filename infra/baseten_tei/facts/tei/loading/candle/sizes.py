"""Sizes of a model's tensors, by the fields of its struct and what candle computes of them."""

from collections.abc import Mapping
from typing import Any

Sizes = Mapping[str, Any]


def find_sizes(fields: Mapping[str, Any], labels: int) -> dict[str, Any]:
    """Return every name that tensors.json uses for a size or a condition; `labels` is how many a head has."""
    heads = _first(fields, "num_attention_heads", "n_heads", "n_head")
    width = _first(fields, "hidden_size", "dim", "n_embd")
    even = width // max(heads, 1)
    head = fields.get("attention_head_size") or fields.get("head_dim") or even
    key_heads = fields.get("num_key_value_heads") or heads
    derived = {
        "labels": labels,
        "heads": heads,
        "num_labels_or_1": fields["num_labels"] if fields.get("num_labels") is not None else 1,
        "all_heads": heads * (fields.get("attention_head_size") or even),
        "head_width": head,
        "query_width": heads * head,
        "key_width": key_heads * head,
        "even_key_width": key_heads * even,
        "absolute_positions": fields.get("position_embedding_type") == "absolute",
    }
    return {
        **fields,
        **derived,
        **(_deberta(fields, width) if "relative_attention" in fields else {}),
    }


def vector_width(fields: Mapping[str, Any]) -> int:
    """Return the numbers of a pooled vector, before any Dense layer."""
    return _first(fields, "hidden_size", "dim", "n_embd")


def _first(fields: Mapping[str, Any], *names: str) -> int:
    return int(next((fields[name] for name in names if fields.get(name) is not None), 0))


def _deberta(fields: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Source: debertav2.rs:252 and :886."""
    embedding = fields["embedding_size"] if fields["embedding_size"] is not None else width
    longest = fields["max_relative_positions"]
    longest = longest if longest >= 1 else fields["max_position_embeddings"]
    buckets = fields["position_buckets"] or -1
    own = fields["relative_attention"] and not fields["share_att_key"]
    kernel = fields["conv_kernel_size"] or 0
    return {
        "embedding_width": embedding,
        "narrow_embedding": embedding != width,
        "relative_positions": buckets if buckets > 0 else longest,
        "own_c2p": own and "c2p" in fields["pos_att_type"],
        "own_p2c": own and "p2c" in fields["pos_att_type"],
        "normed_positions": (fields["norm_rel_ebd"] or "").strip() == "layer_norm",
        "conv_kernel_size": kernel,
        "conv_inputs": width // max(fields["conv_groups"] or 1, 1),
    }
