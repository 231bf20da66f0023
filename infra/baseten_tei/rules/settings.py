"""From a stack's configuration (what YAML gave) to typed specs; every refusal in one line."""

from collections.abc import Mapping
from dataclasses import dataclass

from baseten_tei.deployment.gpu_choice import cheapest_problem
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizing import size_spec
from baseten_tei.errors import UserError, redact
from baseten_tei.facts.hub.lockfile import EMPTY_LOCK, Lock
from baseten_tei.rules.value.spec_values import duplicate_problems, find_problems
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.spec_parser import parse_specs


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
    """Return typed settings. Raises `UserError` with one line per problem."""
    specs, found = parse_specs(models)
    subjects: list[Subject] = []
    for name, args in specs.items():
        checked = resolve_subject(name, args, lock)
        if isinstance(checked, list):
            found += checked
        else:
            subjects.append(checked)
    found += duplicate_problems(specs)
    if found:
        raise UserError(*(redact(line) for line in found))
    return Settings(specs, team, tuple(subjects))


def resolve_subject(name: str, args: ModelArgs, lock: Lock) -> Subject | list[str]:
    """Return a spec with its locked facts and what it leaves open derived from them; or its problems."""
    facts = lock.get((args.model_id, args.revision))
    if problem := cheapest_problem(args, facts):
        return [f"model {name!r}: {problem}"]
    whole = size_spec(args, facts)
    return find_problems(name, whole) or Subject(name, whole, facts)
