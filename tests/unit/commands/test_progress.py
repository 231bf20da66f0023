"""How far a long operation is: a bar on a terminal, plain lines elsewhere."""

import io

import pytest

from baseten_tei.commands.shared import progress as module
from baseten_tei.commands.shared.progress import progress, tell


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def count(what: str, names: list[str]) -> None:
    with progress(what, len(names)) as advance:
        for name in names:
            advance(name)


def test_a_terminal_shows_what_how_many_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    count("models read", ["bge", "gemma"])
    assert "models read 2 of 2 |" in terminal.getvalue()
    assert "00:00" in terminal.getvalue()
    assert "gemma" in terminal.getvalue()


def test_a_log_of_something_quick_stays_short(capsys: pytest.CaptureFixture[str]) -> None:
    count("models", ["bge"] * 1000)
    count("models", [])
    tell("a result")
    assert capsys.readouterr() == ("a result\n", "")


def test_a_log_of_something_slow_has_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter([0.0, 4.0, 11.0, 12.0, 23.5])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(times))
    count("models", ["a", "b", "c", "d"])
    assert capsys.readouterr().err == "models: 2 of 4, b, 11 s\nmodels: 4 of 4, d, 24 s\n"
