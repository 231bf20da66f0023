"""An uploaded truss: a plain tar (in spite of its `.tgz` name) with a config.yaml in it.

Nothing is extracted or unpacked: truss and the SDK send plain tars, so a compressed one is refused. Members that a
careful server would not accept (absolute paths, `..`, links, devices) make the archive invalid, and so does a
config.yaml that is too large.
"""

import io
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

from baseten_emulator.world.plain_json import MAX_DEPTH, PlainJsonError, require_plain

MAX_CONFIG_BYTES = 256 * 1024
MAX_MEMBERS = 10_000
MAX_EVENTS = 50_000
# The ones in C, where PyYAML was built with them.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_OF_CONSTRUCTORS = (ValueError, TypeError, LookupError, AttributeError)
"""What PyYAML lets through from values that their tag does not fit: `!!timestamp x`, `!!bool x`, `!!int x`."""


class BadArchiveError(ValueError):
    """The upload is not a truss; the message says why."""


def read_config(archive: bytes) -> dict[str, Any]:
    """Return the parsed config.yaml of a truss archive. Raises BadArchiveError."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            members = {_safe_name(member): member for member in _iterate_members(tar)}
            text = _read_config_text(tar, members)
    except BadArchiveError:
        raise
    except (tarfile.TarError, ValueError, OverflowError, EOFError, RecursionError) as error:
        raise BadArchiveError(f"the archive is not an uncompressed tar file: {error}") from error
    return _parse_config(text)


def model_name_in(archive: bytes) -> str:
    """Return the name of the model that an archive is for; "" where it holds none, as one part of a large one."""
    try:
        return str(read_config(archive).get("model_name"))
    except BadArchiveError:
        return ""


def _iterate_members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for number, member in enumerate(tar):
        if number == MAX_MEMBERS or member.size < 0:
            raise BadArchiveError(f"the archive is broken, or holds more than {MAX_MEMBERS} files")
        yield member


def _safe_name(member: tarfile.TarInfo) -> str:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
        raise BadArchiveError(f"the archive holds an unsafe member: {member.name[:200]!r}")
    return str(path)


def _read_config_text(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo]) -> bytes:
    member = members.get("config.yaml")
    content = tar.extractfile(member) if member else None
    if member is None or content is None:
        raise BadArchiveError("the archive has no config.yaml")
    if member.size > MAX_CONFIG_BYTES:
        raise BadArchiveError(f"config.yaml is larger than {MAX_CONFIG_BYTES} bytes")
    text = content.read()
    if len(text) < member.size:
        raise BadArchiveError("the archive ends within config.yaml")
    return text


def _parse_config(text: bytes) -> dict[str, Any]:
    try:
        _require_proportion(text)
        config = yaml.load(text, Loader=_LOADER)  # noqa: S506 - one of the two safe ones
        if _count_values(config, {}) > MAX_EVENTS:
            raise BadArchiveError("config.yaml: too large with its aliases expanded")
        require_plain(config)
    except BadArchiveError:
        raise
    except PlainJsonError as error:
        raise BadArchiveError(f"config.yaml: {error}") from error
    except (yaml.YAMLError, *_OF_CONSTRUCTORS, RecursionError) as error:
        raise BadArchiveError(f"config.yaml is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise BadArchiveError("config.yaml is not a mapping")
    return config


def _require_proportion(text: bytes) -> None:
    """Look at the events before anything is made of them: enough depth ends the process."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH or number > MAX_EVENTS:
            raise BadArchiveError("config.yaml is nested too deeply, or too large")


def _count_values(part: Any, known: dict[int, int]) -> int:
    """Return how many values a part holds, each alias counted as what it stands for."""
    if id(part) not in known:
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        known[id(part)] = 1 + sum(_count_values(value, known) for value in inner)
    return known[id(part)]
