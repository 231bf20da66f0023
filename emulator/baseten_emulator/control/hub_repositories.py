"""/_emulator/hub: repositories of the Hugging Face Hub that the emulator is taught.

    POST {"model_id": "org/name", "revision": "<branch or commit>", "gated": false, "files": {
        "config.json": {...}, "1_Pooling/config.json": {...} | null, "modules.json": [...],
        "sentence_bert_config.json": {...}, "config_sentence_transformers.json": {...},
        "tokenizer.json": true | false,
        "weights": {"format": "safetensors", "bytes": n, "dtype": "F32", "labels": n,
            "tensors": {"embeddings.LayerNorm.weight": [768], ...}}},
        "known": ["hidden_size", ...]}
    GET lists them, DELETE forgets all or `?model_id=`.

Contents are taken as they are: a file that TEI cannot read is what this is for. A file may also be its text, where a
name is in an object twice. With `known`, somebody looked at these
members of config.json only: the others are those of a good model of its type. A taught repository goes before the
table of known models. One that is taught with a revision is what servers find that ask for that revision, so that two
stacks may serve two commits of it; one without is every other revision. What is taught decides no start that was
decided before; a server that runs answers by it from then on, as after a restart of the emulator.
"""

import re
from collections.abc import Mapping
from typing import Any

from baseten_emulator.life import due_events
from baseten_emulator.world.bodies import Fields, check_fields, require_range, require_room, shorten
from baseten_emulator.world.records import Taught, taught_id
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import Request, Response, bad_request, json_response
from baseten_emulator.world.world import World

WEIGHT_FORMATS = ("safetensors", "sharded-safetensors", "pytorch", "onnx", "none")
DTYPES = ("F64", "F32", "F16", "BF16", "F8_E4M3", "I8")
MAX_REPOSITORIES = 10_000
MOST_BYTES = 10**15
MOST_LABELS = 100_000
MOST_TENSORS = 100_000
MOST_NUMBERS = 65_536  # in a vector
_WIDTHS = ("hidden_size", "dim", "n_embd", "out_features")
_FIELDS: Fields = {"model_id": str, "revision": str, "files": dict, "gated": bool, "known": list}
_WEIGHTS: Fields = {"format": str, "bytes": int, "dtype": str, "labels": int, "tensors": dict}
_READ_BY_TEI = re.compile(
    r"config\.json|tokenizer\.json|tokenizer_config\.json|modules\.json|config_sentence_transformers\.json|weights"
    r"|sentence_(bert|roberta|distilbert|camembert|albert|xlm-roberta|xlnet)_config\.json"
    r"|[^/]+/config\.json"  # of a module
)


def teach(world: World, request: Request) -> Response:
    """Answer POST: a repository as the Hub would have it replaces an earlier one of that id and revision."""
    body = check_fields(request.json(), _FIELDS, required=("model_id", "files"))
    revision = _check_revision(body.get("revision", ""))
    # The data plane is only loaded once it is needed.
    from baseten_emulator.tei.start.known_repositories import complete_config

    files = complete_config(body["files"], body.get("known"))
    taught = _parse(body["model_id"], revision, files, body.get("gated", False))
    if world.store.get(Taught, taught.id) != taught:
        require_room(world.store.count(Taught), MAX_REPOSITORIES, "repositories")
        due_events.catch_up(world)  # what is due was decided before this was known
        world.store.put(taught)
        world.forget_routers()
    return json_response(_view(taught))


def list_taught(world: World, _request: Request) -> Response:
    """Answer GET: what it was taught, oldest first."""
    return json_response({"models": [_view(taught) for taught in world.store.all(Taught)]})


def forget(world: World, request: Request) -> Response:
    """Answer DELETE, all or the one of `?model_id=`."""
    wanted = request.arg("model_id")
    due_events.catch_up(world)
    for taught in world.store.all(Taught):
        if wanted is None or taught.model_id.lower() == wanted.lower():
            world.store.delete(Taught, taught.id)
    world.forget_routers()
    return list_taught(world, request)


def _check_revision(revision: str) -> str:
    if revision and not re.fullmatch(r"[\w./-]{1,256}", revision):
        raise bad_request(f"revision: {shorten(revision)} is not a branch, tag or commit")
    return revision


def _parse(model_id: str, revision: str, files: Mapping[str, Any], gated: bool) -> Taught:
    if not re.fullmatch(r"[\w.-]{1,96}/[\w.-]{1,96}", model_id):
        raise bad_request(f"model_id: {shorten(model_id)} is not of the form owner/name")
    unread = sorted(name for name in files if not _READ_BY_TEI.fullmatch(name))
    if unread:
        raise bad_request(f"files: TEI does not read {', '.join(unread)[:200]}")
    if files.get("tokenizer.json") not in (None, True, False):
        raise bad_request(
            "files: tokenizer.json is true or false, its content decides nothing here"
        )
    _check_widths(files)
    weights = _weights(files.get("weights") or {})
    whole = {**files, "weights": weights}
    return Taught(taught_id(model_id, revision), "", model_id, whole, gated, revision)


def _weights(weights: Any) -> dict[str, Any]:
    if not isinstance(weights, dict):
        raise bad_request(f"files: weights: {weights!r} is not an object")
    known = check_fields(weights, _WEIGHTS)
    require_range("files: weights: bytes", known.get("bytes", 0), 0, MOST_BYTES)
    require_range("files: weights: labels", known.get("labels", 1), 0, MOST_LABELS)
    for name, choices in (("format", WEIGHT_FORMATS), ("dtype", DTYPES)):
        if known.get(name, choices[0]) not in choices:
            raise bad_request(f"files: weights: {name} must be one of {', '.join(choices)}")
    _check_tensors(known.get("tensors", {}))
    return known


def _check_tensors(tensors: Mapping[str, Any]) -> None:
    require_range("files: weights: tensors", len(tensors), 0, MOST_TENSORS)
    for name, shape in tensors.items():
        sizes = shape if isinstance(shape, list) else [None]
        if any(type(it) is not int or not 0 <= it <= MOST_BYTES for it in sizes):
            raise bad_request(
                f"files: weights: tensors: {shorten(name)} has no shape: a list of numbers"
            )


def _check_widths(files: Mapping[str, Any]) -> None:
    """Refuse vectors that the emulator would have to compute, and no model has."""
    for name, content in files.items():
        for key in _WIDTHS if isinstance(content, dict) else ():
            width = content.get(key)
            if isinstance(width, int) and width > MOST_NUMBERS:
                raise bad_request(f"files: {name}: {key} {width} is more than {MOST_NUMBERS}")


def _view(taught: Taught) -> dict[str, Any]:
    at = {"revision": taught.revision} if taught.revision else {}
    return {"model_id": taught.model_id, **at, "files": taught.files, "gated": taught.gated}


_PATH = "/_emulator/hub"
ROUTES: tuple[Route, ...] = (
    Route("POST", _PATH, teach),
    Route("GET", _PATH, list_taught),
    Route("DELETE", _PATH, forget),
)
