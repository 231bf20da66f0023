"""Which Hub repositories a config loads, with which token, and whether that would work.

The Hub itself is not asked: a short list of well-known gated repositories stands for it, and a config that asks for
a token by name gets exactly that secret or nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseten_emulator.world.ids import normalise_secret_name
from baseten_emulator.world.records import taught_id

GATED = (  # repositories or whole owners that answer 401 to a caller without a token
    "google/embeddinggemma-300m",
    "google/gemma-",
    "meta-llama/",
    "nvidia/llama-embed-nemotron-8b",
)
_MODEL_ID = re.compile(r"--model-id[ =]['\"]?([\w.-]+/[\w.-]+)")
_CLONE = re.compile(r"https://huggingface\.co/([\w.-]+/[\w.-]+)")
_REVISION = re.compile(r"--revision[ =]['\"]?([\w./-]+)")
_CHECKOUT = re.compile(r"\bcheckout ([\w./-]+)")
_SECRET_FILE = re.compile(r"/secrets/([\w.-]+)")
_DEFAULT_CACHE_SECRET = "hf_access_token"  # noqa: S105 - a name: truss's ModelRepo default


@dataclass(frozen=True)
class Download:
    """One repository to fetch, and the secret that is named for it (None: without a token)."""

    repository: str
    secret: str | None
    revision: str = "main"


def find_secret_files(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the secret files that the start command reads."""
    return tuple(_SECRET_FILE.findall(_start_command(config)))


def find_downloads(config: Mapping[str, Any]) -> tuple[Download, ...]:
    """Return what is fetched between build and readiness: weights, model_cache, `--model-id owner/repo`."""
    return (*_find_mounted(config), *_find_cached(config), *_find_router_downloads(config))


def find_baked(config: Mapping[str, Any]) -> tuple[Download, ...]:
    """Return the repositories that `build_commands` clone, with the mounted build secret that a command reads."""
    mounted = (config.get("build") or {}).get("secret_to_path_mapping") or {}
    commands = [str(command) for command in config.get("build_commands") or ()]
    return tuple(
        Download(
            repo,
            next((name for name, path in mounted.items() if path in command), None),
            _first(_CHECKOUT, command),
        )
        for command in commands
        for repo in _CLONE.findall(command)
    )


def is_gated(download: Download, taught: Mapping[str, bool]) -> bool:
    """Return whether the Hub wants a token for this repository; what was `taught` goes before the list."""
    repository = download.repository
    at = taught.get(taught_id(repository, download.revision))
    known = taught.get(taught_id(repository)) if at is None else at
    return (
        known
        if known is not None
        else any(
            repository == name or (name[-1] in "/-" and repository.startswith(name))
            for name in GATED
        )
    )


def build_failure_lines(
    config: Mapping[str, Any], secrets: Mapping[str, str], taught: Mapping[str, bool]
) -> tuple[str, ...]:
    """Return the log lines of a build that cannot fetch its weights; empty when it can."""
    return tuple(
        "fatal: could not read Username for 'https://huggingface.co' "
        f"({download.repository} is gated: 401)"
        for download in find_baked(config)
        if is_gated(download, taught)
        and not secrets.get(normalise_secret_name(download.secret or "no secret"))
    )


def load_failure_lines(
    config: Mapping[str, Any], secrets: Mapping[str, str], taught: Mapping[str, bool]
) -> tuple[str, ...]:
    """Return the log lines of a start that lacks a secret it needs; empty when it has them all.

    `secrets` are those of the workspace, by normalised name; `taught` says which repositories are gated.
    """
    declared = {normalise_secret_name(name) for name in config.get("secrets") or {}}
    missing = [_missing_line(name, declared, secrets) for name in find_secret_files(config)]
    refused = [
        _refusal_line(download, secrets, is_gated(download, taught))
        for download in find_downloads(config)
    ]
    return tuple(line for line in (*missing, *refused) if line)


def _missing_line(name: str, declared: set[str], secrets: Mapping[str, str]) -> str:
    if normalise_secret_name(name) in declared and normalise_secret_name(name) in secrets:
        return ""
    why = (
        "does not exist in this workspace"
        if normalise_secret_name(name) in declared
        else "is not declared"
    )
    return f"cat: /secrets/{name}: No such file or directory (secret {name} {why})"


def _refusal_line(download: Download, secrets: Mapping[str, str], gated: bool) -> str:
    if download.secret is None:
        why = "is gated and no token is configured"
        return f"401 Unauthorized: {download.repository} {why}" if gated else ""
    needed = gated or download.secret != _DEFAULT_CACHE_SECRET
    if secrets.get(normalise_secret_name(download.secret)) or not needed:
        return ""
    why = f"secret {download.secret} does not exist or is empty"
    return f"401 Unauthorized: {download.repository}: {why}"


def _find_mounted(config: Mapping[str, Any]) -> Iterator[Download]:
    for entry in config.get("weights") or ():
        source = str(entry.get("source", ""))
        if source.startswith("hf://"):
            auth = entry.get("auth") or {}
            secret = auth.get("auth_secret_name") or entry.get("auth_secret_name")
            repository, _, revision = source.removeprefix("hf://").partition("@")
            yield Download(repository, secret, revision or "main")


def _find_cached(config: Mapping[str, Any]) -> Iterator[Download]:
    for entry in config.get("model_cache") or ():
        secret = entry.get("runtime_secret_name") or _DEFAULT_CACHE_SECRET
        yield Download(str(entry.get("repo_id", "")), secret, str(entry.get("revision") or "main"))


def _find_router_downloads(config: Mapping[str, Any]) -> Iterator[Download]:
    secret = next(iter(find_secret_files(config)), None)
    command = _start_command(config)
    for repository in _MODEL_ID.findall(command):
        yield Download(repository, secret, _first(_REVISION, command))


def _first(pattern: re.Pattern[str], command: str) -> str:
    found = pattern.search(command)
    return found[1] if found else "main"


def _start_command(config: Mapping[str, Any]) -> str:
    return str((config.get("docker_server") or {}).get("start_command") or "")
