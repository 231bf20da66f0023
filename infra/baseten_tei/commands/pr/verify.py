"""`baseten-tei pr verify`: whether an `up` would do just what was reviewed."""

from pathlib import Path

import click

from baseten_tei.commands.pr.report import read_preview
from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import FILE, on_a_stack
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.project.stack import Workspace
from baseten_tei.review.report.approval_marks import compute_marks, find_not_reviewed, read_marks
from baseten_tei.review.report.before_and_after import model_changes
from baseten_tei.review.report.engine_preview import Preview
from baseten_tei.review.report.sections.renames import join_renamed


def find_problems(stack: str, preview: Preview, comment: str) -> list[str]:
    """Return what this `up` would change although the comment does not say just that, a line each."""
    of_up = compute_marks(stack, preview, join_renamed(model_changes(preview)))
    known = read_marks(comment, stack)
    if known is None and of_up:
        return [
            f"stack {stack!r}: no review of it is in the comment: open a pull request, and merge it after its report"
        ]
    return [
        f"stack {stack!r}: {name} would change in a way that was not reviewed: preview it in a pull request of its own"
        for name in find_not_reviewed(of_up, known or ())
    ]


@click.command(name="verify")
@click.option(
    "--comment", type=FILE, required=True, help="The report in Markdown, as it was posted."
)
@click.option("--preview", "file", type=FILE, help="A preview made before, as JSON.")
@on_a_stack
def command(root: Path, stack: str, comment: Path, file: Path | None) -> int:
    """Refuse an `up` that would do more than was reviewed.

    The comment is the pull request's report: it holds a mark for each change that its readers saw. The preview is made
    now, against the real state, or read from a file. Exits with 1 where a change was not reviewed, a line each.
    """
    Workspace(root, stack).check()
    reviewed = read_text(comment)
    preview = read_preview(root, stack, file)
    if preview.errors:
        raise UserError(*preview.errors)
    found = find_problems(stack, preview, reviewed)
    click.echo("\n".join(found) or "everything that would change was reviewed")
    return FINDING if found else 0
