"""The workflow files of a project, from the templates of this package. Pure but for reading those."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from baseten_tei.review.forges.folders import at_folder, workflow_name
from baseten_tei.review.workflows.python_setup import PythonSetup
from baseten_tei.review.workflows.written_file import WantedFile, mark

_TEMPLATES = Path(__file__).with_name("templates")
_PLACE = re.compile(r"<<(\w+)>>")
_OWN_LINE = re.compile(r"^( *(?:- )?)<<(\w+)>>\n", re.MULTILINE)
GITLAB_CI = ".gitlab-ci.yml"


@dataclass(frozen=True)
class Project:
    """What workflows have to know of a project."""

    folder: str
    """Of Pulumi.yaml, below the git repository; empty where it is the repository's own."""
    branch: str
    setup: PythonSetup
    requirements: str
    """The file that pins the packages, below the git repository."""
    runtime: str = "python"

    @property
    def name(self) -> str:
        """What the names of its workflows and jobs begin with."""
        return workflow_name(self.folder)


def render_workflows(forge: str, project: Project, version: str) -> list[WantedFile]:
    """Return a forge's files for a project."""
    command = f"baseten-tei pr init --{forge}"
    if forge == "github":
        command += f" --branch {project.branch}"
    values = _values(project, forge)
    return [
        mark(
            _target(forge, path.stem, project),
            _fill(path.read_text("utf-8"), values),
            version,
            command,
        )
        for path in sorted((_TEMPLATES / forge).glob("*.yml"))
    ]


def included_path(project: Project) -> str:
    """Return the file that a `.gitlab-ci.yml` has to include."""
    return f".gitlab/{project.name}.yml"


def include_text(project: Project) -> str:
    """Return the `.gitlab-ci.yml` of a repository that has none."""
    return f"include:\n  - local: {included_path(project)}\n"


def _target(forge: str, name: str, project: Project) -> str:
    if forge == "gitlab":
        return included_path(project)
    return f".github/workflows/{project.name}-{name}.yml"


def _values(project: Project, forge: str) -> dict[str, list[str]]:
    setup, folder = project.setup, f"{project.folder}/" if project.folder else ""
    own = f".github/workflows/{project.name}-*.yml"
    patterns = (f"{folder}**", own) if forge == "github" else (f"{folder}**/*",)
    return {
        "name": [project.name],
        "at_folder": [at_folder(project.folder)],
        "branch": [project.branch],
        "folder": [folder],
        "paths": [f"paths: [{', '.join(map(repr, patterns))}]"] if folder else [],
        "changes": [f"changes: [{', '.join(map(repr, patterns))}]"] if folder else [],
        "working_directory": [f"working-directory: {project.folder}"] if folder else [],
        "enter": [f"cd {project.folder}"] if folder else [],
        "python": [setup.version],
        "install": list(setup.install),
        "program": [] if project.runtime == "python" else ["pulumi install"],
        "run": [setup.run],
        "pulumi": [setup.pulumi],
        "requirements": [project.requirements],
        "cache": [setup.cache],
    }


def _fill(template: str, values: Mapping[str, list[str]]) -> str:
    """Return a template with its places filled; one that is alone on a line takes several lines, or none."""

    def lines(place: re.Match[str]) -> str:
        return "".join(f"{place[1]}{line}\n" for line in values[place[2]])

    return _PLACE.sub(lambda it: "".join(values[it[1]]), _OWN_LINE.sub(lines, template))
