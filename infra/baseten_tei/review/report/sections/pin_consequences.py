"""What a pin that is set, changed or removed means for those who compare vectors."""

from collections.abc import Iterator

from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.outputs.spaces.known_spaces import describe_move, judge_move, serves
from baseten_tei.review.report.before_and_after import ModelChange, ModelState
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs
from baseten_tei.spec.spec_parser import parse_spec


def find_pin_moves(pair: ModelChange) -> Iterator[tuple[bool, str]]:
    """Yield, for each environment whose pin changes, whether that may break callers, and a line that says why."""
    before, after = pair.before, pair.after
    if not before or not after or not isinstance(after.args, EmbeddingArgs):
        return
    for name, inputs in after.environments.items():
        state = {**before.environments.get(name, {}), **before.outputs.get(name, {})}
        pins = state.get("deployment"), inputs.get("deployment")
        wanted = str(pins[1] or inputs.get("digest") or "")
        if not state or pins[0] == pins[1] or serves(state, wanted):
            continue
        move = judge_move(state, wanted)
        yield move != "stays", describe_move(name, wanted, move)


def served_args(state: ModelState) -> ModelArgs | None:
    """Return the spec of what the model's own environment serves; `None` where that is not known."""
    if state.args is None or not state.args.deployment:
        return state.args
    try:
        spec = decode_json(str(state.serving.get("pinned_spec") or ""))
    except ValueError:
        return None
    parsed = parse_spec(state.name, spec)
    return None if isinstance(parsed, list) else parsed
