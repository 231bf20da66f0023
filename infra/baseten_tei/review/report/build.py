"""From a preview to a report: what happens to each model, its price, and what rules and policies find."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from baseten_tei.deployment.costs import NOTHING, Monthly, Prices, instance_type, monthly, total
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.errors import redact
from baseten_tei.facts.hub.lockfile import EMPTY_LOCK, Lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.review.policies.evaluation import Violation, find_violations
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.report.approval_marks import compute_marks
from baseten_tei.review.report.before_and_after import ModelChange, ModelState, model_changes
from baseten_tei.review.report.callers import find_consequences
from baseten_tei.review.report.change_kind import drift_of, kind_of, reasons_of
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.renames import join_renamed, rename_problems
from baseten_tei.review.report.report_data import (
    Cost,
    ModelReport,
    Money,
    ReportedFinding,
    StackReport,
)
from baseten_tei.review.report.throughput import Measurement, usd_per_million_tokens
from baseten_tei.review.report.traffic import describe_traffic
from baseten_tei.rules.registry import check_model
from baseten_tei.rules.rule import Reported
from baseten_tei.spec.type_tokens import SECRET


@dataclass(frozen=True)
class Knowledge:
    """What a report needs besides the preview: locked facts, prices, policies, measurements."""

    prices: Prices
    policy: PolicyConfig
    lock: Lock = field(default_factory=lambda: EMPTY_LOCK)
    real_account: bool = False
    measured: tuple[Measurement, ...] = ()


def stack_report(stack: str, origin: str, preview: Preview, known: Knowledge) -> StackReport:
    """Return what a preview of one stack means; of a preview that failed only its errors."""
    models = {} if preview.errors else join_renamed(model_changes(preview))
    costs = {name: _costs(pair, known) for name, pair in models.items()}
    subjects = list(_subjects(models, known.lock))
    renamed = rename_problems(models)
    return StackReport(
        stack=stack,
        origin=origin,
        errors=tuple(redact(line) for line in preview.errors),
        models=tuple(
            _report_model(pair, costs[name], known, renamed.get(name))
            for name, pair in models.items()
        ),
        secrets=() if preview.errors else tuple(_describe_secrets(preview, models)),
        findings=tuple(_report_finding(it) for subject in subjects for it in check_model(subject)),
        policies=tuple(_report_violations(stack, subjects, known)),
        prices=known.prices.source,
        on_emulator=not known.real_account,
        cost=_cost(
            total(before for before, _ in costs.values()),
            total(after for _, after in costs.values()),
        ),
        marks=() if preview.errors else tuple(compute_marks(stack, preview, models).values()),
    )


def _report_model(
    pair: ModelChange, costs: tuple[Monthly, Monthly], known: Knowledge, renamed: str | None
) -> ModelReport:
    facts_before, facts = _facts(pair.before, known.lock), _facts(pair.after, known.lock)
    side = pair.after or pair.before
    args = side.args if side else None
    what = kind_of(pair)
    told = find_consequences(pair, facts_before, facts)
    results = known.measured if known.real_account else ()
    measured = usd_per_million_tokens(args, known.prices, results) if args else None
    return ModelReport(
        name=pair.name,
        task=str(side.spec.get("task", "")) if side else "",
        model_id=str(side.spec.get("model_id", "")) if side else "",
        instance_type=instance_type(args) if args else "",
        kind=what,
        why=reasons_of(pair),
        diff=redact(_diff(pair)),
        breaks=tuple(it.text for it in told if it.breaks) if renamed is None else (renamed,),
        notices=tuple(it.text for it in told if not it.breaks),
        traffic=describe_traffic(pair, what, facts),
        drift=drift_of(pair.before),
        cost=_cost(*costs),
        usd_per_million_tokens=measured.usd if measured else None,
        measured=measured.how if measured else "",
    )


def _diff(pair: ModelChange) -> str:
    """Return the diff of `config.yaml` with three lines of context; empty for a deleted model."""
    if pair.after is None:
        return ""
    before, after = (side.config_text if side else "" for side in (pair.before, pair.after))
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    return "\n".join(list(lines)[2:])  # without the two lines of file names


def _costs(pair: ModelChange, known: Knowledge) -> tuple[Monthly, Monthly]:
    """Return the cost before and after: nothing on an emulator."""
    if not known.real_account:
        return NOTHING, NOTHING
    return _side_cost(pair.before, known.prices), _side_cost(pair.after, known.prices)


def _side_cost(side: ModelState | None, prices: Prices) -> Monthly:
    if side is None:
        return NOTHING
    if side.args is None:
        return Monthly(None, None, None, frozenset({"a spec of another version"}))
    return monthly(side.args, prices)


def _cost(before: Monthly, after: Monthly) -> Cost:
    unpriced = tuple(sorted(before.unpriced | after.unpriced))
    return Cost(before=Money.of(before), after=Money.of(after), unpriced=unpriced)


def _facts(side: ModelState | None, lock: Lock) -> ModelFacts | None:
    """A deployed revision is the commit that was locked: either name finds the entry."""
    if side is None:
        return None
    model_id, revision = side.spec.get("model_id"), side.spec.get("revision")
    entries = (it for it in lock.values() if it.model_id == model_id)
    return next((it for it in entries if revision in (it.revision, it.commit)), None)


def _subjects(models: Mapping[str, ModelChange], lock: Lock) -> Iterator[Subject]:
    for name, pair in models.items():
        args = pair.after.args if pair.after else None
        if args is not None:
            yield Subject(name, args, _facts(pair.after, lock))


def _report_finding(it: Reported) -> ReportedFinding:
    return ReportedFinding(
        level=it.rule.severity,
        rule=it.rule.id,
        model=it.model,
        message=redact(it.finding.message),
        fix=redact(it.finding.fix),
    )


def _report_violations(
    stack: str, subjects: list[Subject], known: Knowledge
) -> Iterator[ReportedFinding]:
    costs = {
        it.name: monthly(it.args, known.prices) if known.real_account else NOTHING
        for it in subjects
    }
    for it in find_violations(stack, subjects, costs, known.real_account, known.policy):
        yield _report_violation(it)


def _report_violation(it: Violation) -> ReportedFinding:
    return ReportedFinding(
        level=it.level, rule=it.rule, model=it.model, message=it.message, fix=it.fix
    )


def _describe_secrets(preview: Preview, models: Mapping[str, ModelChange]) -> Iterator[str]:
    gated = [name for name, pair in models.items() if pair.after and pair.after.spec.get("gated")]
    restarting = [name for name in gated if _restarts(models[name])]
    for step in preview.steps:
        if step.type != SECRET or not step.changes:
            continue
        match step.op:
            case "delete":
                yield f"{step.name}: goes from Baseten, if this stack stored it"
            case "create":
                yield f"{step.name}: is stored in Baseten"
            case _ if restarting:
                yield f"{step.name}: a new value; restarts {', '.join(restarting)}"
            case _:
                yield f"{step.name}: a new value; replicas that run keep the old one until they restart"


def _restarts(pair: ModelChange) -> bool:
    return bool(pair.after and pair.after.spec.get("redeploy_on_rotation"))
