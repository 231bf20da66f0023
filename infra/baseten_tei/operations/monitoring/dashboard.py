"""A Grafana dashboard of a stack, as JSON to import or to provision.

Its form is that of Grafana's docs (dashboard JSON model, schema version 39, Grafana 10.4 and newer): a grid of 24
columns, panels with targets, variables for the data source, models and environments.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from baseten_tei.operations.monitoring.limit_rules import ANSWERS, ENVIRONMENT, limit, series

Panel = dict[str, Any]

SCHEMA_VERSION = 39
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 24
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WHICH = ('model=~"$model"', 'environment=~"$environment"')
_ON = "on (model_id, environment)"


def dashboard(stack: str) -> str:
    """Return the dashboard as JSON."""
    name = hashlib.sha256(stack.encode()).hexdigest()[:8]
    document = {
        "uid": f"baseten-tei-{name}",
        "title": f"Embeddings on Baseten: {stack}",
        "description": "Written by `baseten-tei operations`.",
        "tags": ["baseten-tei"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": list(_variables(stack))},
        "annotations": {"list": []},
        "panels": [_place(number, it) for number, it in enumerate(_panels(stack))],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _variables(stack: str) -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    for label in ("model", "environment"):
        query = f"label_values({series(ENVIRONMENT, stack)}, {label})"
        yield {
            "name": label,
            "label": label.capitalize(),
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": query, "refId": label},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        }


def _panels(stack: str) -> Iterator[Panel]:
    answers = series(ANSWERS, stack, *_WHICH)
    by = "sum by (model, environment, status_code)"
    yield _graph(
        "Answers by status, per second",
        "reqps",
        (f"{by} ({answers}) / 600", "{{model}} {{environment}} {{status_code}}"),
    )
    seconds = "rate(baseten_end_to_end_response_time_seconds_bucket[$__rate_interval])"
    yield _graph(
        "Response time: p95, and what it is to be",
        "s",
        (
            f"histogram_quantile(0.95, sum by (le, model, environment) ({_named(seconds, stack)}))",
            "{{model}} {{environment}}",
        ),
        (limit("slo_seconds", stack, *_WHICH), "{{model}} {{environment}}: aim"),
    )
    taken = limit("predict_concurrency", stack, *_WHICH)
    room = f"{_sum('baseten_replicas_active')} * {_ON} group_left (model) {taken}"
    yield _graph(
        "Requests under way, and what the replicas take",
        "short",
        (_named(_sum("baseten_concurrent_requests"), stack), "{{model}} {{environment}}"),
        (room, "{{model}} {{environment}}: room"),
    )
    yield _graph(
        "Replicas: up, starting, and the most",
        "short",
        (_named(_sum("baseten_replicas_active"), stack), "{{model}} {{environment}}"),
        (_named(_sum("baseten_replicas_starting"), stack), "{{model}} {{environment}}: starting"),
        (limit("max_replica", stack, *_WHICH), "{{model}} {{environment}}: max_replica"),
    )
    refused = series(ANSWERS, stack, 'status_code=~"413|422|429"', *_WHICH)
    yield _graph(
        "Refusals in ten minutes",
        "short",
        (f"{by} ({refused})", "{{model}} {{environment}} {{status_code}}"),
    )
    used = "avg by (model_id, environment) (baseten_gpu_utilization)"
    yield _graph("GPU", "percent", (_named(used, stack), "{{model}} {{environment}}"))


def _graph(title: str, unit: str, *targets: tuple[str, str]) -> Panel:
    return {
        "type": "timeseries",
        "title": title,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for number, (expression, legend) in enumerate(targets)
        ],
    }


def _place(number: int, panel: Panel) -> Panel:
    """Two in a row."""
    row, column = divmod(number * _WIDTH, _COLUMNS)
    grid = {"h": _HEIGHT, "w": _WIDTH, "x": column, "y": row * _HEIGHT}
    return {"id": number + 1, "gridPos": grid, **panel}


def _named(expression: str, stack: str) -> str:
    """Give measured values the model's name in the stack, those of other stacks left out."""
    return f"{expression} * {_ON} group_left (model) {series(ENVIRONMENT, stack, *_WHICH)}"


def _sum(metric: str) -> str:
    return f"sum by (model_id, environment) ({metric})"
