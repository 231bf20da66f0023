"""The report as data, which each format shows and `pr report --from` reads back.

Strict and bounded, because the code of a stranger's pull request may have written it.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
)

from baseten_tei.deployment.money.costs import Monthly
from baseten_tei.errors import UserError
from baseten_tei.facts.files.formats import REPORT, check_json_format
from baseten_tei.review.report.change_kind import Kind
from baseten_tei.spec.messages import first_problem


def _cut(most: int) -> AfterValidator:
    """Return a validator that shortens longer texts: a spec may hold texts of any length."""
    return AfterValidator(lambda text: text if len(text) <= most else f"{text[: most - 1]}…")


Text = Annotated[str, _cut(2_000)]
Name = Annotated[str, _cut(200)]
Diff = Annotated[str, _cut(100_000)]
Level = Literal["error", "warning", "mandatory", "advisory"]
Mark = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{16}$")]
StackName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ReportedFinding(_Strict):
    """A finding of a rule or a policy, with its fix."""

    level: Level
    rule: Name
    model: Name | None
    message: Text
    fix: Text

    @property
    def blocks(self) -> bool:
        """Return whether it blocks an `up`."""
        return self.level in ("error", "mandatory")


class Money(_Strict):
    """US dollars a month; `None` is unknown."""

    minimum: float | None
    typical: float | None
    maximum: float | None

    @classmethod
    def of(cls, cost: Monthly) -> "Money":
        """Return the three sums of a cost."""
        return cls(minimum=cost.minimum, typical=cost.typical, maximum=cost.maximum)


class Cost(_Strict):
    """Before and after; `unpriced` names instance types whose price is not known."""

    before: Money
    after: Money
    unpriced: tuple[Name, ...] = ()


class HourlyCost(_Strict):
    """Some hours of a month in which the same replica bounds hold, and their US dollars an hour."""

    environment: Name
    when: Text
    hours: float
    once: bool = False
    """Whether they come once, and are in no sum of an average month."""
    replicas: Name
    usd: Money


class ModelReport(_Strict):
    """One model."""

    name: Name
    task: Name
    model_id: Name
    instance_type: Name
    kind: Kind
    why: dict[Text, Text] = {}
    diff: Diff = ""
    """Unified diff of its `config.yaml`."""
    breaks: tuple[Text, ...] = ()
    """What breaks those who call it."""
    notices: tuple[Text, ...] = ()
    """What they may notice."""
    traffic: tuple[Text, ...] = ()
    drift: dict[Text, Text] = {}
    cost: Cost
    usd_per_million_tokens: float | None = None
    measured: Text = ""
    """How the throughput behind it was measured."""
    hours: tuple[HourlyCost, ...] = ()
    """Of environments with schedules."""
    typical: Text = ""
    """Who says what its typical replicas are, where that was asked."""

    @model_serializer(mode="wrap")
    def _leave_out(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Write what came with version 2 only where it says something, so that an older release reads the rest."""
        return {key: it for key, it in write(self).items() if it or key not in _VERSION_2}

    @property
    def changes(self) -> bool:
        """Return whether anything happens to it."""
        return self.kind != "unchanged"


_VERSION_2 = ("hours", "typical")


class StackReport(_Strict):
    """One stack."""

    stack: StackName
    origin: Text
    """What the preview was made against."""
    errors: tuple[Text, ...] = ()
    """What stopped the preview."""
    models: tuple[ModelReport, ...] = ()
    secrets: tuple[Text, ...] = ()
    """What happens to them, a line each."""
    findings: tuple[ReportedFinding, ...] = ()
    policies: tuple[ReportedFinding, ...] = ()
    prices: Text = ""
    """Their source and date."""
    on_emulator: bool = False
    """Whether the stack is on an emulator, which bills nothing: no format shows money then."""
    cost: Cost
    marks: tuple[Mark, ...] = ()

    @property
    def changes(self) -> bool:
        """Return whether anything happens to a model or a secret, or others changed what an `up` brings back."""
        return bool(self.secrets) or any(it.changes or it.drift for it in self.models)

    @property
    def is_blocked(self) -> bool:
        """Return whether an error or a mandatory policy blocks an `up`."""
        return bool(self.errors) or any(it.blocks for it in (*self.findings, *self.policies))


class ChangeReport(_Strict):
    """Every stack of a pull request."""

    version: Literal[1, 2] = 1
    contract: tuple[Text, ...] = ()
    """What breaks those who read any stack's outputs: changes of their schema."""
    stacks: tuple[StackReport, ...]

    @property
    def is_blocked(self) -> bool:
        """Return whether any stack is blocked."""
        return any(it.is_blocked for it in self.stacks)


def report_on(stacks: Iterable[StackReport], contract: tuple[str, ...] = ()) -> ChangeReport:
    """Return the report on some stacks, in the oldest version that can say it."""
    every = tuple(stacks)
    newer = any(model.hours or model.typical for it in every for model in it.models)
    return ChangeReport(version=2 if newer else 1, contract=contract, stacks=every)


def parse_report(text: str) -> ChangeReport:
    """Return a report that `--format json` wrote. Raises `UserError`, one line, for other texts."""
    check_json_format(REPORT, text)
    try:
        return ChangeReport.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"this is not a report of `baseten-tei pr report --format json`: {first_problem(error)}"
        ) from error


def render_json(report: ChangeReport) -> str:
    """Return the report as JSON, to be read back."""
    return report.model_dump_json(indent=1) + "\n"
