"""`python -m baseten_tei.commands.reviewed --comment FILE --stack NAME`:
whether an `up` would do just what was reviewed.

The comment is the pull request's report: it holds a mark for each change that its readers saw. The preview is made
now, against the real state, or read from a file. Exit code 0 where every change was reviewed, 1 where one was not
(a line each), 2 where that cannot be told.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.commands.report import read_preview
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.review.marks.comment_marks import not_reviewed, reviewed_marks
from baseten_tei.review.marks.marks import changes, marks
from baseten_tei.review.report.before_and_after import pairs
from baseten_tei.review.report.preview import Preview
from baseten_tei.review.report.renames import with_heirs


def problems(stack: str, preview: Preview, comment: str) -> list[str]:
    """What this `up` would change although the comment does not say just that, a line each."""
    of_up = marks(stack, changes(preview, with_heirs(pairs(preview))))
    known = reviewed_marks(comment, stack)
    if known is None and of_up:
        return [
            f"stack {stack!r}: no review of it is in the comment: open a pull request, and merge it after its report"
        ]
    return [
        f"stack {stack!r}: {name} would change in a way that was not reviewed: preview it in a pull request of its own"
        for name in not_reviewed(of_up, known or ())
    ]


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and refuse by the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.reviewed", description=__doc__
    )
    parser.add_argument("--comment", type=Path, required=True, help="the report's Markdown")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--preview", type=Path, help="a preview made before, as JSON")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="folder of Pulumi.yaml")
    arguments = parser.parse_args(argv)
    comment = read_text(arguments.comment)
    preview = read_preview(arguments.root, arguments.stack, arguments.preview)
    if preview.errors:
        raise UserError(*preview.errors)
    found = problems(arguments.stack, preview, comment)
    print("\n".join(found) or "everything that would change was reviewed")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
