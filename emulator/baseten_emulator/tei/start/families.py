"""The model types that candle loads: since when, on which hardware, with which heads and poolings.

Source: `enum Config` in `backends/candle/src/lib.rs` and `backends/candle/src/models/*.rs` at every tag
from v1.6.0 to v1.9.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from baseten_emulator.tei.versions import Version

NEVER: Version = (99, 0, 0)
Attention = Literal["v1", "v2"]
_BOTH: tuple[Attention, ...] = ("v1", "v2")


@dataclass(frozen=True)
class Family:
    """One model type. `title` is its name in TEI's messages.

    `flash`: the flash attention versions that it runs unpadded on; `needs_flash`: it runs on nothing
    else. `heads`: the release that brought its classifier. `refused`: poolings it does not load with
    on either path; `refused_padded`: only without flash attention; `panics`: poolings that end a
    padded server in its first forward pass, `last_token`: the release that ended that for this one.
    `position_table`: rows are looked up, so an input beyond
    them fails.
    """

    title: str
    since: Version = (1, 0, 0)
    heads: Version = NEVER
    flash: tuple[Attention, ...] = ()
    needs_flash: bool = False
    float32_only: bool = False
    refused: tuple[str, ...] = ()
    refused_padded: tuple[str, ...] = ()
    panics: tuple[str, ...] = ()
    last_token: Version | None = None
    position_table: bool = True


_ROBERTA = Family("Bert", heads=(1, 0, 0), flash=_BOTH, refused_padded=("last_token",))
_GTE = Family("GTE", heads=(1, 0, 0), flash=_BOTH, panics=("last_token", "splade"))

_FAMILIES: Mapping[str, Family] = {
    "bert": Family("Bert", heads=(1, 0, 0), flash=_BOTH, panics=("last_token",)),
    "roberta": _ROBERTA, "xlm-roberta": _ROBERTA, "camembert": _ROBERTA,
    "distilbert": Family("DistilBert", heads=(1, 6, 1), flash=("v2",),
                         refused_padded=("last_token",)),
    "deberta-v2": Family("DebertaV2", (1, 9, 0), heads=(1, 9, 0), panics=("last_token", "splade"),
                         position_table=False),
    "mpnet": Family("MPNet", refused=("splade",), panics=("last_token",)),
    "nomic_bert": Family("Nomic", flash=("v2",), refused=("splade",),
                         refused_padded=("last_token",)),
    "new": _GTE, "gte": Family(**{**vars(_GTE), "since": (1, 6, 1)}),
    "modernbert": Family("ModernBert", (1, 7, 0), heads=(1, 7, 0), flash=("v2",),
                         refused=("splade",), refused_padded=("last_token",)),
    "mistral": Family("Mistral", flash=("v2",), needs_flash=True),
    "qwen2": Family("Qwen2", flash=_BOTH, needs_flash=True),
    "qwen3": Family("Qwen3", (1, 7, 2), flash=_BOTH),
    "llama": Family("Llama", (1, 9, 0), flash=("v2",), needs_flash=True),
    "llama_bidirec": Family("Llama", (1, 9, 0), flash=("v2",), needs_flash=True),
    "gemma3_text": Family("Gemma3", (1, 8, 1), float32_only=True,
                          panics=("cls", "last_token", "splade"), last_token=(1, 9, 4)),  # PR 854
    "bidirectional_pplx_qwen3": Family("Pplx1", (1, 9, 2), float32_only=True),
}  # fmt: skip
_JINA = Family("Jina", heads=(1, 7, 1), flash=_BOTH, refused=("splade",),
               refused_padded=("last_token",), position_table=False)  # fmt: skip
_JINA_CODE = Family(**{**vars(_JINA), "title": "JinaCode", "heads": NEVER})


def family_of(config: Mapping[str, Any]) -> Family:
    """Return the family of a model type that the release knows; Jina's two pass themselves off as BERT."""
    family = _FAMILIES[str(config["model_type"])]
    if family is not _FAMILIES["bert"]:
        return family
    auto_map = config.get("auto_map")
    auto_config = auto_map.get("AutoConfig") if isinstance(auto_map, dict) else None
    names = f"{config.get('_name_or_path')} {auto_config}"
    if "jinaai/jina-bert-v2-qk-post-norm" in names:
        return _JINA_CODE
    return _JINA if "jinaai/jina-bert-implementation" in names else family
