"""`golden/<stack>/<model>.json`: named by the program with the digest of its content, read by the provider."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_bytes_if_there
from baseten_tei.project.selection import project_folder

FOLDER = "golden"


def golden_path(stack: str, model: str) -> str:
    """Return where a model's golden vectors stand, from the project's root."""
    return f"{FOLDER}/{stack}/{model}.json"


def golden_input(root: Path, stack: str, model: str) -> dict[str, str] | None:
    """Return an Environment's input for a model's golden vectors: `path` and `digest`; `None` without any."""
    path = golden_path(stack, model)
    content = read_golden(root, path)
    return None if content is None else {"path": path, "digest": digest_of(content)}


def golden_content(root: Path, golden: Mapping[str, str]) -> bytes:
    """Return the file that `golden_input` named. Raises `UserError` if it is missing or was changed."""
    path, digest = golden["path"], golden["digest"]
    content = read_golden(root, path)
    if content is None:
        raise UserError(f"{path} is missing: take it back from git, or run `baseten-tei golden`")
    if (found := digest_of(content)) != digest:
        raise UserError(
            f"{path} is {found} and was {digest} when this update was planned: run `pulumi up` again"
        )
    return content


def read_golden(root: Path, path: str) -> bytes | None:
    """Return the content of a golden file; `None` where there is none."""
    return read_bytes_if_there(root / path, path)


def digest_of(content: bytes) -> str:
    """Return 16 hex digits that name a file's content."""
    return sha256(content).hexdigest()[:16]


def project_root(folder: Path) -> Path:
    """Return the project that holds a folder: providers run in the program's own (`main:` in Pulumi.yaml).

    Raises `UserError` outside of a project.
    """
    return project_folder(None, folder)
