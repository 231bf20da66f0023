"""What a report needs besides the previews."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from baseten_tei.deployment.money.costs import Prices
from baseten_tei.deployment.schedules.hours import Month
from baseten_tei.facts.hub.lockfile import EMPTY_LOCK, Lock
from baseten_tei.review.policies.policy_config import PolicyConfig
from baseten_tei.review.report.throughput import Measurement
from baseten_tei.review.usage.measured import Measured


@dataclass(frozen=True)
class Knowledge:
    """Locked facts, prices, policies, measurements."""

    prices: Prices
    policy: PolicyConfig
    lock: Lock = field(default_factory=lambda: EMPTY_LOCK)
    real_account: bool = False
    measured: tuple[Measurement, ...] = ()
    replicas: Mapping[str, Measured] | None = None
    """What was up, by the model's id on Baseten; `None` where nobody asked."""
    verified: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Records of `space verify`, by the model's resource."""
    month: Month | None = None
    """The calendar month that costs are of; `None` is an average one."""
