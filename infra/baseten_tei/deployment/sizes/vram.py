"""How much memory a model takes: weights, activations, and attention where a model is padded.

An estimate with an error band, from the shapes in TEI's model code (backends/candle/src/models, v1.8.3 to v1.9.3);
checked against the out-of-memory reports #670, #760 and #861 of huggingface/text-embeddings-inference.
"""

from dataclasses import dataclass
from typing import Any

from baseten_tei.deployment.hardware import hardware_of
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.facts.tei.loading.candle.kinds import find_class, find_kind, runs_in_float32_only
from baseten_tei.facts.tei.loading.sentence_files import position_offset
from baseten_tei.spec.args import ModelArgs

GIB = 2**30

VRAM_GIB = {
    "T4": 16, "L4": 24, "L40S": 48, "A10G": 24, "A100": 80, "A100_40GB": 40, "H100": 80, "H100_40GB": 40,
    "H200": 141, "B200": 180, "RTX_PRO_6000": 96, "B300": 288, "GB300": 288, "V100": 16,
}  # fmt: skip
"""As sold (Baseten docs: deployment/resources; NVIDIA)."""

USABLE = 15 / 16
"""With ECC on, a T4 reports 15 of its 16 GiB and an L4 22.5 of 24; larger cards lose less."""

_PLAIN_MLP = frozenset(
    {"bert", "roberta", "xlm-roberta", "camembert", "distilbert", "deberta-v2", "mpnet"}
)
CPU_REQUESTS = 8
"""Texts in one batch without a GPU: TEI forces 4 (candle) or 8 (ONNX Runtime), whatever its flags say (#454)."""


@dataclass(frozen=True)
class Band:
    """Least, likely and most of one part, in GiB."""

    low: float
    likely: float
    high: float

    def __add__(self, other: "Band") -> "Band":
        return Band(self.low + other.low, self.likely + other.likely, self.high + other.high)


@dataclass(frozen=True)
class Estimate:
    """The parts, and how each came about (`formulas`: part → formula with its numbers)."""

    weights: Band
    activations: Band
    attention: Band
    runtime: Band
    padded: bool
    formulas: dict[str, str]

    @property
    def total(self) -> Band:
        """All parts together."""
        return self.weights + self.activations + self.attention + self.runtime


def usable_gib(accelerator: str) -> float:
    """Return what of a GPU's memory a program gets, in GiB; 0 for a GPU nobody described."""
    return VRAM_GIB.get(accelerator, 0) * USABLE


def input_length(facts: ModelFacts) -> int | None:
    """Return tokens of the longest text, as TEI 1.8.3 to 1.9.3 work it out; `None` where they cannot."""
    if facts.max_seq_length is not None:
        return facts.max_seq_length if facts.max_seq_length > 0 else None
    table = facts.max_position_embeddings or facts.n_positions or 0
    room = table - position_offset(facts.model_type, facts.pad_token_id)
    return room if room > 0 else None


def bytes_per_value(args: ModelArgs, facts: ModelFacts, accelerator: str) -> int:
    """Return 2 (float16, TEI's default on a GPU) or 4 (float32: asked for, on a CPU, or all that TEI has)."""
    if args.dtype is not None:
        return 2 if args.dtype == "float16" else 4
    return 4 if accelerator == CPU or runs_in_float32_only(_config(facts)) else 2


def is_padded(args: ModelArgs, facts: ModelFacts, accelerator: str) -> bool:
    """Return whether texts are padded to the longest of a batch and attention scores are held in memory.

    Else flash attention works on the bare tokens, and memory does not depend on how they are spread.
    """
    if bytes_per_value(args, facts, accelerator) == 4:
        return True
    model = find_class(_config(facts), hardware_of(accelerator, args.env), "float16")
    return model is None or model.is_padded


def can_start(args: ModelArgs, facts: ModelFacts, accelerator: str) -> bool:
    """Return whether TEI has code for the model there: some types need flash attention. Others are a rule's finding."""
    if find_kind(_config(facts)) is None:
        return True
    dtype = "float16" if bytes_per_value(args, facts, accelerator) == 2 else "float32"
    return find_class(_config(facts), hardware_of(accelerator, args.env), dtype) is not None


def estimate(
    args: ModelArgs, facts: ModelFacts, accelerator: str, max_batch_tokens: int
) -> Estimate | None:
    """Return memory of the GPU (of the host, without one); `None` where size or length is not known."""
    size, length = count_parameters(facts), input_length(facts)
    if size is None or length is None:
        return None
    width = bytes_per_value(args, facts, accelerator)
    padded = is_padded(args, facts, accelerator)
    reach = min(length, max_batch_tokens)
    tokens = min(max_batch_tokens, CPU_REQUESTS * reach) if accelerator == CPU else max_batch_tokens
    values, shape = _values_per_token(facts)
    copies = _copies(facts, accelerator) if padded else Band(0, 0, 0)
    weights, activations = size * width / GIB, tokens * values * width / GIB
    how = _attention_formula(facts, copies, tokens, reach, width) if padded else "flash"
    return Estimate(
        Band(weights * 0.98, weights, weights * 1.1),
        Band(activations * 0.6, activations, activations * 2),
        _scores(facts, copies, tokens, reach, width),
        Band(0.4, 0.8, 1.5),
        padded,
        {
            "weights": f"{size:,} parameters * {width} B",
            "activations": f"{tokens:,} tokens * {shape} * {width} B",
            "attention": how,
            "runtime": "router" if accelerator == CPU else "CUDA context, kernels and workspace",
        },
    )


def count_parameters(facts: ModelFacts) -> int | None:
    """Return the number of parameters, from the safetensors headers or the size of the files."""
    if facts.weights is None or facts.weights.format == "none":
        return None
    if facts.weights.parameters is not None:
        return facts.weights.parameters
    halves = {"float16", "bfloat16"}
    return facts.weights.bytes // (2 if facts.torch_dtype in halves else 4)


def count_heads(facts: ModelFacts) -> int:
    """Return the number of attention heads; 64 values each where config.json does not say."""
    return facts.num_attention_heads or max(1, _hidden_size(facts) // 64)


def _config(facts: ModelFacts) -> dict[str, Any]:
    """What of config.json decides the type."""
    return {
        "model_type": facts.model_type,
        "_name_or_path": facts.name_or_path,
        "auto_map": facts.auto_map,
    }


def _hidden_size(facts: ModelFacts) -> int:
    """Where config.json has other names for it: as wide as models of that size are."""
    return facts.hidden_size or (4096 if (count_parameters(facts) or 0) > 10**9 else 1024)


def _values_per_token(facts: ModelFacts) -> tuple[int, str]:
    """Values held at once in one layer: a shadowed tensor lives until its function returns.

    BERT's own layer: input, attention's output, intermediate, output, norm, or 3 * hidden of attention; a gated
    one holds gate and up together, the activated gate and their product.
    """
    hidden = _hidden_size(facts)
    inner = facts.intermediate_size or 4 * hidden
    if find_kind(_config(facts)) in _PLAIN_MLP:
        if inner < 3 * hidden:
            return 7 * hidden, f"(7 * {hidden})"
        return inner + 4 * hidden, f"({inner} + 4 * {hidden})"
    return 4 * inner + 5 * hidden, f"(4 * {inner} + 5 * {hidden})"


def _copies(facts: ModelFacts, accelerator: str) -> Band:
    """Score matrices alive at once; DeBERTa adds two relative ones, their indices and their sum.

    Without a GPU ONNX Runtime may hold one, and candle holds scores, scaled, masked and their softmax.
    """
    if facts.model_type == "deberta-v2":
        return Band(5, 8, 12)
    return Band(1, 2.5, 4) if accelerator == CPU else Band(2, 2.5, 3)


def _scores(facts: ModelFacts, copies: Band, tokens: int, reach: int, width: int) -> Band:
    matrix = count_heads(facts) * tokens * reach * width / GIB
    return Band(copies.low * matrix, copies.likely * matrix, copies.high * matrix)


def _attention_formula(facts: ModelFacts, copies: Band, tokens: int, reach: int, width: int) -> str:
    return (
        f"{copies.low:g} to {copies.high:g} * {count_heads(facts)} heads * {tokens:,} tokens * {reach:,} "
        f"tokens * {width} B"
    )
