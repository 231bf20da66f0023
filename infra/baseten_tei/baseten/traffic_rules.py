"""An environment's traffic routing in a sentence: it is read and told, never managed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from baseten.client.managementapi import TrafficRoutingRule, TrafficRoutingTarget


def describe_rules(rules: "Iterable[TrafficRoutingRule]") -> str:
    """Return what each rule does with the environment's requests; empty where there is none."""
    return "; ".join(_describe_rule(rule) for rule in rules)


def _describe_rule(rule: "TrafficRoutingRule") -> str:
    targets = " and ".join(map(_describe_target, rule.targets)) or "a target that was deleted"
    does = "copied" if rule.type == "SHADOW" else f"routed ({rule.type})"
    until = f"{rule.expires_at:%Y-%m-%d %H:%M %Z}"
    return f"{rule.percent_traffic} % of the requests are {does} to {targets} until {until}"


def _describe_target(target: "TrafficRoutingTarget") -> str:
    if target.environment:
        return f"environment {target.environment!r} of model {target.model_id}"
    return f"deployment {target.deployment_id} of model {target.model_id}"
