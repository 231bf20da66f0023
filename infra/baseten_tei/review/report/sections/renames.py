"""Renamed models: a new name in the stack for the same model on Baseten, or for a new model."""

from collections.abc import Mapping
from dataclasses import replace

from baseten_tei.review.report.before_and_after import ModelChange, ModelState

_OWN = "model_name"


def join_renamed(models: Mapping[str, ModelChange]) -> dict[str, ModelChange]:
    """Join a model that goes and one that comes under the same name on Baseten: they are one model."""
    coming, going = _coming(models), _going(models)
    heirs = {_on_baseten(it): name for name, it in coming.items()}
    found = dict(models)
    for name, old in going.items():
        if (heir := heirs.get(_on_baseten(old))) is not None:
            steps = (*models[heir].steps, *found.pop(name).steps)
            found[heir] = replace(models[heir], steps=steps, before=old, once=name)
    return found


def rename_problems(models: Mapping[str, ModelChange]) -> dict[str, str]:
    """Return how to keep each model that goes while another of the same spec comes, by its name."""
    heirs = {_spec(it): (name, it) for name, it in _coming(models).items()}
    return {
        name: f"is renamed to {heir[0]}: another model on Baseten, with other URLs; to keep this one write "
        f"{heir[0]}: {{model_name: {_on_baseten(old)}}}"
        for name, old in _going(models).items()
        if (heir := heirs.get(_spec(old))) is not None
    }


def _coming(models: Mapping[str, ModelChange]) -> dict[str, ModelState]:
    return {name: it.after for name, it in models.items() if it.before is None and it.after}


def _going(models: Mapping[str, ModelChange]) -> dict[str, ModelState]:
    return {name: it.before for name, it in models.items() if it.after is None and it.before}


def _on_baseten(side: ModelState) -> str:
    return str(side.model.get("name", ""))


def _spec(side: ModelState) -> str:
    return str(sorted((key, value) for key, value in side.spec.items() if key != _OWN))
