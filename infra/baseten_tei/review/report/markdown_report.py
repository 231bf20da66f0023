"""The comment: a heading per stack that changes, what blocks it, a row per model, and the details, folded.

Never longer than GitHub accepts. Rows of the largest changes come first, then their details, while there is room;
the rest is counted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from baseten_tei.review.forges.report_comment import MARKER
from baseten_tei.review.report.approval_marks import format_marks
from baseten_tei.review.report.markdown_blocks import (
    contract_block,
    model_details,
    model_row,
    no_change_line,
    stack_head,
    table_head,
    total_rows,
)
from baseten_tei.review.report.report_data import ChangeReport, ModelReport, StackReport
from baseten_tei.review.report.wording import format_counts, rank_models

LIMIT = 65_000
"""GitHub refuses more than 65,536 characters."""
_ROWS_SHARE = 0.6
"""Of the room that headings leave, what rows may take before details begin."""


@dataclass(frozen=True)
class _Piece:
    stack: str
    model: ModelReport
    row: str
    details: str


def render_markdown(report: ChangeReport, limit: int = LIMIT) -> str:
    """Return the whole comment, at most `limit` characters."""
    marks = [line for it in report.stacks if (line := format_marks(it, len(report.stacks)))]
    changing = [it for it in report.stacks if it.changes or it.is_blocked]
    same = no_change_line([it.stack for it in report.stacks if not (it.changes or it.is_blocked)])
    blocks = ["\n".join([MARKER, *marks]), contract_block(report.contract), same]
    top = "\n\n".join(block for block in blocks if block)
    heads = _fit_heads(changing, limit - len(top) - 200)
    shown = [stack for stack in changing if stack.stack in heads]
    room = limit - len(top) - sum(map(len, heads.values())) - 200
    rows, folded = _choose_pieces(list(_pieces(shown)), room)
    sections = [_section(stack, heads[stack.stack], rows, folded) for stack in shown]
    left = len(changing) - len(shown)
    rest = [f"… and {left} more stacks, which do not fit here."] if left else []
    return "\n\n".join([top, *sections, *rest]) + "\n"


def _fit_heads(stacks: Sequence[StackReport], room: int) -> dict[str, str]:
    """Return the headings of as many stacks as fit, blocked ones first."""
    heads: dict[str, str] = {}
    for stack in sorted(stacks, key=lambda it: not it.is_blocked):
        head = stack_head(stack, max(2, 30 // len(stacks)))
        room -= len(head) + len(_frame(stack))
        if room >= 0:
            heads[stack.stack] = head
    return heads


def _frame(stack: StackReport) -> str:
    """Return what a section has besides its heading, rows and details, at its longest."""
    return f"{_table(stack, [])}\n{_rest(stack, list(stack.models))}\n\n\n"


def _pieces(stacks: Iterable[StackReport]) -> Iterator[_Piece]:
    for stack in stacks:
        for model in rank_models(it for it in stack.models if it.changes):
            yield _Piece(stack.stack, model, model_row(stack, model), model_details(stack, model))


def _choose_pieces(pieces: list[_Piece], room: int) -> tuple[list[_Piece], list[_Piece]]:
    """Return the pieces with a row, and those with details, too."""
    rows: list[_Piece] = []
    left = int(room * _ROWS_SHARE)
    for piece in pieces:
        if (left := left - len(piece.row) - 1) < 0:
            break
        rows.append(piece)
    room -= sum(len(piece.row) + 1 for piece in rows)
    folded = []
    for piece in rows:
        if len(piece.details) + 2 <= room:
            folded.append(piece)
            room -= len(piece.details) + 2
    return rows, folded


def _section(stack: StackReport, text: str, rows: list[_Piece], folded: list[_Piece]) -> str:
    own = [piece for piece in rows if piece.stack == stack.stack]
    shown = {piece.model.name for piece in own}
    hidden = [it for it in stack.models if it.name not in shown]
    blocks = [
        text,
        _table(stack, own) if own else "",
        _rest(stack, hidden),
        *(piece.details for piece in folded if piece.stack == stack.stack),
    ]
    return "\n\n".join(block for block in blocks if block)


def _table(stack: StackReport, pieces: list[_Piece]) -> str:
    return "\n".join([table_head(stack), *(piece.row for piece in pieces), *total_rows(stack)])


def _rest(stack: StackReport, hidden: list[ModelReport]) -> str:
    """Return the counts of models without a row."""
    if not hidden or stack.errors:
        return ""
    return (
        f"{'Not shown' if len(hidden) < len(stack.models) else 'Models'}: {format_counts(hidden)}."
    )
