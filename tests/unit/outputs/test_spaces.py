"""Whether two spaces are one to the client: twelve swaps and more are refused, eight changes and more are not.

Fingerprints are taken with the product's own probe call from the emulator's data plane, which computes as TEI does:
another model, revision, pooling, prompt or Dense module is another vector, precision and batches are noise.
"""

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.start.boot import start_container
from baseten_tei.deployment.locked_spec import Subject
from baseten_tei.facts.tei.router_calls import Vector
from baseten_tei.outputs.known_before_push import known_space
from baseten_tei.outputs.spaces.fingerprint import (
    MIN_COSINE,
    fingerprint,
    keep_fingerprint,
    likeness,
)
from baseten_tei.outputs.spaces.probes import PROBES
from baseten_tei.provider.release.gates.smoke import cosine as dot
from baseten_tei.provider.release.gates.smoke import probe_call, probe_facts, unit
from baseten_tei_client import Space, compare
from tests.support.specs import spec

COMMIT = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"
GEMMA = {"model_id": "google/embeddinggemma-300m", "gated": True}
NOMIC = {"model_id": "nomic-ai/nomic-embed-text-v2-moe"}


@dataclass(frozen=True)
class Run:
    """A spec, an image other than its own, and what goes wrong with its router."""

    spec: dict[str, Any]
    tag: str | None = None
    wrong: dict[str, str | None] | None = None


def run(wrong: dict[str, str | None] | None = None, tag: str | None = None, **more: Any) -> Run:
    return Run({"revision": COMMIT, **more}, tag, wrong)


def asked(router: Router, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    answer = router.handle("POST", "/v1/embeddings", headers, json.dumps(body).encode())
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def space_of(it: Run) -> Space:
    """What the stack would say of it, measured on a router that was started with its config."""
    subject = Subject("bge", spec(**it.spec))
    config = json.loads(json.dumps(subject.config))
    if it.tag:
        image = config["base_image"]["image"]
        config["base_image"]["image"] = f"{image.rpartition(':')[0]}:{it.tag}"
    router = start_container(config, {"hf_access_key": "hf_x"})
    assert isinstance(router, Router), router
    router = router.copy_with_faults(it.wrong or {})
    info = json.loads(router.handle("GET", "/info", {}, b"").body)
    call = probe_call(info)
    facts = probe_facts(call, asked(router, dict(call.body)))
    names = known_space(subject)
    return Space(**names, **facts, max_input_length=info["max_input_length"])


BASE = space_of(run())

SWAPS: dict[str, tuple[Run, Run]] = {
    "another model": (run(), run(model_id="intfloat/e5-base-v2", revision="main")),
    "another model type": (run(), run(model_id="Alibaba-NLP/gte-modernbert-base")),
    "another language": (run(), run(model_id="intfloat/multilingual-e5-base")),
    "a fine-tuned fork": (
        run(model_id="TaylorAI/bge-micro-v2"),
        run(model_id="acme/bge-micro-v2-tuned"),
    ),
    "another commit": (run(), run(revision="b" * 40)),
    "a branch": (run(), run(revision="experimental")),
    "pooling mean": (run(), run(pooling="mean")),
    "pooling last-token": (run(), run(pooling="last-token")),
    "a prompt": (run(), run(default_prompt="query: ")),
    "another prompt": (run(default_prompt="query: "), run(default_prompt="passage: ")),
    "a prompt less": (run(**NOMIC, default_prompt_name="query"), run(**NOMIC)),
    "another prompt name": (
        run(**NOMIC, default_prompt_name="query"),
        run(**NOMIC, default_prompt_name="passage"),
    ),
    "a Dense module less": (run(**GEMMA), run(**GEMMA, tag="89-1.8.2")),
    "other weights under the same name": (run(), run({"wrong_revision": None})),
    "another pooling under the same name": (run(), run({"wrong_pooling": "mean"})),
    "another prompt under the same name": (run(), run({"wrong_prompt": None})),
}
HARMLESS: dict[str, tuple[Run, Run]] = {
    "noise of float16 in batches": (run(), run({"batch_noise": None})),
    "more noise": (run({"batch_noise": None}), run({"batch_noise": None, "wrong_dtype": None})),
    "a TEI patch": (run(), run(tei_version="1.9.3")),
    "float32": (run(), run(dtype="float32")),
    "a CPU": (run(), run(accelerator="CPU", tei_version="1.9.3")),
    "another GPU": (run(), run(accelerator="H100")),
    "other batches": (run(), run(max_batch_tokens=8192, max_client_batch_size=64)),
    "a batch that holds fewer probes": (run(), run(max_client_batch_size=3)),
    "the commit of a branch": (run(revision="main"), run()),
    "weights in the image": (run(), run(weights="baked")),
    "the repository's own pooling": (run(), run(pooling="cls")),
    "a prompt by its name": (
        run(**NOMIC, default_prompt_name="query"),
        run(**NOMIC, default_prompt="search_query: "),
    ),
}


@pytest.mark.parametrize("name", SWAPS)
def test_every_swap_of_the_same_dimension_is_refused(name: str) -> None:
    before, after = map(space_of, SWAPS[name])
    assert before.dimensions == after.dimensions
    assert not compare(before, after)
    assert not compare(after, before)


@pytest.mark.parametrize("name", HARMLESS)
def test_no_harmless_change_is_refused(name: str) -> None:
    before, after = map(space_of, HARMLESS[name])
    assert compare(before, after), compare(before, after).reasons


def test_other_normalisation_is_refused_although_the_directions_are_the_same() -> None:
    assert compare(BASE, replace(BASE, normalized=False)).verdict == "different"


def test_the_texts_one_by_one_have_the_fingerprint_of_the_batch() -> None:
    router = start_container(Subject("bge", spec()).config, {})
    assert isinstance(router, Router)
    alone = [asked(router, {"input": text})["data"][0]["embedding"] for text in PROBES]
    assert fingerprint(alone) == BASE.fingerprint


def test_noise_makes_no_other_space() -> None:
    noisy = space_of(run({"batch_noise": None}))
    assert compare(BASE, BASE).verdict == compare(BASE, noisy).verdict == "equal"


def by_name(one: dict[str, Any], other: dict[str, Any]) -> str:
    return compare(
        replace(BASE, fingerprint=None, **one), replace(BASE, fingerprint=None, **other)
    ).verdict


def test_what_nobody_knows_is_no_difference() -> None:
    assert by_name({"pooling": None}, {"pooling": "cls"}) == "compatible"
    assert by_name({"pooling": "mean"}, {"pooling": "cls"}) == "different"


def test_prompts_are_their_texts_and_a_name_counts_where_its_text_is_unknown() -> None:
    text = {"prompt": "query: ", "prompt_name": None}
    named, nameless = text | {"prompt_name": "query"}, {"prompt": None, "prompt_name": "query"}
    assert by_name(text, named) == "compatible"
    assert by_name(nameless, named) == "compatible"
    assert by_name(nameless, {"prompt": None, "prompt_name": None}) == "different"
    assert by_name(text, {"prompt": None}) == "different"


# --- the fingerprint itself


def synthetic(shift: float = 0.0, at: Sequence[int] = range(16)) -> list[list[float]]:
    return [
        [(j * 7 + p * 13) % 11 - 5 + (shift if j in at else 0.0) for j in range(16)]
        for p in range(8)
    ]


FIRST = "v1:DBHHG+/HGxEg6vTl9NsbB9sMG+X5G7kq/u/0Av7+Au8="


def test_the_format_is_what_it_was() -> None:
    """Fingerprints stand beside indexes for years: what changes one of these is another version."""
    assert fingerprint(synthetic()[:1]) == FIRST
    assert fingerprint([[1, 0, 0, 0]]) == "v1:4CDg4OAg4CDgICAgICDgICAg4CDg4CDgIODg4ODgICA="
    assert len(fingerprint(synthetic())) == 3 + 344
    found = likeness(fingerprint(synthetic()), fingerprint(synthetic(1.5, at=[3])))
    assert found is not None
    assert found[:2] == (0.9950714111328125, 0.993438720703125)


@given(st.floats(0.001, 1000.0))
def test_length_is_no_matter(factor: float) -> None:
    longer = [[factor * number for number in vector] for vector in synthetic()]
    found = likeness(fingerprint(synthetic()), fingerprint(longer))
    assert found is not None
    assert min(found) > 0.99999


@pytest.mark.parametrize(
    "text", ["", "v1:", "v1:%%%%", "v1:AAAA", "v2:" + FIRST[3:], FIRST[3:], "v1:" + FIRST[3:] * 9]
)
def test_what_is_no_fingerprint_compares_with_nothing(text: str) -> None:
    assert likeness(text, FIRST) is None
    assert likeness(FIRST, text) is None


def turned(vector: Vector, cosine: float, chance: random.Random) -> Vector:
    """A unit vector at this cosine to another, in a direction of chance."""
    across = unit(tuple(chance.gauss(0, 1) for _ in vector))
    along = dot(vector, across)
    away = unit(tuple(there - along * here for here, there in zip(vector, across, strict=True)))
    sine = math.sqrt(1 - cosine**2)
    return tuple(cosine * here + sine * there for here, there in zip(vector, away, strict=True))


@pytest.mark.parametrize("dimensions", [384, 1024])
@pytest.mark.parametrize(
    ("cosine", "same"),
    [(0.999997, True), (0.9999, True), (0.99986, True), (0.9984, False), (0.94, False)],
    ids=["float16", "deep model", "bfloat16", "weights 1 % off", "weights 10 % off"],
)
def test_noise_as_it_was_measured_is_one_space_and_other_weights_are_two(
    dimensions: int, cosine: float, same: bool
) -> None:
    """docs/adr/0006 has the cosines."""
    for seed in range(4):
        chance = random.Random(seed)  # noqa: S311  # the same vectors each time
        before = [unit(tuple(chance.gauss(0, 1) for _ in range(dimensions))) for _ in PROBES]
        after = [turned(vector, cosine, chance) for vector in before]
        found = likeness(fingerprint(before), fingerprint(after))
        assert found is not None
        assert (min(found) >= MIN_COSINE) is same, (seed, found)


def test_the_older_fingerprint_of_one_space_is_kept_unless_the_newer_says_more() -> None:
    one, noisy = fingerprint(synthetic()), fingerprint(synthetic(0.01, at=range(0, 16, 2)))
    other = fingerprint(synthetic(3.0, at=[3]))
    assert one != noisy
    assert keep_fingerprint(None, one) == one
    assert (
        keep_fingerprint(one, noisy) == keep_fingerprint(one, fingerprint(synthetic()[:3])) == one
    )
    assert keep_fingerprint(one, other) == other
    assert keep_fingerprint(FIRST, one) == one
