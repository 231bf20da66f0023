"""Opening an uploaded truss: a plain tar (in spite of its `.tgz` name) with a config.yaml in it.

Nothing is extracted. Members that a careful server would not accept (absolute paths, `..`, links to
elsewhere, devices) make the archive invalid.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath
from typing import Any

import yaml

MAX_CONFIG_BYTES = 1_000_000
_LOADER = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # the one in C, where PyYAML was built with it


class BadArchiveError(ValueError):
    """The upload is not a truss; the message says why."""


def read_config(archive: bytes) -> dict[str, Any]:
    """The parsed config.yaml of a truss archive. Raises BadArchiveError."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as tar:
            members = {_safe_name(member): member for member in tar.getmembers()}
            text = _config_text(tar, members)
    except tarfile.TarError as error:
        raise BadArchiveError(f"the archive is not a tar file: {error}") from error
    return _parsed(text)


def _safe_name(member: tarfile.TarInfo) -> str:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise BadArchiveError(f"the archive holds an unsafe member: {member.name}")
    return str(path)


def _config_text(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo]) -> bytes:
    member = members.get("config.yaml")
    content = tar.extractfile(member) if member else None
    if member is None or content is None:
        raise BadArchiveError("the archive holds no config.yaml")
    if member.size > MAX_CONFIG_BYTES:
        raise BadArchiveError(f"config.yaml is larger than {MAX_CONFIG_BYTES} bytes")
    return content.read()


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        config = yaml.load(text, Loader=_LOADER)  # noqa: S506 - one of the two safe ones
    except yaml.YAMLError as error:
        raise BadArchiveError(f"config.yaml is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise BadArchiveError("config.yaml is not a mapping")
    return config
