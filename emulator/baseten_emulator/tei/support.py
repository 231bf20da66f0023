"""Which models a TEI release can load on which hardware.

Source: candle's `enum Config` and `models/*.rs` at each tag. Only what the emulator's table of
models can reach is listed; an unknown model type loads.
"""

from __future__ import annotations

from .facts import ModelFacts
from .images import Image, backend_failure
from .versions import Version

_SINCE: dict[str, Version] = {
    "modernbert": (1, 7, 0),
    "qwen3": (1, 7, 2),
    "gemma3_text": (1, 8, 1),
    "deberta-v2": (1, 9, 0),
    "llama": (1, 9, 0),
}
_NEEDS_FLASH_ATTENTION = {"qwen2": "Qwen2", "mistral": "Mistral"}
_FLOAT32_ONLY = {"gemma3_text": "Gemma3"}


def check_support(facts: ModelFacts, image: Image, on_gpu: bool, dtype: str) -> None:
    """Refuse a model that this release cannot load here.

    Raises:
        BootError: the backend does not start.
    """
    model_type = facts.model_type
    if image.version < _SINCE.get(model_type, (0, 0, 0)):
        raise backend_failure(
            f"Model is not supported\n\nCaused by:\n    unknown variant `{model_type}`, expected"
            " one of `bert`, `xlm-roberta`, `camembert`, `roberta`, `distilbert`, …"
        )
    flash = dtype == "float16" and _has_flash_attention(image, on_gpu)
    if model_type in _NEEDS_FLASH_ATTENTION and not flash:
        raise backend_failure(
            f"{_NEEDS_FLASH_ATTENTION[model_type]} is only supported on Cuda devices in fp16 with"
            f" flash attention{' v2' if on_gpu else ''} enabled"
        )
    if model_type in _FLOAT32_ONLY and dtype != "float32":
        raise backend_failure(f"{_FLOAT32_ONLY[model_type]} is only supported in fp32 precision")
    if model_type == "distilbert" and facts.task != "embedding" and flash:
        raise backend_failure("`classifier` model type is not supported for DistilBert")


def _has_flash_attention(image: Image, on_gpu: bool) -> bool:
    """The Turing image turns it off (USE_FLASH_ATTENTION=False, "precision issues")."""
    return on_gpu and image.variant != "turing"
