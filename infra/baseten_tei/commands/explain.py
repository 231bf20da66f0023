"""`baseten-tei explain`: how a model's sizes came about, what it takes, and what it costs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from baseten_tei.commands.shared.options import on_a_stack
from baseten_tei.deployment.config.published_advice import compare_with_advice
from baseten_tei.deployment.gpu_choice import (
    accelerator_of,
    cheapest_accelerator,
    cheapest_problem,
    room_gib,
)
from baseten_tei.deployment.instances import AS_OF
from baseten_tei.deployment.money import prices
from baseten_tei.deployment.sizes.derived_counts import Derived, derive_permit_count
from baseten_tei.deployment.sizes.sizing import derive_values, size_spec
from baseten_tei.deployment.sizes.vram import (
    Band,
    Estimate,
    count_parameters,
    estimate,
    input_length,
)
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.tei.gpus import CPU
from baseten_tei.project.stack_settings import stack_with
from baseten_tei.spec.args import ModelArgs


def explain_model(name: str, args: ModelArgs, facts: ModelFacts) -> str:
    """Return everything that follows from a spec and its facts, for a reader."""
    whole = size_spec(args, facts)
    blocks = [_model_lines(name, args, facts), _derivation_lines(args, facts)]
    if (problem := cheapest_problem(args, facts)) is None:
        blocks += [
            _memory_lines(whole, facts),
            _cost_lines(whole, facts),
            _advice_lines(whole, facts, (*derive_values(args, facts), *_permit_count(whole))),
        ]
    else:
        blocks.append([problem])
    return "\n\n".join("\n".join(block) for block in blocks)


def _model_lines(name: str, args: ModelArgs, facts: ModelFacts) -> list[str]:
    size, length = count_parameters(facts), input_length(facts)
    known = f"{size:,} parameters" if size else "size unknown"
    texts = f"texts of {length} tokens" if length else "length unknown"
    return [
        f"{name}: {args.model_id} at {facts.commit[:12]}",
        f"  {args.task}, model type {facts.model_type}, {known}, {texts} (facts: {facts.source.partition(': ')[0]})",
    ]


def _derivation_lines(args: ModelArgs, facts: ModelFacts) -> list[str]:
    if facts.pushed_unlocked:
        return ["Pushed before it was locked, and kept so (pushed_unlocked): nothing is derived"]
    lines = ["Left open by the spec, and derived"]
    for found in (*derive_values(args, facts), *_permit_count(size_spec(args, facts))):
        lines += [
            f"  {found.key}: {found.value}",
            f"    {found.formula}",
            f"    = {found.numbers}",
            f"    because: {found.reason}",
            f"    source: {found.source}",
        ]
    return lines if len(lines) > 1 else ["The spec leaves nothing open"]


def _memory_lines(args: ModelArgs, facts: ModelFacts) -> list[str]:
    gpu = accelerator_of(args)
    found, room = estimate(args, facts, gpu, args.max_batch_tokens), room_gib(args, gpu)
    title = f"Memory on {gpu}, {args.max_batch_tokens} tokens in a batch"
    if found is None:
        return [title, "  cannot be estimated: size or length is not known"]
    total = f"  {'total':12} {_format_band(found.total):28} of {room:.1f} GiB: {_judge_memory(room, found)}"
    return [title, *_part_lines(found), total]


def _part_lines(found: Estimate) -> Iterator[str]:
    for key, formula in found.formulas.items():
        band = getattr(found, key)
        yield f"  {key:12} {_format_band(band):28} {formula}"


def _format_band(band: Band) -> str:
    return f"{band.likely:.2f} GiB ({band.low:.2f} to {band.high:.2f})"


def _judge_memory(room: float, found: Estimate) -> str:
    if found.total.high <= room:
        return "fits"
    return "may not fit" if found.total.low <= room else "does not fit"


def _cost_lines(args: ModelArgs, facts: ModelFacts) -> list[str]:
    gpu, cheapest = accelerator_of(args), cheapest_accelerator(args, facts)
    lines = [f"Cost (Baseten's prices of {AS_OF})", f"  {_format_price(args, gpu)}"]
    if gpu == CPU:
        return lines
    if cheapest is None:
        return [*lines, "  no GPU on Baseten holds it at its highest estimate"]
    if cheapest == gpu:
        return [*lines, "  that is the cheapest GPU that fits"]
    return [*lines, f"  cheapest GPU that fits: {_format_price(_without_instance(args), cheapest)}"]


def _without_instance(args: ModelArgs) -> ModelArgs:
    """Return the same spec on hardware to be chosen."""
    return args.model_copy(update={"instance_type": None})


def _format_price(args: ModelArgs, gpu: str) -> str:
    found = prices.sku_of(args, gpu)
    if found is None:
        return f"{gpu}: no listed price"
    month = f"${prices.usd_per_month(found):,.0f} a month where it never sleeps"
    return f"{gpu} ({found.name}): ${found.price:.5f} a minute, {month}"


def _permit_count(whole: ModelArgs) -> tuple[Derived, ...]:
    found = derive_permit_count(whole)
    return (found,) if found else ()


def _advice_lines(args: ModelArgs, facts: ModelFacts, derived: Sequence[Derived]) -> list[str]:
    lines = ["The advice of Baseten's TEI README, and what differs here"]
    for row in compare_with_advice(args, facts, derived):
        ours = f"here {row.ours}: {row.why}" if row.why else "the same here"
        lines.append(f"  {row.key:24} {row.seed:>6}  {ours}")
    return lines


def find_model(root: Path, stack: str, given: str) -> tuple[str, ModelArgs, ModelFacts]:
    """Return a model's name, its spec, as it is written, and its facts. Raises `UserError`."""
    found, name = stack_with(root, stack, given)
    settings = found.settings
    args = settings.models[name]
    facts = next(it.facts for it in settings.subjects if it.name == name)
    if facts is None:
        raise UserError(
            f"model {name!r}: {args.model_id} at {args.revision} is not in locks/{stack}.yaml: run baseten-tei lock"
        )
    return name, args, facts


@click.command(name="explain")
@click.argument("model")
@on_a_stack
def command(root: Path, stack: str, model: str) -> None:
    """Explain how MODEL's sizes came about, the memory it takes, and what it costs.

    Names the cheapest GPU that holds it. Reads the stack's configuration and its lock file, and nothing else.
    """
    click.echo(explain_model(*find_model(root, stack, model)))
