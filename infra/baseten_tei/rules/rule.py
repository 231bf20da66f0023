"""What a rule is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import redact

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """What a rule says of one model: the message holds the values, the fix is what to do."""

    message: str
    fix: str


@dataclass(frozen=True)
class Rule:
    """A problem that TEI or Baseten report late, or not at all.

    `check` is pure, never raises, and gives `None` where the rule holds or cannot be checked (no facts).
    """

    id: str
    """`TEI-GPU-003`: the family's letters and a number that is never used twice."""
    severity: Severity
    title: str
    """One line, without values, for docs/rules.md."""
    source: str
    """Where the fact is from: a doc page, an issue's number, `measured on TEI 1.9.3`."""
    check: Callable[[Subject], Finding | None]
    needs_facts: bool = False
    """Whether it can only be checked for a model that is in the lock file."""


@dataclass(frozen=True)
class Reported:
    """A finding with its rule and model, as previews and reports show it."""

    model: str
    rule: Rule
    finding: Finding

    @property
    def line(self) -> str:
        """One line: model, id, message, fix; without a token that a value may hold."""
        return redact(
            f"model {self.model!r}: {self.rule.id} {self.finding.message}: {self.finding.fix}"
        )
