"""A model made ready before anything is registered: judged, planned, its config file brought up to date."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from baseten_tei.deployment.capacity.turns import list_turns
from baseten_tei.deployment.config.config_yaml import render_config
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.plan import ModelPlan, plan_model
from baseten_tei.errors import UserError
from baseten_tei.program import construction
from baseten_tei.program.context import Context, once_in_a_program
from baseten_tei.program.python.push_python import push_python
from baseten_tei.project import generated_files
from baseten_tei.project.deprecations import find_deprecated
from baseten_tei.project.golden_files import golden_input
from baseten_tei.rules.registry import check_model, error_lines, warning_lines
from baseten_tei.rules.settings import resolve_subject
from baseten_tei.spec.args import ModelArgs


@dataclass(frozen=True)
class Ready:
    """A model that no rule stops, and what its preview should say besides."""

    subject: Subject
    warnings: tuple[str, ...]
    turn: int = 0
    """Which GPU of the spec's list it is pushed for."""

    @property
    def chosen(self) -> Subject:
        """Return the model on that GPU."""
        return self.subject.turns[self.turn]


def ready(subjects: Iterable[Subject]) -> dict[str, Ready]:
    """Return models by name, judged. Raises `UserError` with every error of all of them: nothing is half written."""
    judged = {subject.name: (subject, check_model(subject)) for subject in subjects}
    if stopping := [line for _, found in judged.values() for line in error_lines(found)]:
        raise UserError(*stopping)
    return {name: Ready(it, tuple(warning_lines(found))) for name, (it, found) in judged.items()}


def ready_alone(name: str, args: ModelArgs, here: Context) -> Ready:
    """Return one model of a program that builds its specs itself. Raises `UserError` with one line per problem."""
    found = ready([resolve_subject(name, args, here.lock)])[name]
    written = find_deprecated({name: dict.fromkeys(args.model_fields_set)})
    told = _deprecations_told()
    new = [line for key, line in written.items() if key not in told]
    told.update(written)
    return replace(found, warnings=(*found.warnings, *new))


@once_in_a_program
def _deprecations_told() -> set[str]:
    """The deprecated keys that some model of the program has, once it was said."""
    return set()


def prepare(ready: Ready, here: Context, team: str | None) -> ModelPlan:
    """Return a judged model's steps, its config file brought up to date.

    Raises `UserError` in CI for a stale one, and where its push would not run with this program's Python.
    """
    model = ready.chosen
    golden = golden_input(here.root, here.owner.stack, model.name)
    turns = list_turns(model.name, [it.args for it in ready.subject.turns])
    plan = plan_model(
        model.name, model.args, here.owner, here.target_name, team, golden, model.facts, turns
    )
    if plan.pushed:
        push_python(here.root)
    # What is committed follows from the spec alone, not from which GPUs were free.
    first = ready.subject
    text = plan.config_text if ready.turn == 0 else render_config(first.config, first.args)
    _bring_up_to_date(model.name, text, here)
    return plan


def _bring_up_to_date(name: str, text: str, here: Context) -> None:
    path = generated_files.config_path(here.root, here.owner.stack, name)
    own = construction.current.get() is None  # another language's CI has no command that writes it
    if own and here.in_ci and (stale := generated_files.stale_problem(path, text, here.root)):
        raise UserError(stale)
    if not here.preview and not here.in_ci:
        generated_files.write_if_changed(path, text)
