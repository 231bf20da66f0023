"""From a preview to a report: what happens to each model, its price, and what rules and policies find."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from baseten_tei.deployment.differences import Texts
from baseten_tei.deployment.locked_spec import Subject, find_facts
from baseten_tei.deployment.money.costs import NOTHING, Monthly, instance_type, monthly, total
from baseten_tei.errors import redact
from baseten_tei.facts.hub.lockfile import Lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.review.policies.evaluation import find_violations
from baseten_tei.review.policies.policy import Violation
from baseten_tei.review.report.approval_marks import compute_marks
from baseten_tei.review.report.before_and_after import ModelChange, ModelState, model_changes
from baseten_tei.review.report.change_kind import drift_of, kind_of, reasons_of
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.knowledge import Knowledge
from baseten_tei.review.report.report_data import (
    Cost,
    Level,
    ModelReport,
    Money,
    ReportedFinding,
    StackReport,
)
from baseten_tei.review.report.sections.callers import Consequence, find_consequences
from baseten_tei.review.report.sections.key_lines import describe_keys
from baseten_tei.review.report.sections.model_costs import (
    describe_prices,
    describe_typical,
    find_costs,
    hourly_costs,
)
from baseten_tei.review.report.sections.renames import join_renamed, rename_problems
from baseten_tei.review.report.sections.space_lines import (
    find_space_lines,
    find_space_reasons,
)
from baseten_tei.review.report.sections.traffic import describe_traffic
from baseten_tei.review.report.throughput import usd_per_million_tokens
from baseten_tei.rules.registry import check_model
from baseten_tei.spec.type_tokens import SECRET


def stack_report(stack: str, origin: str, preview: Preview, known: Knowledge) -> StackReport:
    """Return what a preview of one stack means; of a preview that failed only its errors."""
    models = {} if preview.errors else join_renamed(model_changes(preview))
    costs = {name: find_costs(it, known) for name, it in models.items()}
    subjects = list(_subjects(models, known.lock))
    renamed = rename_problems(models)
    spaces = find_space_lines(models, costs, known.verified)
    places = find_space_reasons(models)
    return StackReport(
        stack=stack,
        origin=origin,
        errors=tuple(redact(line) for line in preview.errors),
        models=tuple(
            _report_model(
                it,
                costs[name],
                known,
                renamed.get(name),
                spaces.get(name, ()),
                places.get(name, {}),
            )
            for name, it in models.items()
        ),
        secrets=()
        if preview.errors
        else (*_describe_secrets(preview, models), *describe_keys(preview)),
        findings=tuple(
            _finding(it.rule.severity, it.rule.id, it.model, it.finding.message, it.finding.fix)
            for subject in subjects
            for it in check_model(subject)
        ),
        policies=tuple(
            _finding(it.level, it.rule, it.model, it.message, it.fix)
            for it in _violations(stack, subjects, known)
        ),
        prices=describe_prices(known),
        on_emulator=not known.real_account,
        cost=_cost(
            total(before for before, _ in costs.values()),
            total(after for _, after in costs.values()),
        ),
        marks=() if preview.errors else tuple(compute_marks(stack, preview, models).values()),
    )


def _report_model(
    change: ModelChange,
    costs: tuple[Monthly, Monthly],
    known: Knowledge,
    renamed: str | None,
    spaces: Sequence[Consequence],
    places: Texts,
) -> ModelReport:
    facts_before, facts = _facts(change.before, known.lock), _facts(change.after, known.lock)
    state = change.after or change.before
    spec, args = (state.spec, state.args) if state else ({}, None)
    kind = kind_of(change)
    consequences = [*find_consequences(change, facts_before, facts), *spaces]
    results = known.measured if known.real_account else ()
    measured = usd_per_million_tokens(args, known.prices, results) if args else None
    return ModelReport(
        name=change.name,
        task=str(spec.get("task", "")),
        model_id=str(spec.get("model_id", "")),
        instance_type=instance_type(args) if args else "",
        kind=kind,
        why={**places, **reasons_of(change)},
        diff=redact(_diff(change)),
        breaks=(renamed,) if renamed else tuple(it.text for it in consequences if it.breaks),
        notices=tuple(it.text for it in consequences if not it.breaks),
        traffic=describe_traffic(change, kind, facts),
        drift=drift_of(change.before),
        cost=_cost(*costs),
        hours=tuple(hourly_costs(args, known)) if args else (),
        typical=describe_typical(change, known),
        usd_per_million_tokens=measured.usd if measured else None,
        measured=measured.how if measured else "",
    )


def _diff(change: ModelChange) -> str:
    """Return the diff of `config.yaml` with three lines of context; empty for a deleted model."""
    if change.after is None:
        return ""
    before = change.before.config_text if change.before else ""
    after = change.after.config_text
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    return "\n".join(list(lines)[2:])  # without the two lines of file names


def _cost(before: Monthly, after: Monthly) -> Cost:
    unpriced = tuple(sorted(before.unpriced | after.unpriced))
    return Cost(before=Money.of(before), after=Money.of(after), unpriced=unpriced)


def _facts(state: ModelState | None, lock: Lock) -> ModelFacts | None:
    spec = state.spec if state else {}
    return find_facts(lock, str(spec.get("model_id")), str(spec.get("revision")))


def _subjects(models: Mapping[str, ModelChange], lock: Lock) -> Iterator[Subject]:
    for name, change in models.items():
        if change.after and change.after.args:
            yield Subject(name, change.after.args, _facts(change.after, lock))


def _violations(stack: str, subjects: list[Subject], known: Knowledge) -> list[Violation]:
    real = known.real_account
    costs = {it.name: monthly(it.args, known.prices) if real else NOTHING for it in subjects}
    return find_violations(stack, subjects, costs, real, known.policy)


def _finding(level: Level, rule: str, model: str | None, message: str, fix: str) -> ReportedFinding:
    return ReportedFinding(
        level=level, rule=rule, model=model, message=redact(message), fix=redact(fix)
    )


def _describe_secrets(preview: Preview, models: Mapping[str, ModelChange]) -> Iterator[str]:
    specs = {name: it.after.spec for name, it in models.items() if it.after}
    restarting = [
        name for name, it in specs.items() if it.get("gated") and it.get("redeploy_on_rotation")
    ]
    effects = {
        "delete": "goes from Baseten, if this stack stored it",
        "create": "is stored in Baseten",
    }
    rotated = (
        f"a new value; restarts {', '.join(restarting)}"
        if restarting
        else "a new value; replicas that run keep the old one until they restart"
    )
    for step in preview.steps:
        if step.type == SECRET and step.changes:
            yield f"{step.name}: {effects.get(step.op, rotated)}"
