"""How far a call has come is shown by tqdm, or given to a function."""

import sys
from typing import Any

import pytest

from baseten_tei_client import UsageError
from baseten_tei_client._progress import show_progress
from tests.client.stack import ClientStack

TEXTS = [f"text {n}" for n in range(100)]


def test_true_shows_a_bar_of_tqdm_up_to_the_last_text(
    stack: ClientStack, capsys: pytest.CaptureFixture[str]
) -> None:
    with stack.connect("search") as model:
        model.embed(TEXTS, progress=True)
    shown = capsys.readouterr().err
    assert "search: embed: 100%" in shown
    assert "100/100" in shown
    with stack.connect("rerank") as model:
        model.rerank("a", TEXTS, progress=True)
    with stack.connect("moods") as model:
        model.classify(TEXTS, progress=True)
    shown = capsys.readouterr().err
    assert "rerank: rerank: 100%" in shown
    assert "moods: classify: 100%" in shown


def test_a_bar_is_closed_when_a_call_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Bar:
        def __init__(self, total: int, **_: object) -> None:
            self.n, self.total, self.closed = 0, total, False
            made.append(self)

        def close(self) -> None:
            self.closed = True

        def update(self, more: int) -> None:
            self.n += more

    monkeypatch.setattr("tqdm.auto.tqdm", Bar)

    def fail_midway() -> None:
        with show_progress(True, "embed") as told:
            assert told
            told(5, 20)
            told(12, 20)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert (made[0].n, made[0].total, made[0].closed) == (12, 20, True)


def test_without_tqdm_true_is_one_line_that_names_it(
    stack: ClientStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with stack.connect("search") as model:
        with pytest.raises(UsageError, match=r"needs the package tqdm: pip install tqdm, or pass"):
            model.embed(TEXTS, progress=True)
        told: list[tuple[int, int]] = []
        model.embed(TEXTS, progress=lambda *it: told.append(it))
        model.embed(TEXTS, progress=False)
    assert told[-1] == (100, 100)
    assert not stack.count_calls()["sync/tokenize", 200]
