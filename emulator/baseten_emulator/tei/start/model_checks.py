"""What candle's models refuse of their own config, where serde takes it.

Source: the `bail!`s, `context`s and `unwrap`s of `backends/candle/src/models/*.rs`, v1.6.0 to v1.9.3.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baseten_emulator.tei.start.detection import Detected
from baseten_emulator.tei.start.families import Family

Config = Mapping[str, Any]
"""The fields of candle's struct."""
_NO_THETA = "Neither `rope_theta` nor `rope_parameters.rope_theta` are defined in the `config.json`"


def refuse_fields(
    family: Family, config: Config, detected: Detected, flash: bool
) -> Iterator[str]:  # fmt: skip
    """Yield why this model is not built from these fields."""
    check = _CHECKS.get(family.title)
    if check is not None:
        yield from check(config, detected, flash)
    if 0 in (config.get("num_attention_heads"), config.get("n_heads"), config.get("n_head")):
        yield "attempt to divide by zero"
    if config.get("_sliding_window_pattern") == 0:
        yield "attempt to calculate the remainder with a divisor of zero"


def lacks_theta(config: Config) -> bool:
    """Return whether a release that knows `rope_parameters` finds neither that nor `rope_theta`."""
    return (
        "rope_parameters" in config
        and config["rope_theta"] is None
        and config["rope_parameters"] is None
    )


def refuse_theta(config: Config) -> Iterator[str]:
    """Yield it: the models look after their tensors are loaded."""
    if lacks_theta(config):
        yield _NO_THETA


def _bert(config: Config, _: Detected, flash: bool) -> Iterator[str]:
    if config["position_embedding_type"] != "absolute":
        yield f"{'Flash' if flash else ''}Bert only supports absolute position embeddings"


def _jina(config: Config, _: Detected, _flash: bool) -> Iterator[str]:
    if config["position_embedding_type"] == "rope":
        yield "not supported"


def _deberta(config: Config, detected: Detected, _: bool) -> Iterator[str]:
    for name in ("pooler_hidden_size", "pooler_hidden_act"):
        if detected.task != "embedding" and config[name] is None:
            yield f"config.{name} is required for DebertaV2ContextPooler"


def _gte(config: Config, _: Detected, _flash: bool) -> Iterator[str]:
    for name in ("logn_attention_clip1", "logn_attention_scale"):
        if config[name]:
            yield f"`{name}` is not supported"
    if config["position_embedding_type"] != "rope":
        yield "Only `PositionEmbeddingType::Rope` is supported"


def _nomic(config: Config, _: Detected, _flash: bool) -> Iterator[str]:
    is_plain = config["rotary_emb_fraction"] == 1 and config["type_vocab_size"] > 0
    if config["prenorm"] or config["rotary_emb_interleaved"] or not is_plain:
        yield "config is not supported"
    has_experts = (config.get("moe_every_n_layers") or 0) > 1 and config["n_layer"] > 1
    if has_experts and None in (config["num_experts"], config["moe_top_k"]):
        yield "called `Option::unwrap()` on a `None` value"


def _qwen(config: Config, _: Detected, _flash: bool) -> Iterator[str]:
    if config["use_sliding_window"]:
        yield "Sliding window is not supported for Qwen3"


def _qwen2(config: Config, _: Detected, _flash: bool) -> Iterator[str]:
    if config["use_sliding_window"]:
        yield "Sliding window is not supported for Qwen2"


def _llama(config: Config, _: Detected, _flash: bool) -> Iterator[str]:
    if config["rope_scaling"] is not None:
        yield "Rope scaling is not supported for FlashLlama yet"


_CHECKS: Mapping[str, Callable[[Config, Detected, bool], Iterator[str]]] = {
    "Bert": _bert, "Jina": _jina, "JinaCode": _jina, "DebertaV2": _deberta, "GTE": _gte, "Nomic": _nomic,
    "Qwen2": _qwen2, "Qwen3": _qwen, "Pplx1": _qwen, "Llama": _llama,
}  # fmt: skip
