"""How a stack stands whose program registers its models: the engine's own preview says it."""

from pathlib import Path

from baseten_tei.errors import UserError, naming
from baseten_tei.operations.status.engine_changes import EngineChange, find_changed_inputs
from baseten_tei.operations.status.stack_status import StackStatus
from baseten_tei.project.program_run import preview_program, stop_line
from baseten_tei.project.urns import is_ours, kind_of, name_of
from baseten_tei.review.report.engine_preview import Preview, parse_preview
from baseten_tei.review.report.preview_shape import Step
from baseten_tei.spec.type_tokens import COMPONENTS

_OPS = {"create": "create", "update": "update", "replace": "update", "delete": "delete"}
"""The engine's steps; the others are parts of a replacement, or change nothing."""


def preview_status(root: Path, stack: str) -> StackStatus:
    """Return what `pulumi up` would change. Raises `UserError` where a preview would stop."""
    text = preview_program(root, stack)
    with naming(f"the preview of stack {stack!r}"):
        preview = parse_preview(text)
    if any(line.startswith("Traceback ") for line in preview.errors):
        raise UserError(stop_line(stack, preview.errors))
    if preview.errors:
        raise UserError(*preview.errors)
    return status_of_preview(stack, preview)


def status_of_preview(stack: str, preview: Preview) -> StackStatus:
    """Return what a preview says of this package's resources; the program's other ones are left out."""
    ours = [step for step in preview.steps if is_ours(step.urn)]
    models = {it.urn for it in ours if it.new and kind_of(it.urn).startswith(COMPONENTS)}
    changes = (_change(_OPS[step.op], step) for step in ours if step.op in _OPS)
    return StackStatus(stack, len(models), tuple(changes))


def _change(op: str, step: Step) -> EngineChange:
    before, after = ((it or {}).get("inputs") or {} for it in (step.old, step.new))
    why = tuple(find_changed_inputs(before, after)) if op == "update" else ()
    return EngineChange(op, name_of(step.urn), kind_of(step.urn), why)
