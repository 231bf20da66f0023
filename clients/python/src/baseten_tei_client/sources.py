"""Where outputs and kept spaces come from: files, `pulumi stack output`, environment variables."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseten_tei_client.errors import OutputsError, UnauthorizedError
from baseten_tei_client.secrecy import Secret
from baseten_tei_client.spaces import Space

PULUMI_SECONDS = 120
KEY_VARIABLE = "BASETEN_API_KEY"


@dataclass(frozen=True)
class PulumiStack:
    """Outputs that `pulumi stack output --json` prints; `stack` and `folder` default to what is selected."""

    stack: str | None = None
    folder: str | Path | None = None


Outputs = Mapping[str, Any] | PulumiStack | str | Path
"""A mapping, `"pulumi"`, `"env"`, or the path of a JSON file."""


def read_outputs(outputs: Outputs) -> Mapping[str, Any]:
    """The outputs as a mapping. Raises `OutputsError`."""
    if isinstance(outputs, Mapping):
        return outputs
    if isinstance(outputs, PulumiStack) or outputs == "pulumi":
        return _from_pulumi(outputs if isinstance(outputs, PulumiStack) else PulumiStack())
    if outputs == "env":
        return dict(os.environ)
    return _from_file(Path(outputs), "`pulumi stack output --json > outputs.json` writes one")


def read_space(space: Space | Mapping[str, Any] | str | Path) -> Space:
    """A space, or what `write_space` kept. Raises `OutputsError`."""
    if isinstance(space, Space):
        return space
    if isinstance(space, Mapping):
        return Space.of(space)
    return Space.of(_from_file(Path(space), "`write_space(model.space, path)` writes one"))


def write_space(space: Space, path: str | Path) -> None:
    """Keep a space beside an index, for `expect_space`: whole, or not at all."""
    text = json.dumps(space.told(), indent=2, ensure_ascii=False) + "\n"
    target = Path(os.path.realpath(path))
    new = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def api_key(given: str | None) -> Secret:
    """The key that was given, or `BASETEN_API_KEY`. Raises `UnauthorizedError` where there is none."""
    key = (given or os.environ.get(KEY_VARIABLE) or "").strip()
    if not key:
        raise UnauthorizedError(f"no API key: set {KEY_VARIABLE}, or pass api_key=…")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UnauthorizedError("the API key holds characters that no header takes: copy it again")
    return Secret(key)


def _from_file(path: Path, how: str) -> Mapping[str, Any]:
    try:
        if path.exists() and not path.is_file() and not str(path).startswith("/dev/"):
            raise OutputsError(f"{path} is not a file; {how}")  # reading a pipe would wait
        told = _decoded(path.read_text("utf-8"))
    except OSError as error:
        raise OutputsError(f"{path}: {error.strerror}; {how}") from error
    except ValueError as error:
        raise OutputsError(f"{path} is not JSON ({error}); {how}") from error
    if not isinstance(told, dict):
        raise OutputsError(f"{path} holds no JSON object; {how}")
    return told


def _from_pulumi(stack: PulumiStack) -> Mapping[str, Any]:
    command = ["pulumi", "stack", "output", "--json", "--non-interactive"]
    command += ["--stack", stack.stack] if stack.stack else []
    command += ["--cwd", str(stack.folder)] if stack.folder else []
    try:
        ended = subprocess.run(  # noqa: S603 - no shell, and the arguments are the caller's own
            command, capture_output=True, text=True, timeout=PULUMI_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise OutputsError(
            "no `pulumi` on PATH: give a JSON file of the outputs instead"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise OutputsError(f"`{' '.join(command)}` took over {PULUMI_SECONDS} s") from error
    if ended.returncode:
        raise OutputsError(f"`{' '.join(command)}` failed: {ended.stderr.strip()[-500:]}")
    try:
        told = _decoded(ended.stdout or "{}")
    except ValueError as error:
        raise OutputsError(f"`{' '.join(command)}` printed no JSON ({error})") from error
    if not isinstance(told, dict):
        raise OutputsError(f"`{' '.join(command)}` printed no JSON object")
    if not told:
        raise OutputsError("the stack has no outputs yet: run `pulumi up` first")
    return told


def _decoded(text: str) -> Any:
    """JSON. Raises `ValueError`, also where it is too deep to be outputs."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
