"""What the values of a spec mean together: everything that can be refused before anything is touched."""

from collections.abc import Mapping

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.deployment.permits import permits_problem
from baseten_tei.rules.value.container_values import container_problems
from baseten_tei.rules.value.environment_values import environment_problems, rotation_problems
from baseten_tei.rules.value.hardware_values import placement_problems
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.credentials import spec_problems
from baseten_tei.spec.names import (
    baseten_name,
    baseten_name_problem,
    environment_variable,
    model_name_problem,
    repository_problem,
)


def find_problems(name: str, args: ModelArgs) -> list[str]:
    """Return everything that is wrong with one model, a line each, the model named first."""
    if secret := spec_problems(name, args.model_dump(exclude_defaults=True, warnings=False)):
        return secret
    found = [
        # A folder's name as well, so it may hold less than a name on Baseten may.
        model_name_problem(name, "model_name" if args.model_name is None else "name"),
        None if args.model_name is None else baseten_name_problem(args.model_name),
        repository_problem(args.model_id, args.revision),
        permits_problem(args),
        *placement_problems(args),
        *container_problems(args),
        *environment_problems(args),
        *rotation_problems(args),
    ]
    return [f"model {name!r}: {problem}" for problem in found if problem]


def duplicate_problems(models: Mapping[str, ModelArgs]) -> list[str]:
    """Return models that would meet on Baseten, or in the flat outputs, under one name."""
    on_baseten: dict[str, str] = {}
    in_outputs: dict[str, str] = {}
    found = []
    for name, args in models.items():
        variable = environment_variable(name)
        taken = on_baseten.setdefault(environment_variable(baseten_name(name, args)), name)
        also = in_outputs.setdefault(variable, name)
        if taken != name:
            found.append(
                f"model {name!r}: model {taken!r} already has the Baseten name "
                f"{baseten_name(name, args)!r} (case, '-', '_' and '.' do not tell models apart): "
                "give one of them another model_name"
            )
        elif also != name:
            found.append(
                f"model {name!r}: the outputs of model {also!r} are already called {variable}_…: "
                "give one of them another name"
            )
    return found + _environment_clashes(models)


def _environment_clashes(models: Mapping[str, ModelArgs]) -> list[str]:
    """Model `a` in `b-production` and model `a-b` in `production` would be one resource to Pulumi."""
    seen: dict[str, str] = {}
    found = []
    resources = [(f"{n}-{it}", n) for n, args in models.items() for it in all_environments(args)]
    for resource, name in resources:
        first = seen.setdefault(resource, name)
        if first != name:
            found.append(
                f"model {name!r}: with its environment it is called {resource!r}, as model {first!r} is: "
                "give one of them another name or environment"
            )
    return found
