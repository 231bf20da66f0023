"""Names of a spec: what Baseten, truss and the Hub take."""

import re
from collections.abc import Iterator

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.labels import RESERVED_LABELS
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.rules.rule import Finding, Rule
from baseten_tei.rules.value import environment_rules, schedule_rules
from baseten_tei.spec.names import (
    baseten_name_problem,
    environment_problem,
    model_name_problem,
    repository_problem,
    revision_problem,
)

NO_REPOSITORY = frozenset({"TEI-SPEC-002", "TEI-SPEC-003"})
"""Rules that say why there is nothing to lock."""


def _model_name(subject: Subject) -> Iterator[Finding]:
    name, on_baseten = subject.name, subject.args.model_name
    # A folder's name as well, so it may hold less than a name on Baseten may.
    own = model_name_problem(name, "model_name" if on_baseten is None else "name")
    other = None if on_baseten is None else baseten_name_problem(on_baseten)
    for problem in (own, other):
        if problem:
            yield Finding.of_line(problem)


def _repository(subject: Subject) -> Finding | None:
    problem = repository_problem(subject.args.model_id)
    return Finding.of_line(problem) if problem else None


def _revision(subject: Subject) -> Finding | None:
    problem = revision_problem(subject.args.revision)
    return Finding.of_line(problem) if problem else None


def _environment_names(subject: Subject) -> Iterator[Finding]:
    args = subject.args
    if args.environment in args.environments:
        yield Finding(
            f"environments.{args.environment} is the model's own environment",
            "write its settings beside `environment`, or another name",
        )
    for name in all_environments(args):
        if problem := environment_problem(name):
            yield Finding.of_line(problem)


def _variable_names(subject: Subject) -> Iterator[Finding]:
    for name in subject.args.env:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            said = f"env: {name!r} is not an environment variable's name"
            yield Finding(said, "write letters, digits and '_'")


def _labels(subject: Subject) -> Iterator[Finding]:
    for name in subject.args.labels:
        if name in RESERVED_LABELS:
            yield Finding(f"labels: {name} is set by the push itself", "write another name")


RULES: tuple[Rule, ...] = (
    Rule("TEI-SPEC-001", "error", "A model has a name that Baseten and truss take",
         "truss 0.18.35 remote/baseten/api.py: names unescaped in GraphQL", _model_name, is_firm=True),
    Rule("TEI-SPEC-002", "error", "model_id is a repository of the Hugging Face Hub",
         "huggingface.co: owner/name", _repository, is_firm=True),
    Rule("TEI-SPEC-003", "error", "revision is a branch, tag or commit",
         "huggingface.co: /resolve/<revision>", _revision, is_firm=True),
    Rule("TEI-SPEC-004", "error", "Environments have names that Baseten's URLs take, each its own",
         "Baseten docs: environments", _environment_names, is_firm=True),
    Rule("TEI-SPEC-005", "error", "Environment variables have names that a container takes",
         "POSIX.1: environment variables", _variable_names, is_firm=True),
    Rule("TEI-SPEC-006", "error", "No label is one that the push itself sets",
         "this project: labels say whose a deployment is", _labels, is_firm=True),
    *environment_rules.RULES,
    *schedule_rules.RULES,
)  # fmt: skip
