"""What candle says of the first tensor that is missing, or of another shape."""

from collections.abc import Iterator
from dataclasses import dataclass

from baseten_tei.facts.tei.loading.candle.sizes import Sizes
from baseten_tei.facts.tei.loading.candle.tensor_lines import (
    Block,
    Line,
    Part,
    blocks_of,
)
from baseten_tei.facts.tei.loading.candle.tensors import NO_LAYER, Shape, Tensors


@dataclass(frozen=True)
class Weights:
    """The tensors that are there, and the sizes that the config asks for."""

    tensors: Tensors
    sizes: Sizes


def find_tensor_error(model: str, head: str | None, weights: Weights) -> str | None:
    """Return candle's words; `None` where every tensor is there. `model` is a key of tensors.json."""
    errors = (_block_error(block, weights) for block in blocks_of(model, head))
    return next((error for error in errors if error is not None), None)


def _block_error(block: Block, weights: Weights) -> str | None:
    errors = []
    for parts in _attempts(block, weights.tensors):
        error = next(_errors(parts, weights), None)
        if error is None:
            return None
        errors.append(error)
    return errors[0] if block.error == "first" else errors[-1]


def _attempts(block: Block, tensors: Tensors) -> tuple[tuple[Part, ...], ...]:
    if not block.probes:
        return block.attempts
    tried = zip(block.probes, block.attempts, strict=True)
    return (next((parts for probe, parts in tried if tensors.has(probe)), block.attempts[-1]),)


def _errors(parts: tuple[Part, ...], weights: Weights) -> Iterator[str]:
    """Yield the first error of each part; candle reads layer by layer, and in a layer line by line."""
    for part in parts:
        layers = _layers(part, weights)
        wrong = [
            (bad, number, line)
            for number, line in enumerate(part.lines)
            if (bad := _first_bad_layer(line, layers, weights)) is not None
        ]
        if wrong:
            layer, _, line = min(wrong, key=lambda found: found[:2])
            yield _say(line, layer, weights)


def _layers(part: Part, weights: Weights) -> range:
    """A config may ask for any number of layers; candle stops at the first that is not there."""
    if part.layers is None:
        return range(NO_LAYER, 0)
    return range(min(int(weights.sizes[part.layers]), weights.tensors.depth + 2))


def _first_bad_layer(line: Line, layers: range, weights: Weights) -> int | None:
    shape = _shape(line, weights.sizes)
    good = weights.tensors.having(line.names[0], shape)
    if good.issuperset(layers):
        return None
    others = (weights.tensors.having(name, shape) for name in line.names[1:])
    bad = sorted(set(layers).difference(good, *others))
    return next((layer for layer in bad if _is_wanted(line, layer, weights)), None)


def _shape(line: Line, sizes: Sizes) -> Shape:
    return tuple(_product(term, sizes) for term in line.shape)


def _product(term: str, sizes: Sizes) -> int:
    """A term is a name, or some of them and a number joined by `*`."""
    if term in sizes:
        return int(sizes[term] or 0)
    product = 1
    for factor in term.split("*"):
        product *= int(factor) if factor.isdigit() else int(sizes.get(factor) or 0)
    return product


def _is_wanted(line: Line, layer: int, weights: Weights) -> bool:
    return all(_condition(word, layer, weights) for word in line.when)


def _condition(word: str, layer: int, weights: Weights) -> bool:
    if word.startswith("tensor "):
        return weights.tensors.has(word.removeprefix("tensor "))
    if word.startswith("no tensor "):
        return not weights.tensors.has(word.removeprefix("no tensor "))
    if word == "layer after the first":
        return layer > 0
    is_kind = word.startswith("layer ")
    return _is_kind(word, layer, weights.sizes) if is_kind else bool(weights.sizes.get(word))


def _is_kind(word: str, layer: int, sizes: Sizes) -> bool:
    """Nomic's layers of experts, with gates or plain (nomic.rs:402)."""
    every = sizes.get("moe_every_n_layers") or 0
    has_experts = every > 0 and layer % every == 1
    is_plain = sizes["activation_function"] == "gelu"
    kind = "experts" if has_experts else "plain" if is_plain else "gates"
    return kind != "experts" if word == "layer without experts" else word == f"layer of {kind}"


def _say(line: Line, layer: int, weights: Weights) -> str:
    pattern = line.names[-1]
    name = pattern if layer == NO_LAYER else pattern.replace("*", str(layer), 1)
    got = weights.tensors.shape_of(pattern, layer)
    if got is None:
        return f"cannot find tensor {name}"
    expected = list(_shape(line, weights.sizes))
    return f"shape mismatch for {name}, expected: {expected}, got: {list(got)}"
