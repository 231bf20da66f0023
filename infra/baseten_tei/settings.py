"""From a stack's configuration (what YAML gave) to typed specs; every refusal in one line."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from baseten_tei.credentials import is_secure, models_problems, spec_problems
from baseten_tei.errors import UserError
from baseten_tei.facts import ModelFacts
from baseten_tei.names import perhaps
from baseten_tei.redaction import redact
from baseten_tei.rules.subject import Subject
from baseten_tei.sizing import cheapest_problem, sized
from baseten_tei.spec import ARGS_BY_TASK, ModelArgs
from baseten_tei.validate import duplicate_problems, problems
from baseten_tei.wording import kind_of, problem_text

NAMESPACE = "baseten-tei"

Lock = Mapping[tuple[str, str], ModelFacts]
"""Locked facts by model_id and revision."""

EMPTY_LOCK: Lock = MappingProxyType({})

EXAMPLE = "models: {bge: {task: embedding, model_id: BAAI/bge-base-en-v1.5}}"


@dataclass(frozen=True)
class Settings:
    """A stack's models, by resource name, the Baseten team that owns them, and each as the rules see it."""

    models: Mapping[str, ModelArgs]
    team: str | None = None
    subjects: tuple[Subject, ...] = ()

    @property
    def wants_token(self) -> bool:
        """Whether some model is gated, so that the stack stores `hf_access_key`."""
        return any(args.gated for args in self.models.values())


def parse_settings(models: object, team: str | None = None, lock: Lock = EMPTY_LOCK) -> Settings:
    """Typed settings. Raises `UserError` with one line per problem."""
    specs, found = parse_specs(models)
    subjects: list[Subject] = []
    for name, args in specs.items():
        checked = checked_subject(name, args, lock)
        if isinstance(checked, list):
            found += checked
        else:
            subjects.append(checked)
    found += duplicate_problems(specs)
    if found:
        raise UserError(*(redact(line) for line in found))
    return Settings(specs, team, tuple(subjects))


def checked_subject(name: str, args: ModelArgs, lock: Lock) -> Subject | list[str]:
    """A spec with its locked facts and what it leaves open derived from them; or its problems."""
    facts = lock.get((args.model_id, args.revision))
    if problem := cheapest_problem(args, facts):
        return [f"model {name!r}: {problem}"]
    whole = sized(args, facts)
    return problems(name, whole) or Subject(name, whole, facts)


def parse_specs(models: object) -> tuple[dict[str, ModelArgs], list[str]]:
    """Specs by name, and what is wrong with their shape. Raises `UserError` for what is no mapping at all."""
    if is_secure(models):
        raise UserError(*models_problems(models))
    if not isinstance(models, Mapping):
        raise UserError(
            f"{NAMESPACE}:models must map names to specs, not {kind_of(models)}: write {EXAMPLE}"
        )
    found: list[str] = []
    specs: dict[str, ModelArgs] = {}
    for name, raw in models.items():
        if not isinstance(name, str):  # YAML reads `no:` and `1:` as something else
            found.append(f"model {name!r}: its name is {kind_of(name)}: write it in quotes")
            continue
        spec = parse_spec(name, raw)
        if isinstance(spec, list):
            found += spec
        else:
            specs[name] = spec
    return specs, [redact(line) for line in found]


def parse_spec(name: str, raw: object) -> ModelArgs | list[str]:
    """One model's spec, or its problems; where it holds a secret, nothing else of it is looked at."""
    if secret := spec_problems(name, raw):
        return secret
    if not isinstance(raw, Mapping):
        return [f"model {name!r}: must be a mapping, not {kind_of(raw)}: write {EXAMPLE}"]
    task = raw.get("task")
    args = ARGS_BY_TASK.get(task) if isinstance(task, str) else None
    if args is None:
        said = "is missing" if task is None else f"{task!r} is not one TEI has"
        return [
            f"model {name!r}: task {said}: write task: embedding, reranker or classifier."
            f"{perhaps(str(task), ARGS_BY_TASK)}"
        ]
    try:
        return args.model_validate(_lists_as_tuples(raw))
    except ValidationError as error:
        return [f"model {name!r}: {problem_text(details, args)}" for details in error.errors()]


def _lists_as_tuples(raw: Mapping[str, Any]) -> dict[str, Any]:
    """YAML has lists; frozen specs hold tuples, which strict validation does not make of a list."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
