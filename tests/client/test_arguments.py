"""What callers pass by mistake is an error of this package in one line, and what they hold is taken as it comes."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import baseten_tei_client
from baseten_tei_client import (
    OutputsError,
    PulumiStack,
    Settings,
    Space,
    TeiClientError,
    UsageError,
    VectorCache,
    aconnect,
    compare,
    connect,
    read_space,
    write_space,
)
from baseten_tei_client._call.given import list_texts
from baseten_tei_client._connect import Options
from tests.support.harness import ROOT

URL = "https://model-abc.api.baseten.co/environments/production/sync"
OUTPUTS = {
    "schema_version": 1,
    "models": {
        "search": {"task": "embedding", "sync_url": URL, "space": {"model_id": "a/b"}},
        "rerank": {"task": "reranker", "sync_url": URL},
    },
}
SPACE = Space("a/b")


NUMBERS = np.array([1, 2])
"""What cannot be compared as other values are."""


def make(name: Any = "search", **options: Any) -> Any:
    return connect(name, **{"outputs": OUTPUTS, "api_key": "key", **options})


BAD_OPTIONS: Mapping[str, tuple[object, ...]] = {
    "name": (None, 5, b"search", ["search"]),
    "environment": (5, b"staging"),
    "space": (5, "nxt", b"next", NUMBERS),
    "outputs": (
        5,
        None,
        ["a"],
        ...,
        b"outputs.json",
        NUMBERS,
        PulumiStack(5),
        PulumiStack("dev", NUMBERS),
    ),  # type: ignore[arg-type]  # mistakes
    "api_key": (5, b"key"),
    "expect_space": (5, b"space.json", [SPACE], {}),
    "timeout": ("60", 0, -1, True, float("nan"), None, 10**400),
    "request_timeout": ("60", 0, None),
    "replicas": ("2", 1.5, 0, True),
    "share": ("0.5", 0, 1.5, None, True),
    "too_long": (True, "truncate", 5, NUMBERS),
    "hedge_after": ("1", 0, False),
    "wake_after": ("300", -1, None),
    "cache": (100, {}, "yes"),
    "tokenizer": (5, "no/such/file.json", b"tokenizer.json"),
    "fetch_tokenizer": ("yes", 1, None),
    "multi_label": ("yes", 5, 1, NUMBERS),
    "probe_space": ("yes", 1, True),
    "transport": ("httpx", None, NUMBERS),
    "auth_scheme": ("api-key", None),
    "time_out": (60,),
}


@pytest.mark.parametrize(
    ("option", "value"), [(name, it) for name, values in BAD_OPTIONS.items() for it in values],
    ids=str,
)  # fmt: skip
def test_each_bad_option_of_connect_is_one_line_of_this_package(option: str, value: object) -> None:
    with pytest.raises(TeiClientError) as caught:
        make(**{option: value})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) > 20


def test_each_option_is_tried_and_is_a_field_of_the_public_settings() -> None:
    names = set(Options.__annotations__)
    assert names <= set(BAD_OPTIONS)
    assert names | {"expect_space"} == set(Settings.__dataclass_fields__)
    with pytest.raises(UsageError, match="no option 'time_out': perhaps you meant timeout"):
        make(time_out=60)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda m: m.embed(None),
        lambda m: m.embed(5),
        lambda m: m.embed("one text"),
        lambda m: m.embed(b"one text"),
        lambda m: m.embed(["a", None]),
        lambda m: m.embed(["a", 5]),
        lambda m: m.embed({"text": ["a"]}),
        lambda m: m.embed(np.array("a")),
        lambda m: m.embed(np.array([["a", "b"]])),
        lambda m: m.embed(["a"], timeout="60"),
        lambda m: m.embed(["a"], on_refusal="drop"),
        lambda m: m.embed(["a"], on_refusal=[]),
        lambda m: m.embed(["a"], on_refusal=NUMBERS),
        lambda m: m.embed(["a"], timeout=10**400),
        lambda m: m.embed_all_spaces(None),
        lambda m: m.embed_all_spaces({"text": ["a"]}),
        lambda m: m.embed_all_spaces(["a"], spaces=5),
        lambda m: m.embed_all_spaces(["a"], spaces=[NUMBERS]),
        lambda m: m.embed(["a"], progress="yes"),
        lambda m: m.ready(timeout="60"),
        lambda m: m.rerank("a", ["b"]),
        lambda _: make("rerank").rerank(None, ["b"]),
        lambda _: make("rerank").rerank(5, ["b"]),
        lambda _: make("rerank").rerank(["a"], ["b"]),
        lambda _: make("rerank").rerank("a", ["b"], raw_scores="yes"),
        lambda _: VectorCache("5"),
        lambda _: VectorCache(0),
        lambda _: compare(SPACE, {"model_id": "a/b"}),
        lambda _: write_space({"model_id": "a/b"}, "a.json"),
        lambda _: write_space(SPACE, 5),
        lambda _: write_space(SPACE, "/no/such/folder/a.json"),
        lambda _: read_space(5),
        lambda _: Space.of(5),
    ],
)
def test_each_bad_argument_is_one_line_of_this_package(mistake: Callable[[Any], Any]) -> None:
    with make() as model, pytest.raises(TeiClientError) as caught:
        mistake(model)
    assert str(caught.value).isprintable()


def test_an_asynchronous_iterator_of_texts_is_refused_alike() -> None:
    async def texts() -> Any:
        yield "a"

    async def main() -> None:
        async with await aconnect("search", outputs=OUTPUTS, api_key="key") as model:
            await model.embed(texts())  # type: ignore[arg-type]

    with pytest.raises(UsageError, match="a list of texts, not async_generator"):
        asyncio.run(main())


class Frame:
    """As pandas and polars have it: `columns` are names, and iterating over it gives them."""

    columns = ("id", "Body", "text_length")

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> list[Any]:
        return ["a text"] if name == "Body" else [5]


class Table(Frame):
    """As Arrow has it: `columns` are arrays."""

    columns: Any = (object(), object())
    column_names = ("id", "Body")


class Array:
    """As Arrow has it: what it iterates over are no strings."""

    def __iter__(self) -> Iterator[object]:
        yield object()

    def to_pylist(self) -> list[str | None]:
        return ["a", None]


@pytest.mark.parametrize("frame", [Frame(), Table()])
def test_a_frame_is_refused_with_the_column_to_pass_and_its_names_are_never_embedded(
    frame: object,
) -> None:
    with pytest.raises(
        UsageError, match=r"columns 'id', 'Body'.*: pass one of them, frame\['Body'\]"
    ):
        list_texts(frame)


def test_a_mapping_is_refused_with_the_key_to_pass() -> None:
    with pytest.raises(UsageError, match=r"a dict with the keys 'n', 'Text'.*, mapping\['Text'\]"):
        list_texts({"n": 5, "Text": ["a"]})
    with pytest.raises(UsageError, match=r"mapping\['b'\]"):
        list_texts({"a": [5], "b": "a text"})


def test_columns_arrays_and_iterators_are_lists_of_texts() -> None:
    assert list_texts(Array()) == ["a", None]
    assert list_texts(np.array(["a", "b"])) == ["a", "b"]
    assert list_texts(it for it in "ab") == ["a", "b"]
    assert list_texts({"a": 1}.keys()) == ["a"]


def test_a_tokenizer_that_is_not_json_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "tokenizer.json"
    bad.write_text("{}")
    with pytest.raises(UsageError, match="cannot be read"):
        make(tokenizer=bad)


def test_the_docs_list_every_option() -> None:
    page = (ROOT / "docs" / "python-client.md").read_text("utf-8")
    table = page.partition("| option | default |")[2].partition("\n\n")[0]
    assert {name for name in Settings.__dataclass_fields__ if f"`{name}`" not in table} == set()


def test_what_is_printed_by_accident_is_short() -> None:
    for shown in (make(), VectorCache(5), Space("a/b", fingerprint="v1:" + "A" * 300)):
        assert len(repr(shown)) < 250
    assert "Settings" in baseten_tei_client.__all__
    with pytest.raises(OutputsError, match="cannot be of type int"):
        make(outputs=5)
