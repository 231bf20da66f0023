"""What candle logs as WARN of a model that it starts, as far as it says that vectors may be others."""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.facts.tei.loading.candle.first_pass import Started
from baseten_tei.facts.tei.releases import at_least, known_release

FALLS_BACK = "Using CPU instead"
GELU = "The `config.json` contains `hidden_act=gelu` and GeLU + tanh approximation will be used instead of exact GeLU"
"""How the line begins (backends/candle/src/lib.rs:229)."""
CAUSAL = "is_causal not set in Qwen2Config, defaulting to true."
"""How the line begins (backends/candle/src/models/qwen2.rs:5)."""
NO_PROJECTION = "num_labels is set but linear.weight not found, skipping projection layer"


def find_warnings(started: Started, config: Mapping[str, Any], release: str) -> Iterator[str]:
    """Yield the lines; `config` is config.json as it was read."""
    if started.hardware.compiled and not started.hardware.on_gpu:
        yield FALLS_BACK
    if not at_least(known_release(release), "1.9.0"):
        return
    if config.get("hidden_act") == "gelu":
        yield GELU
    if config["model_type"] == "qwen2" and "is_causal" not in config:
        yield CAUSAL
    has_labels = started.checked.fields.get("num_labels") is not None
    if has_labels and started.model.row["tensors"] == "qwen3" and not started.projects:
        yield NO_PROJECTION
