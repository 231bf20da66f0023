"""What the service answers, and when it does not start."""

import json
import shutil
import time
from typing import Any

import pytest

from tests.client.stack import ClientStack
from tests.example.conftest import HOSTILE, Place, bundled, get, replaced_models
from tests.support.harness import API_KEY

UNREADABLE = (
    "search-service: still as before: {0}:  Invalid JSON: EOF while parsing a value at line 1 column 0; "
    "run `pulumi stack output settings --json > {0}`\n"
)


def found(address: str, query: str, count: int = 8) -> dict[str, Any]:
    answer = get(address, "/api/search", q=query, count=count)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_hits_come_in_the_rerankers_order_with_their_places_by_vector_and_their_moods(
    service: str, models: ClientStack
) -> None:
    query = "I am angry that a tap is dripping and a door squeaks"
    told = found(service, query, count=20)
    hits = told["hits"]
    assert [hit["nearness"] for hit in hits] != sorted(hit["nearness"] for hit in hits)
    assert sorted(hit["nearness"] for hit in hits) == list(range(1, 21))
    similar = [hit["similarity"] for hit in sorted(hits, key=lambda hit: hit["nearness"])]
    assert similar == sorted(similar, reverse=True)
    passages = [f"{hit['title']}. {hit['text']}" for hit in hits]
    with models.connect("rerank") as rerank:
        scores = rerank.rerank(query, passages).scores.tolist()
    assert [hit["relevance"] for hit in hits] == pytest.approx(scores)
    assert scores == sorted(scores, reverse=True)
    assert "anger" in {mood["label"] for mood in told["moods"]}
    luggage = next(hit for hit in hits if hit["id"] == "lost-luggage")
    assert [mood["label"] for mood in luggage["moods"]][:2] == ["anger", "disappointment"]


@pytest.mark.parametrize(
    "query",
    ["<script>alert(1)</script>", "\0", "'; DROP TABLE documents; --", "🦆", "\u202e猫", "x" * 1000],
)  # fmt: skip
def test_a_hostile_query_is_a_query(service: str, query: str) -> None:
    told = found(service, query)
    assert (told["query"], len(told["hits"])) == (query, 8)


@pytest.mark.parametrize("query", ["", "  \n", "x" * 1001])
def test_a_query_of_nothing_or_too_much_is_refused(service: str, query: str) -> None:
    assert get(service, "/api/search", q=query).status_code == 422


def test_hostile_documents_come_back_as_they_went_in(service: str) -> None:
    hits = {hit["id"]: hit for hit in found(service, "hostile", count=20)["hits"]}
    for document in HOSTILE:
        stripped = {key: value.strip() for key, value in document.items()}
        assert {key: hits[document["id"]][key] for key in document} == stripped


@pytest.mark.parametrize("path", ["/", "/page.js", "/api/about", "/api/search", "/nowhere"])
def test_every_answer_forbids_scripts_of_others(service: str, path: str) -> None:
    headers = get(service, path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_model_that_fails_is_a_503_that_says_so(service: str, models: ClientStack) -> None:
    models.emulator.fault("rerank", "oom_under_load")
    answer = get(service, "/api/search", q="bread")
    models.emulator.no_faults()
    assert answer.status_code == 503
    assert "'rerank'" in answer.json()["detail"]
    assert API_KEY not in answer.text
    assert found(service, "bread")["hits"]


def test_only_what_changed_is_embedded_and_what_went_is_removed(place: Place) -> None:
    documents = bundled()
    assert "embedded 40 documents" in place.run("index", place.documents(documents)).stdout
    documents = [{**documents[0], "text": "hostile " * 800}, *documents[2:]]
    told = place.run("index", place.documents(documents)).stdout
    assert "embedded 1 documents, kept 38, removed 1" in told
    assert "the model reads only the beginning of bread-rise" in told


def test_another_model_of_as_many_dimensions_is_refused_until_the_index_is_made_anew(
    place: Place, filled: Place
) -> None:
    shutil.copy(filled.index, place.index)
    before = place.index.read_bytes()
    place.configure(embedding="other")
    for command in ("index", "serve"):
        refused = place.run(command)
        assert refused.code == 3, refused.text
        assert len(refused.stderr.splitlines()) == 1
        for said in (
            "model_id 'sentence-transformers/all-MiniLM-L6-v2' -> 'BAAI/bge-small-en-v1.5'",
            "cosine", "`python -m search_service index --rebuild`", str(place.index),
        ):  # fmt: skip
            assert said in refused.stderr
    assert place.index.read_bytes() == before
    assert place.run("index", "--rebuild").code == 0
    with place.serving() as address:
        assert get(address, "/api/about").json()["model_id"] == "BAAI/bge-small-en-v1.5"


def shown(address: str) -> dict[str, Any]:
    """Each role's index, as the page has it, `*` for the one that is searched; and whether it follows the files."""
    about = get(address, "/api/about").json()
    roles = {
        it["role"]: f"{'*' if it['searched'] else ''}{it['documents']}" for it in about["spaces"]
    }
    return {**roles, "outdated": about["outdated"]}


def wait_until(address: str, **wanted: Any) -> None:
    """Search until the page shows this; the service looks at its files once a second."""
    deadline = time.monotonic() + 60
    while (now := shown(address)) != {"outdated": False, **wanted}:
        assert time.monotonic() < deadline, now
        assert found(address, "bread", count=1)["hits"]


def test_a_service_that_runs_follows_its_stack_and_its_index_while_the_model_is_replaced(
    place: Place, filled: Place, models: ClientStack
) -> None:
    shutil.copy(filled.index, place.index)
    following = place.folder / "next.db"

    def fill(*documents: dict[str, Any]) -> str:
        options = ("--space", "next", "--index", following)
        return place.run("index", place.documents([*documents]), *options).stdout

    with place.serving("--next", following) as address:
        assert shown(address) == {"outdated": False}
        place.configure_models(replaced_models(models))
        wait_until(address, current="*43", next="None")
        assert "embedded 5 documents" in fill(*bundled()[:5])
        wait_until(address, current="*43", next="5")
        refused = place.run("switch", "--next", following)
        assert (refused.code, refused.stdout) == (1, "")
        assert f"{following} lacks 38 of the 43 documents of {place.index}" in refused.stderr
        assert "embedded 38 documents, kept 5" in fill(*bundled(), *HOSTILE)
        assert place.run("switch", "--next", following).code == 0
        wait_until(address, current="43", next="*43")
        place.configure_models(replaced_models(models, advanced=True))
        wait_until(address, current="*43", previous="43")
        assert place.run("switch", "--next", following).code == 0  # back
        wait_until(address, current="43", previous="*43")
        place.settings.write_text("")
        wait_until(address, current="43", previous="*43", outdated=True)
        assert place.log.read_text() == UNREADABLE.format(place.settings)
        place.configure_models({"search": models.models["other"]})
        assert place.run("switch", "--next", following).code == 0
        wait_until(address)
    shutil.move(following, place.index)
    refused = place.run("serve")
    assert (refused.code, len(refused.stderr.splitlines())) == (3, 1)


def test_a_model_that_was_changed_behind_the_outputs_is_refused_and_noise_is_not(
    place: Place, filled: Place, models: ClientStack
) -> None:
    shutil.copy(filled.index, place.index)
    models.emulator.fault("search", "wrong_pooling")
    refused = place.run("serve")
    assert (refused.code, len(refused.stderr.splitlines())) == (3, 1)
    assert "answers the probe texts in a different space" in refused.stderr
    models.emulator.no_faults()
    models.emulator.fault("search", "batch_noise")
    with place.serving() as address:
        assert found(address, "bread")["hits"]


def broken(place: Place, what: str) -> None:
    """Break one thing of a place."""
    if what == "settings":
        place.settings.write_text(json.dumps({"schema_version": 1, "models": {}}))
    elif what == "index":
        place.index.write_text("no database " * 100)
    elif what == "line":
        place.documents([{**bundled()[0], "text": " "}])


@pytest.mark.parametrize(
    ("what", "command", "said"),
    [
        ("nothing", ("serve",), "there is no index at {index}: run `python -m search_service index`"),
        ("index", ("index", "--rebuild"), "{index} is not an index of this service"),
        ("settings", ("index",), "roles Field required; run `pulumi stack output settings --json"),
        ("line", ("index", "{folder}/documents.jsonl"), "documents.jsonl:1: text: "),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(
    place: Place, what: str, command: tuple[str, ...], said: str
) -> None:
    broken(place, what)
    ended = place.run(*(word.format(folder=place.folder) for word in command))
    assert (ended.code, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1
    assert said.format(index=place.index) in ended.stderr


def test_a_wrong_key_is_one_line_without_the_key(place: Place) -> None:
    ended = place.run("index", BASETEN_API_KEY="a-key-of-somebody-else")
    assert (ended.code, len(ended.stderr.splitlines())) == (1, 1)
    assert "a-key-of-somebody-else" not in ended.text
    assert not place.index.exists()
