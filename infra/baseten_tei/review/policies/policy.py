"""What a policy is, what it checks, and what it reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.money.costs import Monthly
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
        """Return its name in the configuration: `<stack>/<model>`."""
        return f"{self.stack}/{self.subject.name}"


@dataclass(frozen=True)
class ModelPolicy:
    """A policy on single models. `check` is pure and takes the model and the policy's own section."""

    id: str
    check: Callable[[PlannedModel, Any], Finding | None]
    of_real_accounts: bool = False
    """Whether a model on an emulator, where nothing is billed and nobody waits, is left out."""


@dataclass(frozen=True)
class StackPolicy:
    """A policy on all models of a stack, by their costs; `check` takes the stack's name first.

    What a stack on an emulator would cost is nothing that it could judge.
    """

    id: str
    check: Callable[[str, Mapping[str, Monthly], Any], Finding | None]


@dataclass(frozen=True)
class Violation:
    """A broken policy, as previews and reports show it; `model` is `None` for the whole stack."""

    rule: str
    level: Literal["mandatory", "advisory"]
    model: str | None
    message: str
    fix: str

    @property
    def line(self) -> str:
        """Return one line: model, policy, message, fix; credentials in it are masked."""
        who = "the stack" if self.model is None else f"model {self.model!r}"
        return redact(f"{who}: {self.rule} {self.message}: {self.fix}")
