"""dtype and GPU: what an image has, and what a T4 is too small for."""

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.loading.load import Loaded
from baseten_tei.rules.gpu.subject_hardware import accelerator_of, dtype_of
from baseten_tei.rules.rule import Finding, Rule

_LONG = 512
"""Tokens that a padded batch on a T4 still holds."""


def _long_texts_on_t4(subject: Subject) -> Finding | None:
    reading = subject.reading
    if not isinstance(reading, Loaded) or accelerator_of(subject) != "T4":
        return None
    length, candle = reading.length.base, reading.candle
    if candle is None or not candle.model.is_padded or length <= _LONG:
        return None
    return Finding(
        f"a T4 pads every batch, and attention over {length} tokens in {dtype_of(subject)} ran out of memory "
        "or gave NaN for others",
        "write accelerator: L4",
    )


RULES: tuple[Rule, ...] = (
    Rule("TEI-MODEL-009", "warning", "A T4 is not asked for long inputs",
         "TEI #760, #670, #53", _long_texts_on_t4, True),
)  # fmt: skip
