"""Alerts: what callers meet, and what is not as the stack says. Thresholds are the stack's own limits."""

from collections.abc import Iterator
from typing import Any

from baseten_tei.operations.monitoring.limit_rules import (
    ANSWERS,
    DEPLOYMENT,
    ENVIRONMENT,
    JOB,
    limit,
    series,
)

Rule = dict[str, Any]

_BY = "by (model_id, environment)"
_ON = "on (model_id, environment)"
_NAMED = f"{_ON} group_left (stack, model)"
_WHERE = "{{ $labels.model }} in {{ $labels.environment }}"
_IN_FLIGHT = f"sum {_BY} (baseten_concurrent_requests)"
_ACTIVE = f"sum {_BY} (baseten_replicas_active)"
_STARTING = f"sum {_BY} (baseten_replicas_starting)"
_BUCKETS = 'baseten_end_to_end_response_time_seconds_bucket{status_code=~"2.."}'
_IS_UP = f'on () (up{{job="{JOB}"}} == 1)'


def alert_rules(stack: str) -> list[Rule]:
    """Return the alerts of a stack."""
    return [*_refusals(stack), *_waiting(stack), *_scaling(stack), *_state(stack)]


def _refusals(stack: str) -> Iterator[Rule]:
    answers = series(ANSWERS, stack)
    busy = series(ANSWERS, stack, 'status_code="429"')
    unfit = series(ANSWERS, stack, 'status_code=~"413|422"')
    by = "sum by (stack, model, model_id, environment)"
    yield _alert(
        "BasetenTeiBusy",
        f"{by} ({busy})\n  / {by} ({answers})\n  > 0.01\n",
        "5m",
        "More than 1 % of requests were refused (429)",
        "All permits of a replica were taken. Callers with the Python client keep to them; others send too many texts "
        "at once, or the model needs more replicas (autoscaling.max_replica).",
    )
    yield _alert(
        "BasetenTeiUnfitRequests",
        f"{by} ({unfit}) > 0\n",
        "5m",
        "Requests were refused as too large (413, 422)",
        "A caller ignores limits.max_client_batch_size, payload_limit_bytes or max_input_length of the stack's "
        "outputs, or has read outputs of an earlier release.",
    )


def _waiting(stack: str) -> Iterator[Rule]:
    room = f"{_ACTIVE} * {_NAMED} {limit('predict_concurrency', stack)}"
    yield _alert(
        "BasetenTeiQueue",
        f"{_IN_FLIGHT}\n  > {_NAMED} ({room})\n  and {_ON} ({_ACTIVE} > 0)\n",
        "5m",
        "Requests wait in the queue",
        "More requests are under way than the replicas take (predict_concurrency each).",
    )
    yield _alert(
        "BasetenTeiColdStart",
        f"({_IN_FLIGHT} > 0\n  unless {_ON} ({_ACTIVE} > 0))\n"
        f"* {_NAMED} {series(ENVIRONMENT, stack)}\n",
        "1m",
        "Callers wait for a cold start",
        "No replica is up, and requests wait for one. autoscaling.min_replica: 1, or a schedule, keeps one up.",
    )
    yield _alert(
        "BasetenTeiSlowStart",
        f"({_STARTING} > 0) * {_NAMED} {series(ENVIRONMENT, stack)}\n",
        "20m",
        "A replica has been starting for 20 minutes",
        "`baseten-tei status --live` says in which phase it is.",
    )
    yield _alert(
        "BasetenTeiSlow",
        f"histogram_quantile(0.95,\n  sum by (le, model_id, environment) (rate({_BUCKETS}[10m])))\n"
        f"  > {_NAMED} {limit('slo_seconds', stack)}\n",
        "10m",
        "95 of 100 requests take longer than they are to",
        "`baseten-tei tune` measures what a replica can do in that time.",
    )


def _scaling(stack: str) -> Iterator[Rule]:
    most = limit("max_replica", stack)
    wanted = f"{_ACTIVE} * {_NAMED} {limit('wanted_in_flight', stack)}"
    yield _alert(
        "BasetenTeiAtMaximum",
        f"({_ACTIVE} >= {_NAMED} {most})\n  and {_ON} ({_IN_FLIGHT} > {_ON} ({wanted}))\n",
        "10m",
        "All replicas are up, and traffic asks for more",
        "autoscaling.max_replica is reached, and more is in flight than concurrency_target times its utilization.",
    )
    least = limit("min_replica", stack)
    yield _alert(
        "BasetenTeiTooFewReplicas",
        f"{least} > 0\n  unless {_ON} ({_ACTIVE} >= {_ON} {least})\n  and {_IS_UP}\n",
        "10m",
        "Fewer replicas are up than autoscaling.min_replica",
        "`baseten-tei status --live` says what runs, and `pulumi refresh` what changed.",
    )


def _state(stack: str) -> Iterator[Rule]:
    found = 'count by (model_id, environment, deployment_id) (baseten_replicas_active{rollout_phase="stable"})'
    on = "on (model_id, environment, deployment_id)"
    yield _alert(
        "BasetenTeiOtherVersion",
        f"({found}\n  unless {on} {series(DEPLOYMENT, stack)})\n"
        f"* {_NAMED} {series(ENVIRONMENT, stack)}\n",
        "30m",
        "A version serves that the state does not know",
        "Deployment {{ $labels.deployment_id }} serves. `pulumi refresh` says whether it is another version; after a "
        "release, write these rules again: `baseten-tei operations`.",
    )
    unread = _alert(
        "BasetenTeiNoMetrics",
        f'up{{job="{JOB}"}} == 0 or absent(up{{job="{JOB}"}})\n',
        "10m",
        "",
        "The key was refused, or the organization asked more than 6 times in a minute (429).",
    )
    yield {**unread, "labels": {**unread["labels"], "stack": stack}}


def _alert(name: str, expression: str, held: str, summary: str, description: str) -> Rule:
    told = f"{summary}: {_WHERE}" if summary else "Baseten's metrics cannot be read"
    return {
        "alert": name,
        "expr": expression,
        "for": held,
        "labels": {"severity": "warning"},
        "annotations": {"summary": told, "description": description},
    }
