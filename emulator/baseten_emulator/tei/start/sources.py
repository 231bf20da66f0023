"""Where a container's model comes from, and whether it may be downloaded.

`--model-id` is a directory that Baseten or the build filled, or a repository of the Hub. The four ways to fill one:
`weights` (mounted by Baseten), `model_cache` (filled by truss-transfer-cli), `build_commands` that clone or download,
and none, where TEI itself downloads at start. Source: Truss 0.18 `truss_config.py` and basetenlabs/truss-examples.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baseten_emulator.tei.command_line.clap import Values
from baseten_emulator.tei.command_line.command import read_secret
from baseten_emulator.tei.outcome import BootError, startup_error
from baseten_emulator.tei.start.repository import Repository
from baseten_emulator.tei.versions import HUB_REDIRECTS, Version

_DEFAULT_CACHE_SECRET = "hf_access_token"  # noqa: S105 - the name of a secret (truss's default)
_CACHE_ROOT = "/app/model_cache"
_NO_DOWNLOAD = "Could not download model artifacts"
_REPOSITORY = re.compile(
    r"huggingface\.co/([\w.-]+/[\w.-]+?)(?:\.git)?(?=[\"'\s]|$)"
    r"|\b(?:hf|huggingface-cli) download ([\w.-]+/[\w.-]+)"
    r"|snapshot_download\(\s*(?:repo_id=)?[\"']([\w.-]+/[\w.-]+)"
)
_SECRET_IN_COMMAND = re.compile(r"/secrets/([\w.-]+)|\bid=([\w.-]+)")


@dataclass(frozen=True)
class Source:
    """A Hub repository, whether a token reaches the one who downloads it, and what is fetched."""

    repo_id: str
    has_token: bool
    is_local: bool
    ignored: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    revision: str = "main"


def find_source(
    config: Mapping[str, Any], secrets: Mapping[str, str], values: Values, transfers_cache: bool
) -> Source:
    """Return the repository behind `--model-id`. Raises BootError: a directory that nothing fills."""
    model_id = values["model-id"]
    if not model_id.startswith("/"):
        token = values.get("hf-token") or values.get("hf-api-token")
        return Source(model_id, bool(token), False, revision=values.get("revision", "main"))
    path = model_id.rstrip("/")
    source = (
        _from_weights(config, secrets, path)
        or _from_cache(config, secrets, path, transfers_cache)
        or _from_build(config, secrets, path)
        or _from_metadata(config)
    )
    if source is None:
        raise _no_such_directory(model_id)
    return source


def _from_weights(
    config: Mapping[str, Any], secrets: Mapping[str, str], path: str
) -> Source | None:
    for entry in config.get("weights") or []:
        mount = str(entry.get("mount_location", "")).rstrip("/")
        match = re.fullmatch(r"hf://([^@]+)(?:@(.+))?", str(entry.get("source", "")))
        if match and mount == path:
            auth = entry.get("auth") or {}
            name = entry.get("auth_secret_name") or auth.get("auth_secret_name")
            revision = match[2] or "main"
            return Source(match[1], _has(secrets, name), True, *_patterns(entry), revision)
    return None


def _from_cache(
    config: Mapping[str, Any], secrets: Mapping[str, str], path: str, is_filled: bool
) -> Source | None:
    for entry in config.get("model_cache") or []:
        if f"{_CACHE_ROOT}/{entry.get('volume_folder')}" != path:
            continue
        if not is_filled:
            raise _no_such_directory(path)
        name = entry.get("runtime_secret_name") or _DEFAULT_CACHE_SECRET
        revision = str(entry.get("revision") or "main")
        has_token = _has(secrets, name)
        return Source(str(entry["repo_id"]), has_token, True, *_patterns(entry), revision)
    return None


def _patterns(entry: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which files are left out, and which are taken at all."""
    return tuple(entry.get("ignore_patterns") or ()), tuple(entry.get("allow_patterns") or ())


def _from_build(config: Mapping[str, Any], secrets: Mapping[str, str], path: str) -> Source | None:
    """Return the repository that a build command names together with the directory."""
    commands = list(map(str, config.get("build_commands") or []))
    steps = [step for command in commands for step in re.split(r"&&|;|\n", command)]
    for text in (*steps, *commands):
        match = _REPOSITORY.search(text)
        if match and re.search(rf"{re.escape(path)}(?![\w-])", text):
            names = [one or other for one, other in _SECRET_IN_COMMAND.findall(text)]
            has_token = any(_has(secrets, name) for name in names)
            repo_id = match[1] or match[2] or match[3]
            return Source(repo_id, has_token, is_local=True, revision=_find_revision(steps, path))
    return None


def _find_revision(steps: Sequence[str], path: str) -> str:
    """Return what the build checks out in that directory; else what the clone leaves there."""
    checkout = re.search(rf"-C {re.escape(path)} checkout ([\w./-]+)", "\n".join(steps))
    return checkout[1] if checkout else "main"


def _from_metadata(config: Mapping[str, Any]) -> Source | None:
    """Return the repository that the config names, for weights that reach the image some other way."""
    repo_id = (config.get("model_metadata") or {}).get("repo_id")
    return Source(str(repo_id), has_token=True, is_local=True) if repo_id else None


def _has(secrets: Mapping[str, str], name: str | None) -> bool:
    return bool(name and read_secret(secrets, name))


def fetch_repository(source: Source, repository: Repository, version: Version) -> Repository:
    """Return the files that the router finds, whoever downloaded them: TEI, Baseten or the build.

    Raises BootError: the Hub's 401 for a gated model without a token, in TEI's words (guessed where the platform
    downloads); TEI before 1.7, which the Hub's redirects broke (#527); or its 404 for a file that TEI does not start a
    download without.
    """
    if repository.gated and not source.has_token:
        raise _no_download(source.repo_id, "config.json", "401 Unauthorized")
    if source.is_local:
        return repository.filter_files(source.ignored, source.allowed)
    if version < HUB_REDIRECTS:
        cause = "relative URL without a base"
        raise startup_error(_NO_DOWNLOAD, f"request error: builder error: {cause}", cause)
    for name in ("config.json", "tokenizer.json"):
        if not repository.has(name):
            raise _no_download(source.repo_id, name, "404 Not Found")
    return repository


def _no_such_directory(path: str) -> BootError:
    """Return TEI's failure: it takes a missing directory for a repository of the Hub (measured)."""
    return _no_download(path, "config.json", "404 Not Found")


def _no_download(repo_id: str, name: str, status: str) -> BootError:
    url = f"https://huggingface.co/{repo_id}/resolve/main/{name}"
    cause = f"HTTP status client error ({status}) for url ({url})"
    return startup_error(_NO_DOWNLOAD, f"request error: {cause}", cause)
