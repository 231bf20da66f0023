"""`baseten-tei space advance`: a model's `next` becomes what serves, once its index is verified."""

from pathlib import Path

import click

from baseten_tei.commands.outputs import read_outputs
from baseten_tei.commands.shared.options import dry_run_option, on_a_stack, yes_option
from baseten_tei.commands.space.change import Spec, change_spec, read_spec
from baseten_tei.errors import UserError
from baseten_tei.operations.spaces.advance import advance
from baseten_tei.outputs.spaces.verified import describe_record, find_fault
from baseten_tei.outputs.types import EmbeddingOutputs, ModelOutputs
from baseten_tei.project.stack import Workspace
from baseten_tei.project.verification_files import read_verification, verification_path
from baseten_tei.spec.spaces import expand

HOW = "run `baseten-tei space verify {}`, or advance with --unverified"


@click.command(name="advance")
@click.argument("model")
@click.option("--sleep", is_flag=True, help="Let the model that served before scale to zero.")
@click.option(
    "--unverified",
    is_flag=True,
    help="Without a verification of its index that passed; the pull request's comment says so.",
)
@dry_run_option
@yes_option
@on_a_stack
def command(
    root: Path, stack: str, model: str, sleep: bool, unverified: bool, dry_run: bool, yes: bool
) -> int:
    """Let MODEL's next become current; what is current becomes previous, kept for the way back.

    An embedding model's next needs a verification that passed: verified/<stack>/<model>.json, of
    `baseten-tei space verify`. Rerankers and classifiers have no index, and need none.

    An older previous is left out, so that the next `pulumi up` deletes it. For a program that registers its own
    models, the arguments to write are printed. Exits with 1 where they are still to be written.
    """
    workspace = Workspace(root, stack)
    before = read_spec(workspace, model)
    after = advance(model, before, sleep=sleep)
    if before.get("task") == "embedding" and not unverified:
        click.echo(_verified(workspace, model, before))
    return change_spec(workspace, model, before, after, {"dry_run": dry_run, "yes": yes})


def _verified(workspace: Workspace, model: str, spec: Spec) -> str:
    """Return what the verification of its next found. Raises `UserError` where none of exactly this one passed."""
    root, stack = workspace.root, workspace.stack
    resource = expand(model, spec)["next"].resource
    path = verification_path(stack, resource)
    record = read_verification(root, stack, resource)
    if record is None:
        raise UserError(
            f"model {model!r}: its next is not verified ({path} is missing): {HOW.format(model)}"
        )
    served = read_outputs(root, stack, None).models.get(model)
    faults = [find_fault(record, it) for it in _served_spaces(served)]
    if not faults:
        raise UserError(
            f"model {model!r}: its next is not in the stack's outputs yet: run `pulumi up`, then {HOW.format(model)}"
        )
    if all(faults):
        raise UserError(f"model {model!r}: {path} {faults[0]}: {HOW.format(model)}")
    return f"{resource} is {describe_record(record)}"


def _served_spaces(served: ModelOutputs | None) -> list[Spec]:
    """Return the space of next; where outputs are of before a `space back`, next is one of the others."""
    spaces = served.spaces if isinstance(served, EmbeddingOutputs) else None
    if spaces is None:
        return []
    found = [spaces.next] if spaces.next else [spaces.current, spaces.previous]
    return [dict(it.space) for it in found if it is not None]
