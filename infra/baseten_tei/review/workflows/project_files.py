"""What workflows have to know of a project, read from its folder and its git repository."""

import re
from pathlib import Path

from baseten_tei import __version__
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text_if_there, read_yaml
from baseten_tei.program.python.python_options import TOOLS, parse_python_options
from baseten_tei.project import git
from baseten_tei.review.forges.folders import workflow_name
from baseten_tei.review.workflows.python_setup import REQUIREMENTS, find_setup
from baseten_tei.review.workflows.render_workflows import Project

_FILES = ("pyproject.toml", *REQUIREMENTS)
_FOLDER = re.compile(r"[\w./-]*")
_BRANCH = re.compile(r"# Written by baseten-tei .* --branch ([\w./-]+)`")


def read_project(root: Path, repository: Path, branch: str | None) -> Project:
    """Return a project; `branch` is the one whose merges are deployed, if it is known. Raises `UserError`."""
    folder = git.folder_in_repository(root)
    if not _FOLDER.fullmatch(folder):
        raise UserError(
            f"{folder!r}, the project's folder, cannot be in a workflow: use letters, digits, `.`, `_` and `-`"
        )
    document = read_yaml(root / "Pulumi.yaml", "Pulumi.yaml")
    described = document if isinstance(document, dict) else {}
    program = str(described.get("main") or "").strip("./")
    locks = {tool: _find_upwards(f"{tool}.lock", root, repository) for tool in TOOLS}
    options = parse_python_options(document, {tool: it is not None for tool, it in locks.items()})
    version = _find_upwards(".python-version", root, repository)
    found = [it for it in (*locks.values(), version) if it]
    setup = find_setup(options, {**_texts(root, program), **_by_name(found)}, __version__, program)
    pins = (locks[options.tool] if options.tool else None) or root / setup.requirements
    requirements = pins.resolve().relative_to(repository.resolve()).as_posix()
    runtime = described.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    return Project(
        folder, branch or find_branch(root, repository), setup, requirements, str(language)
    )


def find_branch(root: Path, repository: Path) -> str:
    """Return the branch that the workflows have already, or else the remote repository's."""
    name = workflow_name(git.folder_in_repository(root))
    written = read_text_if_there(repository / ".github" / "workflows" / f"{name}-deploy.yml")
    known = _BRANCH.match(written or "")
    return known[1] if known else git.default_branch(root) or "main"


def _texts(root: Path, program: str) -> dict[str, str]:
    names = (*_FILES, *(f"{program}/{name}" for name in REQUIREMENTS if program))
    texts = {name: read_text_if_there(root / name, name) for name in names}
    return {name: text for name, text in texts.items() if text is not None}


def _by_name(paths: list[Path]) -> dict[str, str]:
    return {path.name: read_text_if_there(path) or "" for path in paths}


def _find_upwards(name: str, root: Path, repository: Path) -> Path | None:
    """Return a file of the project, or of the workspace in whose folder it is."""
    top = repository.resolve()
    folders = [it for it in (root.resolve(), *root.resolve().parents) if it.is_relative_to(top)]
    return next((it / name for it in folders if (it / name).is_file()), None)
