"""`truss_configs/<stack>/<model>/config.yaml`: written when changed, checked in CI, removed with the model."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from baseten_tei.deployment.config.config_yaml import MARK
from baseten_tei.deployment.differences import find_changed_paths
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import read_text_if_there
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.facts.files.yaml_reader import parse_yaml
from baseten_tei.facts.hub.lockfile import FOLDER as LOCKS
from baseten_tei.facts.hub.lockfile import Key, parse_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.project.git import repository_of

FOLDER = "truss_configs"


def config_path(root: Path, stack: str, name: str) -> Path:
    """Return where a model's config stands."""
    return root / FOLDER / stack / name / "config.yaml"


def write_if_changed(path: Path, text: str) -> bool:
    """Write a config unless it stands there already; whether it was written."""
    if _read(path) == text:
        return False
    write_whole(path, text)
    return True


def stale_problem(path: Path, text: str, root: Path) -> str | None:
    """Return why a committed config is not the one the stack generates; `None` where it is.

    Which version of this package wrote it does not matter.
    """
    found = _read(path)
    if found is not None and _content(found) == _content(text):
        return None
    where = path.relative_to(root)
    if found is None:
        return f"{where} is missing: run `baseten-tei generate` and commit it"
    field = "a derived part" if path.suffix == ".md" else _first_difference(found, text)
    return f"{where} is stale at {field}: run `baseten-tei generate` and commit it"


def read_lock(root: Path, stack: str) -> str:
    """Return the text of a stack's lock file; empty where nothing is locked."""
    name = f"{LOCKS}/{stack}.yaml"
    return read_text_if_there(root / name, name) or ""


def locked_facts(root: Path, stack: str) -> dict[Key, ModelFacts]:
    """Return a stack's locked facts. Raises `UserError` that names the file."""
    text = read_lock(root, stack)
    with naming(f"{LOCKS}/{stack}.yaml"):
        return parse_lock(text)


def orphans(root: Path, stack: str, names: Iterable[str]) -> list[Path]:
    """Return generated configs of models that the stack no longer has."""
    folder = root / FOLDER / stack
    wanted = set(names)
    found = sorted(folder.glob("*/config.yaml")) if folder.is_dir() else []
    return [p for p in found if p.parent.name not in wanted and (_read(p) or "").startswith(MARK)]


def remove(path: Path) -> None:
    """Remove a generated config, and its folder if nothing else is in it."""
    try:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise UserError(
            f"{path}: could not be removed ({error.strerror}): check the permissions"
        ) from error


def link_project(root: Path, folder: Path, without: Collection[str]) -> None:
    """Make `folder` the same project by links: all but what is named, and the stacks' configurations."""
    inside = folder.resolve()
    for entry in root.resolve().iterdir():
        if inside.is_relative_to(entry):  # it would link to itself
            continue
        if entry.name not in without and not entry.match("Pulumi.*.yaml"):
            (folder / entry.name).symlink_to(entry)


def link_with_surroundings(root: Path, folder: Path, without: Collection[str]) -> Path:
    """Make the same project by links below `folder`, with the rest of its git repository; return where it is there.

    So a workspace's packages, and an environment that several projects share, are where they were.
    """
    here, there = (repository_of(root) or root).resolve(), folder
    for part in root.resolve().relative_to(here).parts:
        for entry in here.iterdir():
            if entry.name not in (part, ".git"):
                (there / entry.name).symlink_to(entry)
        here, there = here / part, there / part
        there.mkdir()
    link_project(here, there, without)
    return there


def _read(path: Path) -> str | None:
    return read_text_if_there(path)


def _content(text: str) -> str:
    """Return a file without the line that says what wrote it."""
    return text.partition("\n")[2] if text.startswith(MARK) else text


def _first_difference(found: str, wanted: str) -> str:
    try:
        old, new = parse_yaml(found), parse_yaml(wanted)
    except UserError:
        return "a line that is not valid YAML"
    if not isinstance(old, Mapping):
        return "its first line"
    paths: list[str] = find_changed_paths(_both(old), _both(new))
    return paths[0].removeprefix("config.") if paths else "a comment"


def _both(config: Mapping[str, Any]) -> dict[str, Any]:
    """Nested one deeper, so that keys that only one of two configs has count as well."""
    return {"config": config}
