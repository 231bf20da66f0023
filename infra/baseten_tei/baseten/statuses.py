"""Baseten's words for how a deployment or promotion is, and what each means to releases, drift, status and doctor."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Meaning(Enum):
    """What a deployment's status says of it."""

    STARTING = "is being built or started"
    READY = "can serve: one that is scaled to zero wakes with its next request"
    SICK = "does not answer, and may come back by itself"
    STOPPED = "does not answer until somebody starts it"
    FAILED = "does not come back without a retry or another push"


MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "BUILDING": Meaning.STARTING,
        "DEPLOYING": Meaning.STARTING,
        "LOADING_MODEL": Meaning.STARTING,
        "UPDATING": Meaning.STARTING,
        "ACTIVE": Meaning.READY,
        "SCALED_TO_ZERO": Meaning.READY,
        "WAKING_UP": Meaning.READY,
        "UNHEALTHY": Meaning.SICK,
        "INACTIVE": Meaning.STOPPED,
        "DEACTIVATING": Meaning.STOPPED,
        "BUILD_FAILED": Meaning.FAILED,
        "BUILD_STOPPED": Meaning.FAILED,
        "DEPLOY_FAILED": Meaning.FAILED,
        "FAILED": Meaning.FAILED,
    }
)
"""Source: Baseten's API reference. An unlisted word means nothing yet: a release waits, and it is not drift."""


def _statuses(*meanings: Meaning) -> frozenset[str]:
    return frozenset(status for status, meaning in MEANINGS.items() if meaning in meanings)


READY = _statuses(Meaning.READY)
"""truss --wait calls one that is scaled to zero failed."""
FAILED = _statuses(Meaning.FAILED)
DEAD = _statuses(Meaning.FAILED, Meaning.STOPPED)
"""What `doctor` calls a dead environment: it does not come back by itself."""
UNHEALTHY = DEAD | _statuses(Meaning.SICK)
"""What drift, `status` and reports call not healthy: nobody is answered now."""

GONE = "GONE"
"""Of an environment in a stack's state that Baseten does not have."""
NOTHING_SERVES = "NOTHING SERVES"
"""Of an environment that no deployment was promoted to."""

PROMOTION_FAILED = frozenset({"FAILED", "CANCELED"})
PROMOTION_ENDED = PROMOTION_FAILED | {"SUCCEEDED"}
