"""A model made ready before anything is registered: judged, planned, its config file brought up to date."""

from collections.abc import Iterable
from dataclasses import dataclass

from baseten_tei import files
from baseten_tei.context import Context
from baseten_tei.errors import UserError
from baseten_tei.plan import ModelPlan, model_plan
from baseten_tei.rules.registry import errors, judge, warnings
from baseten_tei.rules.subject import Subject
from baseten_tei.settings import spec_problems, subject_of
from baseten_tei.spec import ModelArgs


@dataclass(frozen=True)
class Prepared:
    """A model's steps, and what its preview should say besides."""

    plan: ModelPlan
    warnings: tuple[str, ...]


def prepare(name: str, args: ModelArgs, here: Context, team: str | None) -> Prepared:
    """One model of any program. Raises `UserError` with one line per problem."""
    if found := spec_problems(name, args, here.lock):
        raise UserError(*found)
    subject = subject_of(name, args, here.lock)
    judged = judge(subject)
    if stopping := errors(judged):
        raise UserError(*stopping)
    plan = model_plan(name, subject.args, here.owner, here.target_name, team)
    _bring_up_to_date(name, plan, here)
    return Prepared(plan, tuple(warnings(judged)))


def stopping(subjects: Iterable[Subject]) -> list[str]:
    """Every error of a whole stack, so that all of them are told at once and nothing is half written."""
    return [line for subject in subjects for line in errors(judge(subject))]


def _bring_up_to_date(name: str, plan: ModelPlan, here: Context) -> None:
    path = files.config_path(here.root, here.owner.stack, name)
    if here.in_ci and (stale := files.stale_problem(path, plan.config_text, here.root)):
        raise UserError(stale)
    if not here.preview and not here.in_ci:
        files.write_if_changed(path, plan.config_text)
