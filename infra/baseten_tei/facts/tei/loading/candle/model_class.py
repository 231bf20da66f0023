"""Which of candle's models a type becomes on this hardware, and what that model refuses.

Source: the `match` of `CandleBackend::new` in backends/candle/src/lib.rs:278, and the models' own `bail!`s and
`unreachable!`s, as rows of model_types.json and model_classes.json: their files are below backends/candle/src/models,
their lines those of v1.9.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseten_tei.facts.tei.loading.candle.candle_config import CandleConfig
from baseten_tei.facts.tei.loading.hardware import Hardware
from baseten_tei.facts.tei.loading.refusals import refuse_backend
from baseten_tei.facts.tei.loading.rows import read_rows
from baseten_tei.facts.tei.loading.task import TaskReading
from baseten_tei.facts.tei.releases import at_least, known_release, rows_of

_CLASSES: Mapping[str, Mapping[str, Any]] = read_rows(
    Path(__file__).with_name("model_classes.json")
)


@dataclass(frozen=True)
class ModelClass:
    """One of candle's models: the name of its Rust type, and its row of model_classes.json.

    `RobertaModel` and `FlashLlamaModel` are ours for other constructors of `BertModel` and `FlashMistralModel`.
    """

    name: str
    row: Mapping[str, Any]

    @property
    def is_padded(self) -> bool:
        """Its batches are padded: without flash attention."""
        return not self.row.get("flash", False)


def choose_class(config: CandleConfig, hardware: Hardware, dtype: str) -> ModelClass:
    """Return the model that candle starts. Raises RefusedError where it has none here."""
    model, row = class_of_row(config.row, hardware, dtype), config.row
    if model is None:
        reason = row["no_flash" if hardware.on_gpu else "no_cpu"]
        raise refuse_backend(reason, about="flash")
    return model


def class_of_row(row: Mapping[str, Any], hardware: Hardware, dtype: str) -> ModelClass | None:
    """Return the model that a row of model_types.json becomes there; `None` where there is none."""
    name = _class_name(row, hardware, dtype)
    return None if name is None else ModelClass(name, _CLASSES[name])


def _class_name(row: Mapping[str, Any], hardware: Hardware, dtype: str) -> str | None:
    if not hardware.on_gpu:
        return row.get("cpu")
    if dtype == "float16" and hardware.flash in row.get("versions", ()):
        return str(row["flash"])
    return row.get("cuda")


UNKNOWN = object()
"""A field that nobody looked at: no condition on it holds."""


@dataclass(frozen=True)
class Checked:
    """What the checks of a model look at."""

    fields: Mapping[str, Any]
    task: TaskReading
    dtype: str
    release: str
    absent: Any = None
    """What a field is that is not in `fields`."""

    def value(self, name: str) -> Any:
        """Return a field, or one of what the router decided."""
        if name == "task":
            return "embedding" if self.task.task == "embedding" else "head"
        own = {"pooling": self.task.pooling, "dtype": self.dtype}
        return own[name] if name in own else self.fields.get(name, self.absent)

    def holds(self, when: Mapping[str, Any]) -> bool:
        """Return whether every part of a check's condition holds."""
        return all(_fits(self.value(name), wanted) for name, wanted in when.items())


def _fits(value: Any, wanted: Any) -> bool:
    if value is UNKNOWN:
        return False
    if isinstance(wanted, dict) and "above" in wanted:
        return isinstance(value, int) and value > wanted["above"]
    if isinstance(wanted, dict):
        return bool(value != wanted["not"])
    return bool(value == wanted)


def check_class(model: ModelClass, checked: Checked, after: str | None = None) -> None:
    """Refuse what the model refuses, before its tensors or `after` them. Raises RefusedError."""
    for row in rows_of(model.row["checks"], checked.release):
        if row.get("after") == after and checked.holds(row["when"]):
            raise refuse_backend(row["say"], about=next(iter(row["when"])))


def drops_mask(model: ModelClass, checked: Checked) -> bool:
    """Return whether texts of equal length in one batch lose the attention mask, and get other vectors."""
    when = model.row.get("drops_mask")
    return when is not None and checked.holds(when)


def find_panic(model: ModelClass, checked: Checked) -> str | None:
    """Return what ends the first forward pass, and with it the process; `None` where nothing does."""
    panics: Mapping[str | None, str] = model.row.get("panics", {})
    for since, newer in model.row.get("panics_from", {}).items():
        panics = newer if at_least(known_release(checked.release), since) else panics
    return panics.get(checked.task.pooling)


def find_flash_error(model: ModelClass, checked: Checked, hardware: Hardware) -> str | None:
    """Return what flash attention 1 cannot do of it (backends/candle/src/flash_attn.rs:42)."""
    row = model.row.get("flash_1")
    if row is None or hardware.gpu != 75:
        return None
    when = {name: wanted for name, wanted in row.items() if name != "say"}
    return str(row["say"]) if checked.holds(when) else None
