"""Marks within a comment: written by the report, read again before the merge is applied."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence

from baseten_tei.review.approvals.change_marks import find_unreviewed
from baseten_tei.review.report.report_data import StackReport

MOST = 1_000
"""Marks that one comment lists one by one, 17 characters each; a stack with more than its share has one for all."""

_LINE = re.compile(
    r"^<!-- baseten-tei:reviewed (?P<stack>[A-Za-z0-9_.-]+)(?P<marks>(?: (?:all=)?[A-Za-z0-9+/]{16})*) -->$",
    re.MULTILINE,
)


def format_marks(stack: StackReport, stacks: int = 1) -> str:
    """What was reviewed of one of `stacks`, as a comment that nobody sees; empty where its preview stopped."""
    if stack.errors:
        return ""
    listed = (
        stack.marks
        if len(stack.marks) <= MOST // stacks
        else (f"all={_combine_marks(stack.marks)}",)
    )
    return f"<!-- {' '.join(['baseten-tei:reviewed', stack.stack, *listed])} -->"


def read_marks(comment: str, stack: str) -> tuple[str, ...] | None:
    """The marks that a comment holds for a stack; `None` where the stack was not reviewed at all."""
    found = [it["marks"].split() for it in _LINE.finditer(comment) if it["stack"] == stack]
    return tuple(found[0]) if len(found) == 1 else None


def find_not_reviewed(of_up: Mapping[str, str], reviewed: Sequence[str]) -> list[str]:
    """What an `up` would change although the comment does not hold just that."""
    if reviewed and reviewed[0] == f"all={_combine_marks(list(of_up.values()))}":
        return []
    return find_unreviewed(of_up, reviewed)


def _combine_marks(marks: Sequence[str]) -> str:
    joined = " ".join(sorted(marks))
    return base64.b64encode(hashlib.sha256(joined.encode()).digest()[:12]).decode()
