"""Models of one stack that would meet under one name."""

from collections.abc import Mapping

from baseten_tei.deployment.environment_inputs import all_environments
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import baseten_name, environment_variable, fold_name


def duplicate_problems(models: Mapping[str, ModelArgs]) -> list[str]:
    """Return models that would meet on Baseten, or in the flat outputs, under one name."""
    on_baseten: dict[str, str] = {}
    in_outputs: dict[str, str] = {}
    found = []
    for name, args in models.items():
        variable = environment_variable(name)
        taken = on_baseten.setdefault(fold_name(baseten_name(name, args)), name)
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
