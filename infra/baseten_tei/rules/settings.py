"""From a stack's configuration (what YAML gave) to typed specs; every refusal in one line."""

from collections.abc import Mapping
from dataclasses import dataclass

from baseten_tei.deployment.capacity.turns import specs_by_turn
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.deployment.sizes.sizing import size_spec
from baseten_tei.errors import redact
from baseten_tei.facts.hub.lockfile import EMPTY_LOCK, Lock
from baseten_tei.rules.registry import check_model, error_lines, find_firm
from baseten_tei.rules.rule import Finding, RefusedError, Reported
from baseten_tei.rules.secrets.access_rules import SECRETS
from baseten_tei.rules.value.clashes import duplicate_problems
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.credentials import find_secrets, is_secure, model_label
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
    """Return typed settings. Raises `RefusedError` with one line per problem where some spec cannot be deployed."""
    specs, problems = parse_specs(models)
    problems += duplicate_problems(specs)
    subjects = tuple(resolve_subject(name, args, lock) for name, args in specs.items())
    if problems or any(map(find_firm, subjects)):
        secrets = find_secret_values(models)
        found = [*secrets, *(it for subject in subjects for it in check_model(subject))]
        lines = [redact(line) for line in problems]
        raise RefusedError([*lines, *error_lines(found[len(secrets) :])], found, len(specs))
    return Settings(specs, team, subjects)


def resolve_subject(name: str, args: ModelArgs, lock: Lock) -> Subject:
    """Return a spec with its locked facts and what it leaves open derived from them, as the rules judge it."""
    facts = lock.get((args.model_id, args.revision))
    sized = [size_spec(it, facts) for it in specs_by_turn(args)]
    others = tuple(Subject(name, it, facts) for it in sized[1:])
    return Subject(name, sized[0], facts, written=args, others=others)


def find_secret_values(models: object) -> list[Reported]:
    """Return the secrets in a stack's models, as findings: there is no spec to check by the rule."""
    specs = models.items() if isinstance(models, Mapping) and not is_secure(models) else ()
    return [
        Reported(model_label(name), SECRETS, Finding(redact(message), redact(fix)))
        for name, spec in specs
        for message, fix in find_secrets(name, spec)
    ]
