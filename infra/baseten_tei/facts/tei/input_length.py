"""How long an input may be, by the model's own files."""

from baseten_tei.facts.hub.model_facts import ModelFacts

_ROBERTA = {"roberta", "xlm-roberta", "camembert"}


def position_offset(facts: ModelFacts) -> int:
    """Return the number of positions that RoBERTa's kin leave unused: 2 of 514, because the pad token's id is 1."""
    return (facts.pad_token_id or 0) + 1 if facts.model_type in _ROBERTA else 0


def max_input_length(facts: ModelFacts) -> int | None:
    """Return tokens an input may have, as the router decides before `--max-batch-tokens`; `None` if it cannot."""
    if facts.max_seq_length is not None:
        return facts.max_seq_length
    table = facts.max_position_embeddings or facts.n_positions
    return table and max(0, table - position_offset(facts))
