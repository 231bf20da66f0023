"""Files that `status` reads: what a stack is made of, its state in a folder, and what was worked out before."""

import gzip
import io
import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json
from baseten_tei.facts.files.read_files import LARGEST_BYTES, is_there, read_bytes
from baseten_tei.project.state_shape import check_deployment

_PACKAGE = Path(__file__).parents[2]
_KEPT = 8
"""Results that are kept, the newest ones: one for each stack somebody works at."""


def fingerprint(root: Path, stack: str) -> str:
    """Return 16 hex digits for everything that decides what a stack's program registers: its files, and this code."""
    told = sha256(f"{sys.version} {root.resolve()} {stack}".encode())
    for path in _inputs(root, stack):
        told.update(f"\0{path.name}\0".encode())
        told.update(path.read_bytes() if path.is_file() else b"")
    for folder, _, names in os.walk(_PACKAGE):
        for name in sorted(names):
            if name.endswith(".py"):
                found = Path(folder, name).stat()
                told.update(f"{name} {found.st_size} {found.st_mtime_ns}".encode())
    return told.hexdigest()[:16]


def _inputs(root: Path, stack: str) -> Iterator[Path]:
    yield from (
        root / "Pulumi.yaml",
        root / f"Pulumi.{stack}.yaml",
        root / "locks" / f"{stack}.yaml",
    )
    yield from sorted((root / "golden" / stack).glob("*.json"))


def local_state(
    root: Path, project: str, stack: str, configured: str | None, environ: Mapping[str, str]
) -> Mapping[str, Any] | None:
    """Return `checkpoint.latest` of a stack whose backend is a folder; `None` for any other backend.

    `configured` is `backend.url` of Pulumi.yaml; `PULUMI_BACKEND_URL` goes before it.
    """
    chosen = environ.get("PULUMI_BACKEND_URL")
    url = chosen or configured or ""
    if not url.startswith("file://"):
        return None
    path = Path(url.removeprefix("file://").partition("?")[0]).expanduser()
    file = (
        (Path.cwd() if chosen else root) / path / ".pulumi" / "stacks" / project / f"{stack}.json"
    )
    for found, unzip in ((file, False), (file.with_suffix(".json.gz"), True)):
        if is_there(found):
            content = read_bytes(found)
            with naming(found):
                return _latest(_unzip(content) if unzip else content)
    return None


def _latest(content: bytes) -> Mapping[str, Any]:
    """Return what a state's file holds of its stack. Raises `UserError` without the file's name."""
    state = parse_json(content)
    checkpoint = state.get("checkpoint") if isinstance(state, dict) else None
    latest = (checkpoint.get("latest") or {}) if isinstance(checkpoint, dict) else None
    check_deployment(latest)
    return latest or {}


def _unzip(content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as file:
            text = file.read(LARGEST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"cannot be unpacked ({error}): check the backend") from error
    if len(text) > LARGEST_BYTES:
        raise UserError(f"is larger than {LARGEST_BYTES >> 20} MiB: check the backend")
    return text


def recall(key: str, environ: Mapping[str, str]) -> Any:
    """Return what `remember` kept under this key; `None` where there is nothing, or nothing to read."""
    try:
        return parse_json(read_bytes(_folder(environ) / f"{key}.json"))
    except UserError:
        return None


def remember(key: str, value: Any, environ: Mapping[str, str]) -> None:
    """Keep it, for this user alone; where that is not possible the next time takes as long as this one."""
    folder = _folder(environ)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{key}.{os.getpid()}"
        path.touch(mode=0o600)
        path.write_text(json.dumps(value), encoding="utf-8")
        path.replace(folder / f"{key}.json")
        every = sorted(folder.glob("*.json"), key=lambda it: it.stat().st_mtime)
        for old in every[:-_KEPT]:
            old.unlink()
    except OSError:
        return


def _folder(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "baseten-tei" / "status"
