"""A copy of a project in a folder of its own: its files, a stack with an empty state, none of its credentials.

A preview there runs the project's own program; the project's folder and its state are only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from baseten_tei.errors import UserError
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.outputs.formats.yaml_text import yaml_text
from baseten_tei.project import generated_files, pulumi_cli
from baseten_tei.project.copies.credential_free import credential_free_environment
from baseten_tei.project.copies.secure_values import placeholders, without_secure_values
from baseten_tei.project.stack import Workspace

STATE = ".state"
_LEFT_OUT = (STATE, ".git")


@dataclass(frozen=True)
class ThrowawayProject:
    """A stack to preview. It holds no secret."""

    folder: Path
    stack: str
    environment: Mapping[str, str]
    """The whole environment of a `pulumi` in the folder."""

    def pulumi(self, *arguments: str) -> str:
        """Run `pulumi` there and return what it prints. Raises `UserError`."""
        return pulumi_cli.run(self.folder, self.stack, *arguments, environment=self.environment)


def make_copy(
    workspace: Workspace, known: Mapping[str, str], folder: Path, environ: Mapping[str, str]
) -> ThrowawayProject:
    """Return the copy; `known` are the digests of secrets that a snapshot has. Raises `UserError`."""
    folder = _link(workspace, folder)
    backend = folder / STATE
    backend.mkdir(mode=0o700)
    made = ThrowawayProject(
        folder, workspace.stack, credential_free_environment(environ, f"file://{backend}")
    )
    _configure(made, workspace, known)
    return made


def _configure(made: ThrowawayProject, workspace: Workspace, known: Mapping[str, str]) -> None:
    """Write the stack's file with a placeholder, again a secret, in place of each secret; make the stack."""
    write_whole(
        made.folder / workspace.path.name, yaml_text(without_secure_values(workspace.config))
    )
    made.pulumi("stack", "init", "--no-select", "--secrets-provider", "passphrase")
    if secrets := placeholders(workspace.config, known):
        words = [word for place, it in secrets.items() for word in ("--secret", f"{place}={it}")]
        made.pulumi("config", "set-all", "--path", *words)


def _link(workspace: Workspace, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if left := sorted(it.name for it in folder.iterdir()):
        raise UserError(f"{folder} is not empty (it holds {left[0]}): name another folder")
    return generated_files.link_with_surroundings(workspace.root, folder, _LEFT_OUT)
