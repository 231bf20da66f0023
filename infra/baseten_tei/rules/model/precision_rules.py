"""Model type, GPU and dtype: flash attention and float32, where a type needs them or cannot have them."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.input_length import max_input_length
from baseten_tei.facts.tei.model_types import ModelType, model_type, type_name
from baseten_tei.facts.tei.task_detection import detect
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.subject_hardware import (
    accelerator_of,
    dtype_of,
    flash_attention,
    may_use_onnx,
    without_flash,
)

_CANDLE = "TEI backends/candle/src/lib.rs"


def kind_of(subject: Subject) -> ModelType | None:
    """Return what TEI's own backend can do with it; `None` where nobody knows, or ONNX runs in its place."""
    if subject.facts is None or may_use_onnx(subject):
        return None
    return model_type(subject.facts)


def classifies(facts: ModelFacts) -> bool:
    """Return whether TEI loads it with a head."""
    return detect(facts).task != "embedding"


def _needs_flash(subject: Subject) -> Finding | None:
    kind, gpu = kind_of(subject), accelerator_of(subject)
    if subject.facts is None or kind is None or gpu is None or not kind.needs_flash:
        return None
    if flash_attention(subject) in kind.flash:
        return None
    why, fix = without_flash(subject)
    if gpu == "T4" and 1 in kind.flash:
        fix += ', or env: {USE_FLASH_ATTENTION: "True"}'
    return Finding(f"model type {type_name(subject.facts)} needs flash attention, and {why}", fix)


def _distilbert(subject: Subject) -> Finding | None:
    facts = subject.facts
    if facts is None or facts.model_type != "distilbert" or not classifies(facts):
        return None
    if flash_attention(subject) != 2:
        return None
    return Finding(
        f"DistilBERT's flash attention, which float16 takes on {accelerator_of(subject)}, has no classification head",
        "write dtype: float32",
    )


def _single_precision(subject: Subject) -> Finding | None:
    kind, facts = kind_of(subject), subject.facts
    if facts is None or kind is None or not kind.fp32_only or dtype_of(subject) == "float32":
        return None
    default = "" if subject.args.dtype else ", TEI's default here"
    return Finding(
        f"model type {type_name(facts)} runs in float32 only, and dtype is {dtype_of(subject)}{default}",
        "write dtype: float32",
    )


def _bfloat16(subject: Subject) -> Finding | None:
    if subject.args.dtype in (None, "float16", "float32"):
        return None
    return Finding(
        f"dtype {subject.args.dtype} exists only in TEI's Python backend, which no image here has",
        "leave dtype out, or write dtype: float32",
    )


def _long_texts_on_t4(subject: Subject) -> Finding | None:
    kind, facts = kind_of(subject), subject.facts
    length = facts and max_input_length(facts)
    if kind is None or not length or length <= 512 or accelerator_of(subject) != "T4":
        return None
    if kind.needs_flash or flash_attention(subject) in kind.flash:
        return None
    return Finding(
        f"a T4 pads every batch, and attention over {length} tokens in {dtype_of(subject)} ran out of memory "
        "or gave NaN for others",
        "write accelerator: L4",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-MODEL-005", "error", "Qwen2, Mistral and Llama have flash attention",
         f"{_CANDLE}; TEI #327", _needs_flash, True),
    Rule("TEI-MODEL-006", "error", "DistilBERT classifies without flash attention",
         "TEI flash_distilbert.rs; TEI #484", _distilbert, True),
    Rule("TEI-MODEL-007", "error", "Gemma 3 and pplx run in float32",
         f"{_CANDLE}; TEI #748", _single_precision, True),
    Rule("TEI-MODEL-008", "error", "dtype is float16 or float32",
         "TEI router/src/main.rs: --dtype", _bfloat16),
    Rule("TEI-MODEL-009", "warning", "A T4 is not asked for long inputs",
         "TEI #760, #670, #53", _long_texts_on_t4, True),
)  # fmt: skip
