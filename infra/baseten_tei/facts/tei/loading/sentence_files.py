"""The longest input and the prompts, from the files of Sentence Transformers.

Source: `run` in router/src/lib.rs:188 to :266; serde's structs are in structs.json.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from baseten_tei.facts.tei.loading.flags import ReadingFlags
from baseten_tei.facts.tei.loading.refusals import RefusedError, refuse
from baseten_tei.facts.tei.loading.repository_files import LENGTHS, PROMPTS, RepositoryFiles
from baseten_tei.facts.tei.releases import at_least, known_release

_ROBERTA = ("xlm-roberta", "camembert", "roberta")
NO_LENGTH = "Could not find a Sentence Transformers config"
_NO_POSITIONS = (
    "At least any of `max_position_embeddings` or `max_trained_positions` (only applies for NomicBERT), "
    "in that order of priority, should be defined in `config.json`."
)


@dataclass(frozen=True)
class LengthReading:
    """`base` is the model's own longest input, `longest` what the flags leave of it."""

    base: int
    longest: int
    source: str
    """The file that says it."""
    offset: int = 0
    """Rows of the table of positions before the first token's; the warm-up starts at the first row."""
    warnings: tuple[str, ...] = ()


def read_length(
    repository: RepositoryFiles, config: Mapping[str, Any], flags: ReadingFlags, release: str
) -> LengthReading:  # fmt: skip
    """Return how long an input may be. Raises RefusedError."""
    name = next((name for name in LENGTHS if name in repository.json), None)
    own = repository.read(name, "STConfig", release, "length") if name else None
    offset = position_offset(config["model_type"], config["pad_token_id"])
    room = (_positions(config) - offset) % 2**64
    base = room if own is None else own["max_seq_length"]
    if base > flags.max_batch_tokens and not flags.auto_truncate:
        error = refuse("length", _too_long(base, flags.max_batch_tokens, release))
        raise RefusedError(replace(error.refusal, about="max_batch_tokens", length=base))
    warnings = () if own is not None else (NO_LENGTH,)
    longest = min(base, flags.max_batch_tokens)
    return LengthReading(base, longest, name or "config.json", offset, warnings)


def _positions(config: Mapping[str, Any]) -> int:
    """From 1.9.4 on (inferred) either of two fields will do; before it, serde has asked for one."""
    for name in ("max_position_embeddings", "max_trained_positions"):
        if (positions := config.get(name)) is not None:
            return int(positions)
    raise refuse("length", _NO_POSITIONS, about="max_position_embeddings")


def position_offset(model_type: str | None, pad_token_id: int | None) -> int:
    """Return the rows that RoBERTa and its kin leave unused: they count positions from the padding token's id on."""
    return (pad_token_id or 0) + 1 if model_type in _ROBERTA else 0


def _too_long(base: int, tokens: int, release: str) -> str:
    if not at_least(known_release(release), "1.9.0"):
        return (
            f"`--max-batch-tokens` cannot be lower than the model `max_input_length` ({base} < {tokens}) when "
            "`--auto-truncate` is disabled, add the `--auto-truncate` flag to truncate the input sequences to "
            "match the `--max-batch-tokens`."
        )
    return (
        f"The maximum input length is `{base}` which exceeds `--max-batch-tokens={tokens}`. Either increase "
        f"`--max-batch-tokens` to at least `{base}`, or set `--auto-truncate true` so that regardless the "
        f"maximum input length, those are truncated to `{tokens}` tokens."
    )


def read_prompts(
    repository: RepositoryFiles, flags: ReadingFlags, release: str
) -> Mapping[str, str]:  # fmt: skip
    """Return the prompts by name; none where the repository has none. Raises RefusedError."""
    found = repository.read(PROMPTS, "NewSTConfig", release, "prompts")
    prompts = found and found["prompts"]
    name = flags.default_prompt_name
    if name is None or (prompts is not None and name in prompts):
        return prompts or {}
    start = f"`default-prompt-name` is set to `{name}` but "
    if prompts is None:
        raise refuse(
            "prompts",
            f"{start}no prompts were found in the Sentence Transformers configuration",
            about="default_prompt_name",
        )
    listed = ", ".join(f'"{known}"' for known in prompts)
    end = f"it was not found in the Sentence Transformers prompts. Available prompts: [{listed}]"
    raise refuse("prompts", start + end, about="default_prompt_name")
