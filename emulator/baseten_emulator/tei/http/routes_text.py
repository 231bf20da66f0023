"""The routes that only need the tokenizer: `/tokenize` and `/decode`. They take no permits."""

from typing import Any

from baseten_emulator.tei.errors import empty_batch_error, empty_input_error
from baseten_emulator.tei.http.answers import Answer, RequestBody, check_batch
from baseten_emulator.tei.http.inputs import Texts
from baseten_emulator.tei.model.engine import Engine
from baseten_emulator.tei.model.tokenizing import Item
from baseten_emulator.tei.model.tokens import Token


def tokenize(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/tokenize`: the tokens of each text, untruncated, with byte offsets."""
    texts = _check_texts(engine, request["inputs"], "inputs")
    prompt = engine.reader.prompt(request["prompt_name"])
    for text in texts.items:
        engine.reader.check_characters(len(text), is_cut=False)
    return Answer([_tokens(engine, f"{prompt}{text}", request) for text in texts.items])


def decode(engine: Engine, request: RequestBody) -> Answer:
    """Answer `/decode`: the text of each list of ids."""
    ids = _check_texts(engine, request["ids"], "ids")
    return Answer([_text(engine, item, request["skip_special_tokens"]) for item in ids.items])


def _check_texts(engine: Engine, texts: Texts, field: str) -> Texts:
    if texts.is_batch:
        if not texts.items:
            raise empty_batch_error(field)
        check_batch(engine, len(texts.items))
    if not all(texts.items):
        raise empty_input_error("input_ids" if field == "ids" else field)
    return texts


def _tokens(engine: Engine, text: str, request: RequestBody) -> list[dict[str, Any]]:
    tokens = engine.reader.tokenizer.tokenize(text, request["add_special_tokens"])
    return [dict(zip(Token._fields, token, strict=True)) for token in tokens]


def _text(engine: Engine, ids: Item, skip_special_tokens: bool) -> str:
    tokenizer = engine.reader.tokenizer
    known = tokenizer.known([int(i) for i in ids], engine.settings.facts.vocab_size)
    return tokenizer.decode(known, skip_special_tokens)
