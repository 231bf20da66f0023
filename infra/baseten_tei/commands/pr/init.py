"""`baseten-tei pr init`: the workflows that run the other commands, written into a project."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from baseten_tei import __version__
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import in_a_project
from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import read_text_if_there
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.project import git
from baseten_tei.review.workflows.project_files import read_project
from baseten_tei.review.workflows.render_workflows import (
    GITLAB_CI,
    Project,
    include_text,
    included_path,
    render_workflows,
)
from baseten_tei.review.workflows.written_file import (
    State,
    WantedFile,
    check_release,
    compare,
    show_difference,
)

NEXT = (
    "commit them, and give the environments `preview`, `drift` and those with a stack's name their secrets: "
    "BASETEN_API_KEY, PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE or PULUMI_ACCESS_TOKEN, HF_ACCESS_KEY"
)


def choose_forges(github: bool, gitlab: bool, address: str) -> list[str]:
    """Return the forges that are named, or else the one of the remote repository. Raises `UserError`."""
    if named := [name for name, it in (("github", github), ("gitlab", gitlab)) if it]:
        return named
    host = re.search(r"(?:@|//)([^/:@]+)(?=[/:])", address.lower())
    if found := [name for name in ("github", "gitlab") if host and name in host[1]]:
        return found
    raise UserError(
        "the address of the remote `origin` does not say where this repository is: write --github or --gitlab"
    )


def check(repository: Path, wanted: Iterable[WantedFile], command: str) -> list[str]:
    """Return what is behind, a line each; nothing is written."""
    states = {it.path: compare(_read(repository, it), it) for it in wanted}
    return [
        f"{path} {state.value}: run `{command}` and commit it"
        for path, state in states.items()
        if state not in (State.SAME, State.EDITED)
    ]


def write(
    repository: Path, wanted: Iterable[WantedFile], command: str, force: bool
) -> Iterator[str]:
    """Write what is missing or behind, a line each. Raises `UserError`, before any, where a user's edits would go."""
    states = [(it, compare(_read(repository, it), it)) for it in wanted]
    conflicts = [it for it, state in states if state is State.IN_CONFLICT]
    if conflicts and not force:
        for it in conflicts:
            click.echo("\n".join(show_difference(_read(repository, it) or "", it)))
        raise UserError(*(_conflict(it.path, command) for it in conflicts))
    for it, state in states:
        if state is State.EDITED and not force:
            yield f"kept {it.path}: it {state.value}"
        elif state is not State.SAME:
            write_whole(repository / it.path, it.text)
            yield f"wrote {it.path}"


def _conflict(path: str, command: str) -> str:
    return (
        f"{path} has edits, and was not written: take over what you want of the lines above, the first line too, "
        f"or run `{command} --force` to lose the edits"
    )


def include(repository: Path, project: Project, *, only_check: bool) -> str | None:
    """Return what GitLab's own file lacks to run the jobs, or that it was written; `None` where it has all."""
    text = read_text_if_there(repository / GITLAB_CI, GITLAB_CI)
    if text is None and not only_check:
        write_whole(repository / GITLAB_CI, include_text(project))
        return None
    if text is not None and included_path(project) in text:
        return None
    line = f"include: [{{local: {included_path(project)}}}]"
    return f"{GITLAB_CI} does not include {included_path(project)}: write `{line}` into it"


def _read(repository: Path, wanted: WantedFile) -> str | None:
    text = read_text_if_there(repository / wanted.path, wanted.path)
    with naming(wanted.path):
        check_release(text or "")
    return text


@click.command(name="init")
@click.option("--github", is_flag=True, help="Workflows in .github/workflows.")
@click.option("--gitlab", is_flag=True, help="Jobs in .gitlab, which .gitlab-ci.yml includes.")
@click.option(
    "--branch",
    metavar="BRANCH",
    help="The branch whose merges GitHub deploys.  [default: as written before, or the remote's, or main]",
)
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; exit with 1 if a file is behind."
)
@click.option("--force", is_flag=True, help="Write files that were edited, too.")
@in_a_project
def command(
    root: Path, github: bool, gitlab: bool, branch: str | None, only_check: bool, force: bool
) -> int:
    """Write the workflows of GitHub or GitLab into the project.

    They check, preview, rehearse and report each change, deploy what was merged, and compare every night. Without
    --github and --gitlab the address of the remote decides. Run it again with each new version: a file that nobody
    edited is brought up to date. Exits with 1 where something is left to do.
    """
    repository = git.repository_of(root)
    if repository is None:
        raise UserError(f"{root} is not in a git repository: run `git init` first")
    project = read_project(root, repository, branch)
    done: list[str] = []
    left: list[str] = []
    for forge in choose_forges(github, gitlab, git.remote_address(root)):
        again = f"baseten-tei pr init --{forge}"
        wanted = render_workflows(forge, project, __version__)
        if only_check:
            left += check(repository, wanted, again)
        else:
            done += write(repository, wanted, again, force)
        if forge == "gitlab" and (problem := include(repository, project, only_check=only_check)):
            left.append(problem)
    written = any(line.startswith("wrote") for line in done)
    click.echo(
        "\n".join([*done, *([NEXT] if written else []), *left]) or "the workflows are up to date"
    )
    return FINDING if left else 0
