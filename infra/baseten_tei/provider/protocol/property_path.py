"""Paths to properties, as Pulumi writes them (sdk/go/common/resource: property path)."""

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def property_path(parts: Iterable[str]) -> str:
    """Return a path as Pulumi reads it: `autoscaling.max_replica`, `drift["config.docker_server"]`."""
    path = ""
    for part in parts:
        if _PLAIN.fullmatch(part):
            path += f".{part}" if path else part
        else:
            quoted = part.replace("\\", "\\\\").replace('"', '\\"')
            path += f'["{quoted}"]'
    return path
