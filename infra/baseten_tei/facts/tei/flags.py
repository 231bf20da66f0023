"""Flags of `text-embeddings-router`, by release.

Those of each release are in releases.json, from `router/src/main.rs` of TEI, tag by tag, checked against `-h` of 1.8.3
and 1.9.3.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from baseten_tei.facts.tei.releases import OLDEST, TABLE, at_least

FLAGS: Mapping[str, str] = MappingProxyType(
    {name: row.get("since", OLDEST) for row in TABLE["flags"] for name in row["names"].split()}
)
"""Flag (without dashes) → the first release, of those we generate for, that takes it."""

SWITCHES = frozenset({"json-output", "disable-spans"})
"""Flags that take no value, besides auto-truncate whose form depends on the release."""

REPEATABLE = frozenset({"cors-allow-origin"})
"""Flags that may be given more than once: each value counts (measured on TEI 1.9.3)."""

NUMBERS = frozenset({"max-batch-requests", "payload-limit", "prometheus-port"})
"""Flags whose value is a whole number."""

_OURS = (
    "model-id revision tokenization-workers dtype served-model-name pooling max-concurrent-requests "
    "max-batch-tokens max-client-batch-size auto-truncate default-prompt-name default-prompt"
)
OURS: Mapping[str, str] = MappingProxyType({flag: flag.replace("-", "_") for flag in _OURS.split()})
"""Flags that the config is generated with → the spec's key for each."""

FORBIDDEN: Mapping[str, str] = MappingProxyType(
    {
        "port": "the router listens on 7997 and Baseten keeps 8080 for its own proxy; leave it out",
        "hostname": "the container's proxy reaches the router on every address; leave it out",
        "hf-token": "a token on a command line can be read by anyone; write gated: true instead",
        "hf-api-token": "a token on a command line can be read by anyone; write gated: true instead",
        "api-key": "Baseten already asks for an API key, and its gateway cannot pass a second one; leave it out",
        "huggingface-hub-cache": "weights: already says where the model comes from; leave it out",
        "uds-path": "only TEI's Python backend uses it; leave it out",
    }
)
"""Flags nobody should pass → why, and what to do instead."""


def environment_name(flag: str) -> str:
    """Return the environment variable that TEI reads for a flag: its name in SCREAMING_SNAKE."""
    return flag.upper().replace("-", "_")


def split_flags(flags: Iterable[str]) -> list[tuple[str, str | None]]:
    """Return `["--payload-limit=4000000", "--json-output"]` as names and values; `--a b` is one entry too."""
    return [_split(flag) for flag in flags]


def _split(flag: str) -> tuple[str, str | None]:
    parts = re.split(r"[= ]", flag.strip(), maxsplit=1)
    name = "port" if parts[0] == "-p" else parts[0].removeprefix("--")
    return name, parts[1] if len(parts) > 1 else None


def auto_truncate_flags(enabled: bool, tei_version: str) -> list[str]:
    """Return `--auto-truncate` in the form of a release: it changed three times (PR #836 and before).

    <= 1.8.3: a bare flag, off by default. 1.9.0 and 1.9.1: on, and only the environment turns it off.
    >= 1.9.2: takes `true` or `false`.
    """
    if at_least(tei_version, "1.9.2"):
        return [f"--auto-truncate={str(enabled).lower()}"]
    if at_least(tei_version, "1.9.0"):
        return []
    return ["--auto-truncate"] if enabled else []


def auto_truncate_environment(enabled: bool, tei_version: str) -> dict[str, str]:
    """Return the environment variable that 1.9.0 and 1.9.1 need to refuse long inputs; else nothing."""
    only_by_environment = at_least(tei_version, "1.9.0") and not at_least(tei_version, "1.9.2")
    return {"AUTO_TRUNCATE": "false"} if only_by_environment and not enabled else {}


PAYLOAD_LIMIT_BYTES = 2_000_000
"""TEI's `--payload-limit` unless a spec's extra_flags say otherwise (413 above it)."""
