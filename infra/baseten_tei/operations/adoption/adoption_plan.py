"""A workspace's models sorted for a stack: adopted, left out and why, in the stack already."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from baseten_tei.baseten.versions import RemoteModel
from baseten_tei.errors import UserError, did_you_mean
from baseten_tei.operations.adoption.adoption_decision import Adopted, LeftOut
from baseten_tei.rules.value.clashes import duplicate_problems
from baseten_tei.spec.args import ModelArgs
from baseten_tei.spec.names import baseten_name

Specs = Mapping[str, ModelArgs]


@dataclass(frozen=True)
class Adoptions:
    """What `adopt` does, and what not."""

    adopted: Sequence[Adopted] = ()
    left_out: Sequence[LeftOut] = ()
    there: Sequence[str] = ()
    """Names that the stack has already: they stay as they are."""


def find_candidates(
    models: Iterable[RemoteModel], names: Sequence[str], specs: Specs
) -> tuple[list[RemoteModel], list[LeftOut], list[str]]:
    """Return models to look at, those that no name tells apart, and those that the stack has. Raises `UserError`.

    Without names, all of them.
    """
    every = list(models)
    known = Counter(it.name for it in every)
    if unknown := [name for name in names if name not in known]:
        raise UserError(
            *(f"Baseten has no model {it!r} here.{did_you_mean(it, known)}" for it in unknown)
        )
    wanted = [it for it in every if it.name in (names or known)]
    there = {*specs, *(baseten_name(name, args) for name, args in specs.items())}
    new = [it for it in wanted if it.name not in there]
    several = [it for it in new if known[it.name] > 1]
    left_out = [LeftOut(it.name, _ambiguity_problem(it)) for it in several]
    kept = sorted({it.name for it in wanted if it.name in there})
    return [it for it in new if it not in several], left_out, kept


def plan_adoptions(decided: Iterable[Adopted | LeftOut], specs: Specs) -> Adoptions:
    """Return the decisions, without what would meet another model of the stack under one name."""
    adopted: list[Adopted] = []
    left_out: list[LeftOut] = []
    taken = dict(specs)
    for it in decided:
        if isinstance(it, LeftOut):
            left_out.append(it)
        elif clash := duplicate_problems({**taken, it.name: it.args}):
            by_hand = f"a model of another name, with model_name: {baseten_name(it.name, it.args)!r} and adopt: true,"
            left_out.append(
                LeftOut(it.name, clash[0].removeprefix(f"model {it.name!r}: "), by_hand)
            )
        else:
            adopted.append(it)
            taken[it.name] = it.args
    return Adoptions(adopted, left_out)


def summarize(it: Adoptions, place: str, *, dry_run: bool = False) -> Iterator[str]:
    """Yield what becomes of each model, a line each; with `dry_run` what would. `place` is where specs are written."""
    would = "would be " if dry_run else ""
    for model in it.adopted:
        adopted = "would adopt" if dry_run else "adopted"
        on_baseten = model.args.model_name
        name = f"{on_baseten!r} as {model.name}" if on_baseten else model.name
        yield f"{adopted} {name}: {model.args.task} {model.args.model_id}, {_format_pins(model)}"
        if model.notes:
            yield "  not carried over, so it changes once the pin is removed:"
            yield from (f"    {note}" for note in model.notes)
        if model.unmanaged:
            yield "  not managed by a spec, so it stays on Baseten as it is:"
            yield from (f"    {line}" for line in model.unmanaged)
    for left in it.left_out:
        by_hand = (
            f"; to have the stack replace it, write {left.write} into {place}" if left.write else ""
        )
        yield f"{would}left out {left.name}: {left.why}{by_hand}"
    yield from (f"kept {name}: the stack has it already" for name in it.there)


def _format_pins(model: Adopted) -> str:
    """Return which deployment each environment serves."""
    environments = {**model.args.environments, model.args.environment: model.args}
    return ", ".join(f"{name} serves {it.deployment}" for name, it in environments.items())


def _ambiguity_problem(model: RemoteModel) -> str:
    return f"several teams have a model of this name: write baseten-tei:team: {model.team}, or the other team"
