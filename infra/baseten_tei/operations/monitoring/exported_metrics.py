"""What Baseten's metrics export has: names, types and labels, from exported_metrics.json, with their source."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TABLE: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("exported_metrics.json").read_text("utf-8")
)
METRICS: Mapping[str, Mapping[str, Any]] = _TABLE["metrics"]
"""By name: `type`, and `labels`."""
PER_MINUTE = 6
"""Requests that the export answers, of a whole organization; more get 429 (Baseten docs, export-metrics/overview)."""
SCRAPE_SECONDS = 60
"""Advised by the same page, so that several Prometheus servers share the limit; values change every 30 s."""
