"""Where a deployed config has its weights from: which Hugging Face repository, at which revision, brought how.

Keys are Truss's (0.18.35: `weights`, `model_cache`, `build_commands`); the forms of the download commands are
those of Baseten's public examples and of `truss_config`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.spec.args import WeightsSource

CACHE = "/app/model_cache"
"""Where Truss mounts `model_cache` volumes."""

_REPOSITORY = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*?"
_HUB_SOURCE = re.compile(rf"hf://({_REPOSITORY})(?:@([\w./-]+))?")
_CLONE = re.compile(
    rf"clone\s(?:.*\s)?https://(?:\S+@)?huggingface\.co/({_REPOSITORY})(?:\.git)?\s+(/\S+)"
)
_DOWNLOAD = re.compile(
    rf"(?:huggingface-cli|hf)\s+download\s+({_REPOSITORY})\s(?:.*\s)?--local-dir[= ](\S+)"
)
_REVISION = re.compile(r"(?:checkout\s+|--revision[= ]|--branch[= ]|-b\s+)([\w./-]+)")


@dataclass(frozen=True)
class Origin:
    """A repository, its revision, and how it comes into the container."""

    model_id: str
    revision: str
    weights: WeightsSource
    by: str
    """The key of the config that brings it: `weights`, `model_cache`, `build_commands`, `docker_server`."""


def find_origin(config: Mapping[str, Any], flags: Mapping[str, str | None]) -> Origin | str:
    """Return the origin of what `--model-id` names, or why it is not known."""
    wanted = flags.get("model-id")
    if not wanted:
        return "start_command has no --model-id"
    if re.fullmatch(_REPOSITORY, wanted):
        return Origin(wanted, flags.get("revision") or "main", "download", "docker_server")
    places = [*_find_mounts(config), *_find_build_steps(config)]
    for place, origin in places:
        if f"{wanted}/".startswith(f"{place.rstrip('/')}/"):
            return origin
    sources = [str(it.get("source")) for it in config.get("weights") or ()]
    origins = f" (weights come from {', '.join(sources)})" if sources else ""
    return (
        f"--model-id={wanted} does not come from a Hugging Face repository in the config{origins}"
    )


def _find_mounts(config: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """`weights` and, before there were any, `model_cache`: where each stands in the container."""
    for entry in config.get("weights") or ():
        if match := _HUB_SOURCE.fullmatch(str(entry.get("source"))):
            yield (
                str(entry.get("mount_location")),
                Origin(match[1], match[2] or "main", "cached", "weights"),
            )
    for entry in config.get("model_cache") or ():
        if entry.get("kind") in (None, "hf") and entry.get("repo_id"):
            folder = f"{CACHE}/{entry.get('volume_folder') or ''}"
            yield (
                folder,
                Origin(entry["repo_id"], entry.get("revision") or "main", "cached", "model_cache"),
            )


def _find_build_steps(config: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """Build steps that put a repository into the image."""
    for command in config.get("build_commands") or ():
        if match := _CLONE.search(command) or _DOWNLOAD.search(command):
            revision = _REVISION.search(command)
            yield (
                match[2],
                Origin(match[1], revision[1] if revision else "main", "baked", "build_commands"),
            )
