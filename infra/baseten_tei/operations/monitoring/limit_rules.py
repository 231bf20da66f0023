"""A stack's limits as series of Prometheus, so that alerts and panels compare measured values with them."""

from collections.abc import Iterable, Iterator
from typing import Any

from baseten_tei.operations.monitoring.watched import Watched

Rule = dict[str, Any]

LIMITS = (
    "min_replica", "max_replica", "predict_concurrency", "wanted_in_flight", "slo_seconds",
)  # fmt: skip
ENVIRONMENT = "baseten_tei:environment"
"""1 for each environment that is watched."""
DEPLOYMENT = "baseten_tei:deployment"
"""1 for the deployment that serves it, by the stack's state."""
ANSWERS = "baseten_tei:answers:increase10m"
"""Answers of the last ten minutes, by status."""
JOB = "baseten"
"""The scrape's name in Prometheus."""
_REQUESTS = "baseten_inference_requests_total"


def limit_rules(watched: Iterable[Watched]) -> list[Rule]:
    """Return the rules that record what the stack says of each environment."""
    return [rule for it in watched for rule in _of_environment(it)]


def answer_rules(stack: str) -> list[Rule]:
    """Return the rule that records answers by status.

    `increase` would miss the first answer of a status, whose series begins with it. A series that was not there ten
    minutes ago counts whole, unless Prometheus was not there either.
    """
    return [
        {
            "record": ANSWERS,
            "expr": f"""\
sum by (model_id, environment, status_code) (
  ({_REQUESTS} - {_REQUESTS} offset 10m) > 0
  or
  ({_REQUESTS} unless {_REQUESTS} offset 10m)
    and on () (up{{job="{JOB}"}} offset 10m == 1)
)
* on (model_id, environment) group_left (stack, model) {series(ENVIRONMENT, stack)}
""",
        }
    ]


def series(name: str, stack: str, *matchers: str) -> str:
    """Return the series of one stack: another one's rules may be in the same Prometheus."""
    return f"{name}{{{','.join([*matchers, f'stack={quote(stack)}'])}}}"


def limit(name: str, stack: str, *matchers: str) -> str:
    """Return a limit's series."""
    return series(f"baseten_tei:{name}", stack, *matchers)


def quote(text: str) -> str:
    r"""Return a text as a string of PromQL; `\` and `"` are escaped as in Go."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _of_environment(it: Watched) -> Iterator[Rule]:
    labels = {
        "stack": it.stack,
        "model": it.model,
        "model_id": it.model_id,
        "environment": it.environment,
    }
    yield {"record": ENVIRONMENT, "expr": "vector(1)", "labels": labels}
    served = {**labels, "deployment_id": it.deployment_id}
    yield {"record": DEPLOYMENT, "expr": "vector(1)", "labels": served}
    for name in LIMITS:
        if (value := getattr(it, name)) is not None:
            yield {"record": f"baseten_tei:{name}", "expr": f"vector({value:g})", "labels": labels}
