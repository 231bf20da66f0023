"""Findings as a table for people, JSON for scripts, SARIF for code scanning."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baseten_tei.rules.registry import DESCRIBED
from baseten_tei.rules.rule import Reported

_LEVEL = {"error": "error", "warning": "warning"}


@dataclass(frozen=True)
class StackCheck:
    """What was found in one stack's models; `file` is its configuration, or what stands for it."""

    file: str
    models: int
    findings: Sequence[Reported]
    places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """File and line by model."""

    @property
    def errors(self) -> int:
        """Findings that stop a preview."""
        return sum(it.rule.severity == "error" for it in self.findings)

    def place_of(self, model: str) -> tuple[str, int]:
        """Return the file and the line where a model begins, counted from 1; line 1 where it is not found."""
        return self.places.get(model) or (self.file, 1)


def render_table(stacks: Sequence[StackCheck]) -> str:
    """Return a line a finding, under the stack's file; a stack without any says so."""
    lines: list[str] = []
    for stack in stacks:
        warnings = len(stack.findings) - stack.errors
        numbers = {"model": stack.models, "error": stack.errors, "warning": warnings}
        counts = ", ".join(f"{it} {what}{'s' * (it != 1)}" for what, it in numbers.items())
        lines += [f"{stack.file}: {counts}", *(_row(it) for it in stack.findings)]
    return "\n".join(lines)


def render_json(stacks: Sequence[StackCheck]) -> str:
    """Return one object per finding: stack file, line, model, rule, severity, message, fix, source."""
    return json.dumps(
        [_finding_object(stack, it) for stack in stacks for it in stack.findings],
        indent=2,
        ensure_ascii=False,
    )


def render_sarif(stacks: Sequence[StackCheck]) -> str:
    """Return SARIF 2.1.0, as code scanning takes it; every rule is described, also where nothing was found."""
    driver = {"name": "baseten-tei", "rules": [_describe_rule(rule) for rule in DESCRIBED]}
    results = [_result(stack, it) for stack in stacks for it in stack.findings]
    run = {"tool": {"driver": driver}, "results": results}
    return json.dumps(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [run],
        },
        indent=2,
        ensure_ascii=False,
    )


def _row(it: Reported) -> str:
    return (
        f"  {it.rule.severity:7} {it.rule.id:15} {it.model}: {it.finding.message}: {it.finding.fix}"
    )


def _finding_object(stack: StackCheck, it: Reported) -> dict[str, Any]:
    file, line = stack.place_of(it.model)
    return {
        "file": file,
        "line": line,
        "model": it.model,
        "rule": it.rule.id,
        "severity": it.rule.severity,
        "message": it.finding.message,
        "fix": it.finding.fix,
        "source": it.rule.source,
    }


def _describe_rule(rule: Any) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": f"Source: {rule.source}"},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
    }


def _result(stack: StackCheck, it: Reported) -> dict[str, Any]:
    file, line = stack.place_of(it.model)
    region = {"startLine": line}
    location = {"artifactLocation": {"uri": file}, "region": region}
    return {
        "ruleId": it.rule.id,
        "level": _LEVEL[it.rule.severity],
        "message": {"text": f"{it.model}: {it.finding.message}: {it.finding.fix}"},
        "locations": [{"physicalLocation": location}],
    }


FORMATS: Mapping[str, Callable[[Sequence[StackCheck]], str]] = {
    "table": render_table,
    "json": render_json,
    "sarif": render_sarif,
}
