"""The tensors that a model loads from its weights: their names and shapes, against those that a repository has.

tensors.json has them as `backends/candle/src/models/*.rs` ask for them, by family; sizes are letters, see `_sizes`.
`*` is weight or gamma and bias or beta, `#` a layer, `?` what has to be so for a tensor to be asked for.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Config = Mapping[str, Any]
Shapes = Mapping[str, Sequence[int]]
_MODELS: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("tensors.json").read_text("utf-8")
)
_LAYERS = ("num_hidden_layers", "n_layers", "n_layer")
_OWN_HEADS = ("Qwen3", "Pplx1", "Gemma3")
"""Models that read `head_dim`; FlashMistral, which Llama becomes, does not."""
_BOTH = ("weight|gamma", "bias|beta")


def refuse_tensors(name: str, config: Config, labels: int | None, shapes: Shapes) -> Iterator[str]:
    """Yield why a model is not built from these weights; `labels` is None without a head.

    Where a model looks below several names, what the first of them lacks is what it says.
    """
    row = _row(name)
    sizes = _sizes(name, config, labels or 0)
    errors = [_errors(row, root, config, sizes, shapes) for root in row["roots"]]
    firsts = [next(found, None) for found in errors]
    if labels is not None:
        yield from _find_errors("", row.get("head", ()), config, sizes, shapes)
    if None not in firsts:
        yield str(firsts[0])


def _row(name: str) -> dict[str, Any]:
    row = dict(_MODELS[name])
    return {**_row(row["like"]), **row} if "like" in row else row


def _errors(
    row: Mapping[str, Any],
    root: Sequence[str],
    config: Config,
    sizes: Mapping[str, int],
    shapes: Shapes,
) -> Iterator[str]:
    yield from _find_errors(root[0], row["outside"], config, sizes, shapes)
    for number in range(next(config[key] for key in _LAYERS if key in config)):
        layer = {**config, "layer": number}
        prefix = root[1].replace("#", str(number))
        yield from _find_errors(prefix, row["layer"], layer, sizes, shapes)


def _find_errors(
    prefix: str, rows: Sequence[str], config: Config, sizes: Mapping[str, int], shapes: Shapes
) -> Iterator[str]:
    for row in rows:
        asked, _, conditions = row.partition(" ?")
        if all(_holds(condition, config, shapes) for condition in conditions.split()):
            name, *letters = asked.split()
            wanted = [sizes[letter] for letter in letters]
            for ending in _BOTH if name.endswith("*") else (name.rpartition(".")[2],):
                names = [prefix + name.rpartition(".")[0] + f".{end}" for end in ending.split("|")]
                yield from _differs([it.removeprefix(".") for it in names], wanted, shapes)


def _differs(names: Sequence[str], wanted: list[int], shapes: Shapes) -> Iterator[str]:
    found = next((name for name in names if name in shapes), None)
    if found is None:
        yield f"cannot find tensor {names[-1]}"
    elif list(shapes[found]) != wanted:
        yield f"shape mismatch for {found}, expected: {wanted}, got: {list(shapes[found])}"


def _sizes(name: str, config: Config, labels: int) -> dict[str, int]:
    """Return the letters: vocabulary, hidden, intermediate, positions, types, heads, all heads, key and query width,
    head, labels, buckets, experts, embedding, pooler, relative positions, labels of ModernBERT.
    """
    hidden = _first(config, "hidden_size", "dim", "n_embd")
    heads = _first(config, "num_attention_heads", "n_heads", "n_head")
    inner = _first(config, "intermediate_size", "hidden_dim", "n_inner")
    plain = hidden // max(heads, 1)
    head = (config.get("head_dim") if name in _OWN_HEADS else None) or plain
    every, buckets = _first(config, "max_relative_positions"), _first(config, "position_buckets")
    relative = every if every > 0 else _first(config, "max_position_embeddings")
    experts = _first(config, "num_experts")
    sizes = {
        "V": _first(config, "vocab_size"), "H": hidden, "I": inner, "N": heads, "D": head, "L": labels,
        "P": _first(config, "max_position_embeddings"), "T": _first(config, "type_vocab_size"),
        "A": heads * plain, "K": _first(config, "num_key_value_heads") * head, "Q": heads * head,
        "B": _first(config, "relative_attention_num_buckets"), "X": experts, "XI": experts * inner,
        "E": _first(config, "embedding_size") or hidden, "O": _first(config, "pooler_hidden_size"),
        "R": 2 * (buckets if buckets > 0 else relative),
        "M": 1 if config.get("num_labels") is None else config["num_labels"],
    }  # fmt: skip
    return {**sizes, "2I": 2 * inner, "3H": 3 * hidden, "3A": 3 * sizes["A"]}


def _first(config: Config, *names: str) -> int:
    return next((int(config[name]) for name in names if config.get(name) is not None), 0)


def _holds(condition: str, config: Config, shapes: Shapes) -> bool:
    if condition in shapes or "." in condition:
        return condition in shapes
    every, layer = config.get("moe_every_n_layers") or 0, config.get("layer", 0)
    is_expert = every > 0 and layer % every == 1
    is_gelu = config.get("activation_function") == "gelu"
    owns = bool(config.get("relative_attention")) and not config.get("share_att_key")
    kinds = config.get("pos_att_type") or ()
    named = {
        "absolute": config.get("position_embedding_type") == "absolute",
        "later": layer > 0,
        "expert": is_expert,
        "gated": not is_expert and not is_gelu,
        "plain": not is_expert and is_gelu,
        "projected": (config.get("embedding_size") or config.get("hidden_size"))
        != config.get("hidden_size"),
        "relative_norm": str(config.get("norm_rel_ebd") or "").strip() == "layer_norm",
        "own_c2p": owns and "c2p" in kinds,
        "own_p2c": owns and "p2c" in kinds,
    }
    return named[condition] if condition in named else bool(config.get(condition))
