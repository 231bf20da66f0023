"""Reads outputs and spaces from files, `pulumi stack output` and environment variables."""

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Protocol

from baseten_tei_client._forms import as_mapping
from baseten_tei_client._secrecy import Secret
from baseten_tei_client._spaces import Space
from baseten_tei_client.errors import OutputsError, UnauthorizedError, UsageError

PULUMI_SECONDS = 120
KEY_VARIABLE = "BASETEN_API_KEY"
WHOLE_VARIABLE = "BASETEN_TEI_OUTPUTS"


@dataclass(frozen=True)
class PulumiStack:
    """The outputs of a stack by `pulumi stack output`; defaults: the selected stack, this folder."""

    stack: str | None = None
    folder: str | Path | None = None


class Typed(Protocol):
    """An object of a typed module (`baseten-tei outputs --format python`)."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Outputs = Mapping[str, Any] | PulumiStack | str | Path | ModuleType | Typed
"""A mapping, `"pulumi"`, `"env"`, the path of a JSON file, a typed module or an object of it, Pulumi's outputs."""


def read_outputs(outputs: Outputs) -> Mapping[str, Any]:
    """Return the outputs as a mapping. Raises `OutputsError`."""
    if isinstance(outputs, str) and outputs == "pulumi":
        outputs = PulumiStack()
    if isinstance(outputs, PulumiStack):
        return _from_pulumi(outputs)
    if isinstance(outputs, str) and outputs == "env":
        return _from_environment(os.environ)
    if isinstance(outputs, str | Path):
        return _from_file(Path(outputs), "`pulumi stack output --json > outputs.json` writes one")
    found = as_mapping(outputs)
    if found is None:
        raise OutputsError(
            f"outputs cannot be of type {type(outputs).__name__}: give the path of a JSON file, a mapping, "
            'a typed module, "pulumi", or "env"'
        )
    return found


def read_space(space: Space | Mapping[str, Any] | str | Path) -> Space:
    """Return a space, also one that `write_space` has kept. Raises `OutputsError`."""
    if isinstance(space, Space):
        return space
    if isinstance(space, Mapping):
        return Space.of(space)
    if not isinstance(space, str | Path):
        raise OutputsError(
            f"a space cannot be of type {type(space).__name__}: give a Space, a mapping, or a file of write_space"
        )
    return Space.of(_from_file(Path(space), "`write_space(model.space, path)` writes one"))


def write_space(space: Space, path: str | Path) -> None:
    """Write a space beside an index, for `expect_space`; atomic. Raises `UsageError` if it cannot be written."""
    if not isinstance(space, Space) or not isinstance(path, str | Path):
        given = type(path if isinstance(space, Space) else space).__name__
        raise UsageError(f"write_space needs a Space and a path, not {given}")
    text = json.dumps(space.as_mapping(), indent=2, ensure_ascii=False) + "\n"
    target = Path(os.path.realpath(path))
    new = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def require_api_key(given: str | None) -> Secret:
    """Return this key or `BASETEN_API_KEY`. Raises `UnauthorizedError` if there is none."""
    if not isinstance(given, str | None):
        raise UsageError(f"api_key must be a string, not {type(given).__name__}")
    key = (given or os.environ.get(KEY_VARIABLE) or "").strip()
    if not key:
        raise UnauthorizedError(f"no API key: set {KEY_VARIABLE} (in Python, api_key=… does, too)")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UnauthorizedError(
            "the API key contains characters that a header cannot hold: copy it again"
        )
    return Secret(key)


def _from_environment(variables: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what `BASETEN_TEI_OUTPUTS` holds, as JSON or by a path; without it the variables themselves."""
    whole = variables.get(WHOLE_VARIABLE, "").strip()
    if whole[:1] == whole[-1:] == "'":  # as `docker run --env-file` takes it from a .env file
        whole = whole[1:-1]
    if not whole:
        return dict(variables)
    if not whole.startswith("{"):
        return _from_file(Path(whole), f"{WHOLE_VARIABLE} must be a path, or JSON")
    try:
        return dict(_decode_json(whole))
    except ValueError as error:
        raise OutputsError(f"{WHOLE_VARIABLE} is not JSON ({error})") from error


def _from_file(path: Path, how: str) -> Mapping[str, Any]:
    try:
        if path.exists() and not path.is_file() and not str(path).startswith("/dev/"):
            raise OutputsError(f"{path} is not a file; {how}")  # reading a pipe would wait
        outputs = _decode_json(path.read_text("utf-8"))
    except OSError as error:
        raise OutputsError(f"{path}: {error.strerror}; {how}") from error
    except ValueError as error:
        raise OutputsError(f"{path} is not JSON ({error}); {how}") from error
    if not isinstance(outputs, dict):
        raise OutputsError(f"{path} does not contain a JSON object; {how}")
    return outputs


def _from_pulumi(stack: PulumiStack) -> Mapping[str, Any]:
    if not isinstance(stack.stack, str | None) or not isinstance(stack.folder, str | Path | None):
        raise OutputsError(
            f"PulumiStack takes the name of a stack and a folder, not {stack!r:.100}"
        )
    command = ["pulumi", "stack", "output", "--json", "--non-interactive"]
    command += ["--stack", stack.stack] if stack.stack else []
    command += ["--cwd", str(stack.folder)] if stack.folder else []
    shown = f"`{' '.join(command)}`"
    try:
        ended = subprocess.run(  # noqa: S603 - no shell, and the arguments are the caller's own
            command, capture_output=True, text=True, timeout=PULUMI_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise OutputsError(
            "there is no `pulumi` on PATH: give a JSON file of the outputs"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OutputsError(f"{shown} took over {PULUMI_SECONDS} s") from error
    if ended.returncode:
        raise OutputsError(f"{shown} failed: {ended.stderr.strip()[-500:]}")
    try:
        outputs = _decode_json(ended.stdout or "{}")
    except ValueError as error:
        raise OutputsError(f"{shown} printed something other than JSON ({error})") from error
    if not isinstance(outputs, dict):
        raise OutputsError(f"{shown} printed something other than a JSON object")
    if not outputs:
        raise OutputsError("the stack has no outputs yet: run `pulumi up` first")
    return outputs


def _decode_json(text: str) -> Any:
    """Return the JSON. Raises `ValueError`, also if it is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
