"""How many of a router's permits may be taken.

Before 1.9.0 the queue's channel holds as many commands as there are permits (core/src/queue.rs:49), and "next batch"
is one, too: a router whose permits are all taken may abort. Measured on 1.8.3: 64 permits and fewer died, 96 and
more lived with all of them taken. From 1.9.0 on the channel holds twice as many.
"""

import re
from collections.abc import Mapping
from typing import Any

from baseten_tei.facts.tei.releases import at_least

LEAST_SAFE = 96
"""Before 1.9.0: as many permits may all be taken; of fewer, half."""
_LEAST_ROOMY = 256
"""Before 1.9.0, fewer are derived at twice what can be in flight: four times what was seen to die."""
_ROUTERS_OWN = 512
"""The router's default."""


def fillable(tei_version: str, permits: int) -> int:
    """Return how many of so many permits may be taken at once without harm to the router."""
    harmless = at_least(tei_version, "1.9.0") or permits >= LEAST_SAFE
    return permits if harmless else permits // 2


def permits_for(tei_version: str, texts: int) -> int:
    """Return the permits for so many texts in flight."""
    if at_least(tei_version, "1.9.0"):
        return texts
    return min(2 * texts, max(texts, _LEAST_ROOMY))


def texts_at_once(info: Mapping[str, Any]) -> int:
    """Return how many texts may be under way at a router with this `/info`; an unknown version counts as an old one."""
    version = re.match(r"\d{1,9}\.\d{1,9}(\.\d{1,9})?", str(info.get("version") or ""))
    permits = info.get("max_concurrent_requests") or _ROUTERS_OWN
    return max(1, fillable(version[0] if version else "0", permits))
