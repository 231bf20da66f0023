"""Adopting into a program, which nobody edits but its author: what is still to be written, and what to import."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from baseten_tei.operations.adoption.adoption_decision import Adopted
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import baseten_name
from baseten_tei.spec.spec_parser import parse_spec


@dataclass(frozen=True)
class ProgramAdoption:
    """Models in the order in which they are adopted: first their code is written, then they are imported."""

    to_write: tuple[Adopted, ...]
    to_import: tuple[Adopted, ...]
    otherwise: Mapping[str, tuple[str, ...]]
    """Of models that the program registers otherwise than they run: the keys that differ."""


def name_as_registered(it: Adopted, registered: Mapping[str, ModelArgs]) -> Adopted:
    """Return a model by the name under which the program registers it, whatever it is called on Baseten."""
    on_baseten = baseten_name(it.name, it.args)
    names = (name for name, args in registered.items() if baseten_name(name, args) == on_baseten)
    name = next(names, it.name)
    if name == it.name:
        return it
    entry = {**it.entry, "model_name": on_baseten}
    return replace(
        it, name=name, entry=entry, args=it.args.model_copy(update={"model_name": on_baseten})
    )


def divide(adopted: Iterable[Adopted], registered: Mapping[str, ModelArgs]) -> ProgramAdoption:
    """Return what to write and what to import; a model with another spec than it runs with is neither."""
    models = list(adopted)
    different = {
        it.name: found
        for it in models
        if it.name in registered and (found := _different_keys(it, registered[it.name]))
    }
    return ProgramAdoption(
        tuple(it for it in models if it.name not in registered),
        tuple(it for it in models if it.name in registered and it.name not in different),
        different,
    )


def _different_keys(it: Adopted, registered: ModelArgs) -> tuple[str, ...]:
    wanted = parse_spec(it.name, it.entry)
    if isinstance(wanted, list):  # `decide_adoption` has refused it already
        return ()
    ours, theirs = wanted.model_dump(), registered.model_dump()
    return tuple(sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)))
