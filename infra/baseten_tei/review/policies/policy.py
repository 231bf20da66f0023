"""What a policy is, what it looks at, and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from baseten_tei.deployment.costs import Monthly
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import redact
from baseten_tei.rules.rule import Finding


@dataclass(frozen=True)
class PlannedModel:
    """One model that is to be deployed: in which stack, at what price, on a real account or an emulator."""

    stack: str
    subject: Subject
    cost: Monthly
    real_account: bool

    @property
    def place(self) -> str:
        """What the configuration calls it: `<stack>/<model>`."""
        return f"{self.stack}/{self.subject.name}"


@dataclass(frozen=True)
class ModelPolicy:
    """Judges each model by itself. `check` is pure and takes the model and the policy's own section."""

    id: str
    check: Callable[[PlannedModel, Any], Finding | None]


@dataclass(frozen=True)
class StackPolicy:
    """Judges all models of a stack together, by what they cost; `check` takes the stack's name first."""

    id: str
    check: Callable[[str, Mapping[str, Monthly], Any], Finding | None]


@dataclass(frozen=True)
class Violation:
    """What a policy found, as previews and reports show it; `model` is `None` where it is the whole stack."""

    rule: str
    level: Literal["mandatory", "advisory"]
    model: str | None
    message: str
    fix: str

    @property
    def line(self) -> str:
        """One line: model, policy, message, fix; without a token that a value may hold."""
        who = "the stack" if self.model is None else f"model {self.model!r}"
        return redact(f"{who}: {self.rule} {self.message}: {self.fix}")
