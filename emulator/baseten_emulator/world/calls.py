"""The call log: every call but the administrative ones, without a credential in it.

Headers are never stored. A secret's value, a field or variable that is named like a credential, and the API key and
known secret values wherever they occur, are replaced by "[secret]"; `redacted` lists the places.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baseten_emulator.world import plain_json
from baseten_emulator.world.wire import Request, Response
from baseten_emulator.world.world import World

SECRET = "[secret]"  # noqa: S105 - replaces a secret
MAX_BODY_BYTES = 64 * 1024
MAX_ARGUMENTS = 1024 * 1024  # characters of a GraphQL call's arguments, its configs decoded
MAX_TOKENS = 1000  # of a GraphQL document; truss sends some 300
_CREDENTIAL = re.compile(r"token|passw|api_?key|access_key|credential|authorization", re.I)
_NO_CREDENTIAL = re.compile(r"(_name|_tokens|_prefix|tokenizer)$", re.I)
_HUB_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{30,}")
_SHORTEST_SECRET = len("emulator")  # the default key, and what is shorter, are everyday words


def build_entry(world: World, request: Request, response: Response) -> dict[str, Any]:
    """Return what is remembered of a call and its answer."""
    operation, body = read_call(request)
    body = hide_secrets(redact(body, request.path), {world.api_key, *world.secret_values})
    return {
        "method": request.method,
        "path": request.path,
        "operation": operation,
        "status": None if response.hang_up else response.status,
        "body": body,
        "redacted": list(find_places_of_secrets(body)),
    }


def read_call(request: Request) -> tuple[str | None, Any]:
    """Return the operation of a GraphQL call, and the body of any call; a long one by its size only."""
    is_graphql = request.path.rstrip("/") == "/graphql"
    if len(request.body) > MAX_BODY_BYTES and not is_graphql:
        return None, f"[{len(request.body)} bytes]"
    try:
        body = plain_json.parse(request.body) if request.body else None
    except plain_json.PlainJsonError:
        return None, f"[{len(request.body)} bytes]"
    if is_graphql and isinstance(body, dict):
        operation, arguments = operation_of(body)
        return operation, arguments if _is_short(arguments) else f"[{len(request.body)} bytes]"
    return None, body


def operation_of(body: Mapping[str, Any]) -> tuple[str | None, Any]:
    """Return a GraphQL call as the name of its first field and its arguments, `config` decoded."""
    from graphql import (
        FieldNode,
        GraphQLError,
        OperationDefinitionNode,
        parse,
        value_from_ast_untyped,
    )

    try:
        operation = parse(str(body.get("query", "")), max_lexical_tokens=MAX_TOKENS).definitions[0]
    except (GraphQLError, RecursionError):
        return None, dict(body)
    fields = (
        operation.selection_set.selections if isinstance(operation, OperationDefinitionNode) else ()
    )
    field = next((node for node in fields if isinstance(node, FieldNode)), None)
    if field is None:
        return None, dict(body)
    variables = body.get("variables") if isinstance(body.get("variables"), dict) else {}
    arguments = {
        argument.name.value: value_from_ast_untyped(argument.value, variables)
        for argument in field.arguments or ()
    }
    return field.name.value, {name: _decode(name, value) for name, value in arguments.items()}


def _is_short(arguments: Any) -> bool:
    return isinstance(arguments, dict) and len(json.dumps(arguments)) <= MAX_ARGUMENTS


def _decode(name: str, value: Any) -> Any:
    """Decode `config` and `raw_config`, which travel as base64, so that they can be searched."""
    if name not in ("config", "raw_config") or not isinstance(value, str):
        return value
    try:
        text = base64.b64decode(value, validate=True).decode()
        return plain_json.parse(text) if name == "config" else text
    except ValueError:
        return value


def redact(body: Any, path: str) -> Any:
    """Return `body` with every secret value replaced."""
    if isinstance(body, dict):
        return {name: _redact_value(str(name), value, path) for name, value in body.items()}
    if isinstance(body, list):
        return [redact(item, path) for item in body]
    return _HUB_TOKEN.sub(SECRET, body) if isinstance(body, str) else body


def _redact_value(name: str, value: Any, path: str) -> Any:
    if name == "value" and path.rstrip("/").endswith("/secrets"):
        return SECRET
    if name == "secrets" and isinstance(value, dict):
        return {key: None if held is None else SECRET for key, held in value.items()}
    named = _CREDENTIAL.search(name) and not _NO_CREDENTIAL.search(name)
    return SECRET if named and isinstance(value, str) and value else redact(value, path)


def hide_secrets(body: Any, secrets: Iterable[str]) -> Any:
    """Return `body` with each of these values replaced, wherever it stands."""
    text = json.dumps(body)
    for secret in secrets:
        quoted = json.dumps(secret)[1:-1]
        if len(quoted) > _SHORTEST_SECRET:
            text = text.replace(quoted, SECRET)
    return json.loads(text)


def find_places_of_secrets(body: Any, place: str = "body") -> Iterator[str]:
    """Yield where a value was replaced, so that a secret in the wrong place is seen and not only hidden."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from find_places_of_secrets(value, f"{place}.{name}")
    elif isinstance(body, list):
        for index, value in enumerate(body):
            yield from find_places_of_secrets(value, f"{place}[{index}]")
    elif isinstance(body, str) and SECRET in body:
        yield place
