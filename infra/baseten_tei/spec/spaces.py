"""The models that follow each other under one name: what serves (`current`), what is to follow, and what served before.

Each is a model of its own, with resources called after its `edition`, which never changes, and not after what it is at
the time: `search` (edition 1), `search-2`, `search-3`. So when `next` becomes the current model, no resource changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from baseten_tei.errors import UserError

if TYPE_CHECKING:
    from baseten_tei.spec.args import ModelArgs

Role = Literal["current", "next", "previous"]
ROLES: tuple[Role, ...] = get_args(Role)
Spec = Mapping[str, Any]

OWN = frozenset(
    {"next", "previous", "edition", "model_name", "deployment", "adopt", "new_space"}
)  # fmt: skip
"""Keys that neither `next` nor `previous` inherits."""
OF_REPOSITORY = frozenset(
    {
        "revision", "pooling", "prompts", "default_prompt", "default_prompt_name", "served_model_name",
        "gated", "dtype", "silence",
    }
)  # fmt: skip
"""Keys that are not inherited where `model_id` is another one: they say something of a repository."""

WITHOUT = "without"
"""The key of `next` and `previous` that lists inherited keys to leave out, where a language cannot write null."""
WITHOUT_TEXT = (
    "Keys that it does not inherit, as if null were written for them: for languages that drop null."
)


@dataclass(frozen=True)
class Member:
    """One of the models under a name, with the whole of its spec."""

    resource: str
    """What its resources, its files and, unless `model_name` says otherwise, its model on Baseten are called."""
    spec: Spec


def resource_name(name: str, edition: int | None) -> str:
    """Return what the resources of a model's edition are called."""
    return name if edition in (None, 1) else f"{name}-{edition}"


def stack_name(resource: str, edition: int | None) -> str:
    """Return the name in the stack's configuration of the model whose edition is called so."""
    return resource if edition in (None, 1) else resource.removesuffix(f"-{edition}")


def expand(name: str, spec: Spec) -> dict[Role, Member]:
    """Return each model under a name, with what it inherits. Raises `UserError` for a `next` that cannot be one."""
    found: dict[Role, Member] = {"current": _member(name, spec)}
    own = {role: part for role in ("previous", "next") if (part := spec.get(role)) is not None}
    for role, part in own.items():
        if problem := _problem(role, part, spec):
            raise UserError(problem)
        taken = [_edition(it.spec) for it in found.values()]
        edition = part.get("edition") or max(taken) + 1
        if edition in taken:
            raise UserError(_same_edition(role, edition))
        whole = {**inherited(spec, part), **part, "edition": edition}
        left_out = {WITHOUT, *(part.get(WITHOUT) or ())}
        kept = {key: it for key, it in whole.items() if it is not None and key not in left_out}
        found[role] = _member(name, kept)  # type: ignore[index]  # both are roles
    return {role: found[role] for role in ROLES if role in found}


def inherited(spec: Spec, part: Spec) -> dict[str, Any]:
    """Return what `next` or `previous` has of the current model's keys, unless it says otherwise."""
    moved = part.get("model_id", spec.get("model_id")) != spec.get("model_id")
    left_out = OWN | OF_REPOSITORY if moved else OWN
    kept = {key: value for key, value in spec.items() if key not in left_out}
    environments = kept.get("environments")
    if isinstance(environments, Mapping):
        kept["environments"] = {name: _unpinned(it) for name, it in environments.items()}
    return kept


def _unpinned(environment: object) -> object:
    """Return an environment without its pin, which names a version of one model."""
    if not isinstance(environment, Mapping):
        return environment
    return {key: value for key, value in environment.items() if key != "deployment"}


def _member(name: str, spec: Spec) -> Member:
    edition = spec.get("edition")
    if edition == 1:  # said or not, it is the same model
        spec = {key: value for key, value in spec.items() if key != "edition"}
    return Member(resource_name(name, edition), spec)


def _edition(spec: Spec) -> int:
    edition = spec.get("edition")
    return edition if isinstance(edition, int) else 1


def _problem(role: str, part: object, spec: Spec) -> str | None:
    if not isinstance(part, Mapping):
        return (
            f"{role} must be a mapping, not {part!r}: write e.g. {role}: {{model_id: BAAI/bge-m3}}"
        )
    if inner := next((it for it in ("next", "previous") if it in part), None):
        return f"{role}.{inner}: {role} has no {inner} of its own: write it beside {role}"
    if wrong := _without_problem(part, spec):
        return f"{role}.{WITHOUT} {wrong}"
    if part.get("task", spec.get("task")) != spec.get("task"):
        return f"{role}.task must be the task of the model itself: leave it out"
    edition = part.get("edition")
    if edition is not None and (type(edition) is not int or edition < 1):
        return (
            f"{role}.edition must be a number of 1 or more, not {edition!r}: write e.g. edition: 2"
        )
    if role == "previous" and edition is None:
        return (
            "previous.edition is missing: it says which model served before, and `baseten-tei space advance` writes "
            "it: write edition: 1 for the first of this name"
        )
    return None


def _without_problem(part: Spec, spec: Spec) -> str | None:
    names = part.get(WITHOUT) or ()
    if not isinstance(names, list | tuple) or not all(isinstance(it, str) for it in names):
        return f"must list keys, not {names!r}: write e.g. {WITHOUT}: [default_prompt]"
    if both := next((it for it in names if it in part), None):
        return f"has {both}, which is written beside it: remove one of them"
    if unknown := next((it for it in names if it not in spec), None):
        return f"has {unknown}, which the model itself has not: remove it"
    if needed := next((it for it in names if it in ("task", "model_id")), None):
        return f"has {needed}, which every model needs: remove it"
    return None


def _same_edition(role: str, edition: int) -> str:
    said = f"{role}.edition is {edition}, which another model of this name has"
    return f"{said}: write edition: {edition + 1}, or leave it out of next"


def list_roles(models: "Mapping[str, ModelArgs]") -> dict[str, dict[Role, str]]:
    """Return which models there are under each name of a stack, by what each is now; `models` is by resource."""
    several = {
        (name := stack_name(resource, args.edition)): {
            role: it.resource for role, it in expand(name, _words_of(args)).items()
        }
        for resource, args in models.items()
        if args.next is not None or args.previous is not None
    }
    named = {resource for roles in several.values() for resource in roles.values()}
    roles: dict[str, dict[Role, str]] = {}
    for resource, args in models.items():
        name = stack_name(resource, args.edition)
        if name in several or resource not in named:
            roles[name] = several.get(name) or {"current": resource}
    return roles


def find_resource(models: "Mapping[str, ModelArgs]", given: str) -> str | None:
    """Return which model is meant by `search` (what serves), `search.next`, `search.previous`, or a resource's name."""
    roles = list_roles(models)
    if given in roles:
        return roles[given]["current"]
    name, _, asked = given.rpartition(".")
    found = {str(role): resource for role, resource in roles.get(name, {}).items()}
    return found.get(asked) or (given if given in models else None)


def find_role(models: "Mapping[str, ModelArgs]", resource: str) -> tuple[str, Role]:
    """Return the name and the role by which callers know a model: `search` and `next` for `search-2`."""
    for name, members in list_roles(models).items():
        for role, it in members.items():
            if it == resource:
                return name, role
    return resource, "current"


def find_missing_role(models: "Mapping[str, ModelArgs]", given: str) -> str | None:
    """Return error text where `search.next` is meant, and `search` has no next."""
    name, _, role = given.rpartition(".")
    if role not in ROLES or name not in list_roles(models) or find_resource(models, given):
        return None
    return no_next(name) if role == "next" else f"model {name!r} has no {role}"


def no_next(name: str) -> str:
    """Return error text for a model without a `next`."""
    return f"model {name!r} has no next: write next: {{model_id: …}} into its spec"


def find_place(specs: Mapping[str, Spec], resource: str) -> list[str]:
    """Return under which keys of a configuration that can be read a model's spec is: its name, and perhaps `next`."""
    for name, spec in specs.items():
        for role, it in expand(name, spec).items():
            if it.resource == resource:
                return [name] if role == "current" else [name, role]
    return [resource]


def _words_of(args: "ModelArgs") -> dict[str, Any]:
    return {
        "task": args.task,
        "edition": args.edition,
        "next": args.next,
        "previous": args.previous,
    }
