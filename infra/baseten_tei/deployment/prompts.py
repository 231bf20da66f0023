"""What callers put before queries and before documents: as the spec says it, else as the repository does.

The router knows one prompt for all texts (`--default-prompt`), and `/v1/embeddings` takes none with a request.
"""

import re
from collections.abc import Mapping

from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.spec.args import EmbeddingArgs, ModelArgs

Prompts = dict[str, str]
QUERY, DOCUMENT = "query", "document"

NAMES: Mapping[str, tuple[str, ...]] = {
    QUERY: (QUERY, "search_query", "retrieval.query", "s2p_query"),
    DOCUMENT: (DOCUMENT, "passage", "corpus", "search_document", "retrieval.passage"),
}
"""What repositories call the two, the first that is there counts.

Sources: sentence-transformers 5 `encode_query` and `encode_document` (query; document, passage, corpus), and the
`config_sentence_transformers.json` of jinaai/jina-embeddings-v3 (retrieval.*) and NovaSearch's stella (s2p_query);
search_* are the words of nomic-ai's card.
"""

_BY_CARD: tuple[tuple[str, Prompts], ...] = (
    (r"(^|/)(multilingual-)?e5-(small|base|large)(-v2)?$", {QUERY: "query: ", DOCUMENT: "passage: "}),
    (
        r"(^|/)bge-(small|base|large)-en(-v1\.5)?$",
        {QUERY: "Represent this sentence for searching relevant passages: ", DOCUMENT: ""},
    ),
    (r"(^|/)nomic-embed-text-v1(\.5)?$", {QUERY: "search_query: ", DOCUMENT: "search_document: "}),
)  # fmt: skip
"""Models whose card alone says it (intfloat, BAAI, nomic-ai): for advice, since no lock holds a card."""


def find_prompts(args: ModelArgs, facts: ModelFacts | None) -> Prompts | None:
    """Return the prompts by name, `query` and `document` first; `None` for a model that is not declared to have any.

    What the repository has counts unless the router puts a prompt before every text anyway.
    """
    if not isinstance(args, EmbeddingArgs):
        return None
    routed = args.default_prompt is not None or args.default_prompt_name is not None
    locked = {} if routed else _of_repository(facts)
    if not args.prompts and not any(locked.values()):
        return None
    return _with_both({**_with_both(locked), **_as_known(args.prompts or {})})


def advise_prompts(model_id: str, facts: ModelFacts | None) -> Prompts | None:
    """Return the two prompts of a model that has different ones; `None` where that is not known."""
    by_card = (found for pattern, found in _BY_CARD if re.search(pattern, model_id, re.IGNORECASE))
    named = _as_known(_of_repository(facts))
    found = _with_both(named) if QUERY in named else next(by_card, {})
    both = {key: found.get(key, "") for key in (QUERY, DOCUMENT)}
    return both if both[QUERY] != both[DOCUMENT] else None


def _of_repository(facts: ModelFacts | None) -> Prompts:
    prompts = facts.prompts if facts else {}
    return {name: text for name, text in prompts.items() if text is not None}


def _with_both(prompts: Prompts) -> Prompts:
    known = _as_known(prompts)
    return {QUERY: known.get(QUERY, ""), DOCUMENT: known.get(DOCUMENT, ""), **prompts}


def _as_known(prompts: Mapping[str, str]) -> Prompts:
    """The prompts, and the two under their own names."""
    found = dict(prompts)
    for name, words in NAMES.items():
        if (word := next((it for it in words if it in prompts), None)) is not None:
            found[name] = prompts[word]
    return found
