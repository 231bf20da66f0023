"""A repository of the Hub as TEI reads it: JSON files by path, weight files, gated or not.

Everything that decides a start comes from here, whether the repository was taught to the emulator, is in its table of
models, or was guessed (`known_repositories` writes the files of the last two).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any

from baseten_emulator.tei.http.positions import position_of
from baseten_emulator.tei.http.serde import Decoder, Members, MismatchError
from baseten_emulator.tei.outcome import startup_error

NO_SUCH_FILE = "No such file or directory (os error 2)"
WEIGHT_FILES: Mapping[str, tuple[str, ...]] = {
    "safetensors": ("model.safetensors",),
    "sharded-safetensors": (
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    ),
    "pytorch": ("pytorch_model.bin",),
    "onnx": ("onnx/model.onnx",),
    "none": (),
}
"""What each format's files are called, as `save_pretrained` and optimum write them."""

_BYTES = {"F64": 8, "F32": 4, "I8": 1, "F8_E4M3": 1}


@dataclass(frozen=True)
class Weights:
    """The tensors: total size of their files in bytes, dtype, rows of a classifier's weight."""

    format: str = "safetensors"
    bytes: int = 0
    dtype: str = "F32"
    labels: int | None = None
    """Rows of `classifier.weight`; None: as many as the config has labels."""
    tensors: Mapping[str, Sequence[int]] | None = None
    """Each tensor's shape; None: those that the model asks for."""

    def bytes_loaded_as(self, dtype: str) -> int:
        """Return their size once converted to TEI's `--dtype`."""
        return self.bytes * (4 if dtype == "float32" else 2) // _BYTES.get(self.dtype, 2)


@dataclass(frozen=True)
class Repository:
    """Files by path; a path that is not there is absent, `tokenizer.json` is only ever True."""

    repo_id: str
    files: Mapping[str, Any]
    weights: Weights = Weights()
    gated: bool = False
    guessed: bool = False
    weight_files: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, repo_id: str, files: Mapping[str, Any], gated: bool = False) -> "Repository":
        """Return a repository as it is taught, path to content: null and false are absent, `weights` is not a file."""
        weights = Weights(**files.get("weights", {}))
        given = {k: v for k, v in files.items() if k != "weights" and v not in (None, False)}
        present = {name: _read_text(content) for name, content in given.items()}
        named = dense_paths(present.get("modules.json"))
        dense = (f"{path}/model.safetensors" for path in named if f"{path}/config.json" in present)
        there = (name for name in dense if files.get(name) is not False)
        weight_files = (*WEIGHT_FILES[weights.format], *there)
        return cls(repo_id, present, weights, gated, weight_files=weight_files)

    def has(self, path: str) -> bool:
        """Return whether the file is there."""
        return path in self.files or path in self.weight_files

    def read(self, path: str, decoder: Decoder) -> Any:
        """Return a decoded JSON file, None where it is absent. Raises BootError in serde_json's words.

        Its positions are those in a file as transformers writes it: with two blanks of indentation.
        """
        if not self.has(path):
            return None
        try:
            return decoder(self.files[path])
        except MismatchError as mismatch:
            text = json.dumps(self.files[path], indent=2, ensure_ascii=False)
            reason = f"{mismatch.reason} at {position_of(mismatch, text)}"
            raise startup_error(f"Failed to parse `{path}`", reason) from mismatch

    def filter_files(self, ignored: Sequence[str], allowed: Sequence[str]) -> "Repository":
        """Return the repository in a directory, after a download with these glob patterns."""

        def is_wanted(path: str) -> bool:
            return (not allowed or _matches(path, allowed)) and not _matches(path, ignored)

        return replace(
            self,
            files={path: content for path, content in self.files.items() if is_wanted(path)},
            weight_files=tuple(filter(is_wanted, self.weight_files)),
        )


def _read_text(content: Any) -> Any:
    """Return a file that is given as its text, where a name may be there twice; another text is what it is."""
    if not isinstance(content, str):
        return content
    try:
        value = json.loads(content, object_pairs_hook=Members)
    except (ValueError, RecursionError):
        return content
    return value if isinstance(value, dict | list) else content


def dense_paths(modules: Any) -> tuple[str, ...]:
    """Return the folders of the Dense modules that a `modules.json` names, in their order."""
    entries = modules if isinstance(modules, list) else []
    return tuple(
        str(entry.get("path", ""))
        for entry in entries
        if isinstance(entry, dict) and entry.get("type") == "sentence_transformers.models.Dense"
    )


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)
