"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import UserError, redact

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """What a rule says of one model: the message holds the values, the fix is what to do."""

    message: str
    fix: str

    @classmethod
    def of_line(cls, problem: str) -> "Finding":
        """Return a line that ends in a colon and what to do."""
        message, _, fix = problem.rpartition(": write ")
        if message:
            return cls(message, f"write {fix}")
        message, _, fix = problem.rpartition(": ")
        return cls(message, fix)


@dataclass(frozen=True)
class Rule:
    """A problem that TEI or Baseten report late, or not at all.

    `check` is pure, never raises, and gives nothing where the rule holds or cannot be checked (no facts).
    """

    id: str
    """`TEI-GPU-003`: the family's letters and a number that is never used twice."""
    severity: Severity
    title: str
    """One line, without values, for docs/rules.md."""
    source: str
    """Where the fact is from: a doc page, an issue's number, `measured on TEI 1.9.3`."""
    check: "Callable[[Subject], Finding | Iterable[Finding] | None]"
    needs_facts: bool = False
    """Whether it can only be checked for a model that is in the lock file."""
    is_firm: bool = False
    """Whether nothing can be generated from a spec that breaks it: it cannot be silenced, and every command refuses."""

    def find(self, subject: Subject) -> tuple[Finding, ...]:
        """Return all that it finds, without a credential that a value may hold."""
        found = self.check(subject)
        each = () if found is None else (found,) if isinstance(found, Finding) else found
        return tuple(Finding(redact(it.message), redact(it.fix)) for it in each)


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


class RefusedError(UserError):
    """Models that a stack cannot have: a line each, and what rules say of them, for `check`."""

    def __init__(
        self, lines: Iterable[str], findings: Sequence[Reported], models: int, *said: str
    ) -> None:
        """`said` are lines that findings say in other words."""
        super().__init__(*lines)
        self.findings, self.models = findings, models
        self.places: Mapping[str, tuple[str, int]] | None = None
        """Of models of a program: file and line; `None` where they are in the stack's configuration."""
        told = {*UserError(*said, *(it.line for it in findings)).problems}
        self.others = tuple(line for line in self.problems if line not in told)
        """Lines of no rule: shape, and clashes between models."""

    @classmethod
    def behind(cls, error: BaseException | None) -> "RefusedError | None":
        """Return the refusal that another error tells, e.g. with the name of a file before it."""
        while error is not None and not isinstance(error, cls):
            error = error.__cause__
        return error
